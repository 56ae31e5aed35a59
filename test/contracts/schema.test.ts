// A schema says what its type says, and neither more nor less: the lines that must not compile are checked by tsc, the rest here.

import { expect, test } from "vitest";
import type { AgentEvent } from "../../src/contracts/agent-event.ts";
import { entries, entryBase } from "../../src/contracts/entries.ts";
import type { ErrorCode } from "../../src/contracts/error-codes.ts";
import type { EventRecord } from "../../src/contracts/events.ts";
import type { ExtensionEventTable, OwnExtensionEvents } from "../../src/contracts/extension-event.ts";
import { messageShapes } from "../../src/contracts/message-shapes.ts";
import { named } from "../../src/contracts/named-shapes.ts";
import {
  amount,
  anything,
  count,
  either,
  foreignVariant,
  type JsonSchema,
  list,
  literal,
  of,
  optional,
  problemOf,
  type Typed,
  text,
  variant,
} from "../../src/contracts/schema.ts";
import type { EntryType, NewEntry } from "../../src/contracts/session-entry.ts";

interface Place {
  name: string;
  line?: number;
  note: unknown;
}

test("the schema of an interface has each of its fields, no other, and of no other type", () => {
  const place = of<Place>()({ name: text(), line: optional(count()), note: anything() });
  // @ts-expect-error a field too few
  of<Place>()({ name: text(), line: optional(count()) });
  // @ts-expect-error one that may be absent is a field all the same
  of<Place>()({ name: text(), note: anything() });
  // @ts-expect-error a field too many
  of<Place>()({ name: text(), line: optional(count()), note: anything(), more: text() });
  // @ts-expect-error another type
  of<Place>()({ name: amount(), line: optional(count()), note: anything() });
  // @ts-expect-error there always, where the interface lets it be absent
  of<Place>()({ name: text(), line: count(), note: anything() });
  // @ts-expect-error absent at times, where the interface has it always
  of<Place>()({ name: optional(text()), line: optional(count()), note: anything() });
  // @ts-expect-error narrower than the interface
  of<Place>()({ name: literal("x"), line: optional(count()), note: anything() });
  // @ts-expect-error of a union one is missing
  const half: Typed<string | number> = either(text());
  // @ts-expect-error there is no shape of this name
  named("nothing");
  expect(half.schema.anyOf).toHaveLength(1);
  expect(place.schema.required).toEqual(["name", "note"]);
});

test("a record lacks nothing, and who shows or tells each of a kind has each", () => {
  // @ts-expect-error who makes it and who hears it is not said
  const silent: EventRecord = { about: "Something.", fields: {} };
  // @ts-expect-error only one of the kinds of entries has a face
  const faces: Record<EntryType, string> = { message: "said" };
  // @ts-expect-error only one of the events of extensions has a name
  const names: Record<keyof OwnExtensionEvents, true> = { session_start: true };
  // @ts-expect-error there is no such event
  const event: AgentEvent["type"] = "agent_paused";
  // @ts-expect-error an event that extensions do not hear
  const heard: keyof ExtensionEventTable = "queue_update";
  // @ts-expect-error a field that no entry of this kind has
  const entry: NewEntry = { type: "label", targetId: "x", colour: "red" };
  // @ts-expect-error a code that the table does not have
  const code: ErrorCode = "usage.bad_mood";
  expect([silent, faces, names, event, heard, entry, code]).toHaveLength(7);
});

test("what is wrong is said of the record that is meant, and of what it refers to", () => {
  const definitions = Object.fromEntries(Object.entries(messageShapes).map(([name, { schema }]) => [name, schema])) as Record<
    string,
    JsonSchema
  >;
  const problem = (value: unknown, one: Typed<never> | { schema: JsonSchema }): string | undefined =>
    problemOf(one.schema, value, "it", definitions);
  const user = { role: "user", content: "hi", timestamp: 1 };
  expect(problem(user, messageShapes.message)).toBeUndefined();
  expect(problem({ role: "user", content: "hi" }, messageShapes.userMessage)).toBe("it.timestamp is missing");
  expect(problem({ ...user, role: "nobody" }, messageShapes.message)).toBe("it fits none of what it may be");
  const line = { type: "label", id: "a", parentId: null, timestamp: "t", targetId: "b" };
  const label = either(variant(entries, "label", entryBase), variant(entries, "custom", entryBase), foreignVariant(entries, entryBase));
  expect(problem(line, label)).toBeUndefined();
  expect(problem({ ...line, targetId: undefined }, label)).toBe("it.targetId is missing");
  expect(problem({ ...line, type: "of_another_writer", targetId: undefined }, label)).toBeUndefined();
  expect(problem({ ...line, type: "session_info" }, foreignVariant(entries, entryBase))).toBe('it.type must not be "session_info"');
  expect(problem([user, 1], list(named("message")))).toMatch(/^it\[1\]/);
});
