// One item for each entry, whatever it holds.

import { expect, test } from "vitest";
import { entries } from "../../src/contracts/entries.ts";
import type { AnyEntry } from "../../src/contracts/session-entry.ts";
import { type Faces, faceOf, itemOf, itemOfMessage } from "../../src/transcript/items.ts";
import { userMessage } from "../support/messages.ts";

const entry = (type: string, fields: object = {}): AnyEntry =>
  ({ type, id: "0000000a", parentId: null, timestamp: "t", ...fields }) as AnyEntry;

test("every kind of entry has an item of its own kind, and what no one knows is data", () => {
  const kinds = Object.keys(entries).map((type) => [type, itemOf(entry(type, { message: userMessage("hi") })).kind]);
  expect(Object.fromEntries(kinds)).toEqual({
    message: "prompt",
    model_change: "model",
    thinking_level_change: "thinking",
    compaction: "summary",
    branch_summary: "summary",
    context_edit: "edit",
    usage: "usage",
    custom: "data",
    custom_message: "note",
    label: "label",
    session_info: "name",
  });
  expect(itemOf(entry("of_another", { x: 1 }))).toEqual({
    kind: "data",
    id: "0000000a",
    timestamp: "t",
    name: "of_another",
    about: "",
    value: { x: 1 },
  });
  // Names that every object has are no kinds.
  for (const type of ["constructor", "toString", "__proto__"]) expect(itemOf(entry(type)).kind).toBe("data");
  for (const role of ["constructor", "nobody", 7]) expect(itemOf(entry("message", { message: { role } })).kind).toBe("message");
});

test("an item is there for whatever an entry holds", () => {
  const odd = [
    undefined,
    null,
    0,
    "text",
    [],
    {},
    [null],
    { role: "assistant", content: 5, usage: 3 },
    { role: "toolResult", content: [null] },
  ];
  for (const type of [...Object.keys(entries), "foreign"]) {
    for (const value of odd) {
      const fields = { message: value, summary: value, content: value, customType: value, details: value, targetId: value };
      expect(typeof itemOf(entry(type, fields)).kind).toBe("string");
    }
  }
});

test("a kind without a face does not compile, and each item is shown by its own", () => {
  // @ts-expect-error all kinds but one are missing
  const faces: Faces<string> = { prompt: ({ blocks }) => `${blocks.length} blocks` };
  expect(faceOf(faces, itemOfMessage(userMessage("hi")))).toBe("1 blocks");
});
