// What programs are told of the protocol agrees with what is said on the wire.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../../src/cli/commands/schema.ts";
import { settings } from "../../../src/config/settings.ts";
import { type JsonSchema, problemOf } from "../../../src/contracts/schema.ts";
import { rpcMethods } from "../../../src/modes/rpc/methods.ts";
import { errorsDocument, eventsSchema, rpcDocument, rpcSchema, sessionSchema } from "../../../src/modes/rpc/schemas.ts";
import { fakeHost } from "../../support/fake-host.ts";
import { makeRpcWorld, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test.each([
  ["rpc.md", rpcDocument],
  ["errors.md", errorsDocument],
] as const)("docs/%s is what the tables say; node scripts/rpc-doc.mjs writes it", (name, made) => {
  expect(readFileSync(join(import.meta.dirname, "../../../docs", name), "utf8")).toBe(made());
});

test("what a session says fits the schemas of events, answers and session lines", async () => {
  const made = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("hello") });
  onTestFinished(() => made.sessions.dispose());
  const end = made.next((record) => record.type === "agent_settled");
  await made.ask("prompt", { message: "hi", key: "k" });
  await end;
  await made.ask("bash", { command: "echo x" });
  await made.ask("set_session_name", { name: "n" });
  await made.ask("set_thinking_level", { level: "low" });
  await made.ask("steer", { message: "later" });
  await made.ask("compact");
  await made.ask("nope");
  const events = eventsSchema().$defs as Record<string, JsonSchema>;
  const answers = rpcSchema().$defs as Record<string, JsonSchema>;
  expect(new Set(made.events().map((event) => event.type)).size).toBeGreaterThan(10);
  for (const event of made.events())
    expect(problemOf(events[event.type] ?? { const: "unknown event" }, event, event.type, events)).toBeUndefined();
  for (const answer of made.responses()) {
    const schema = answers[answer.success === true ? `${answer.command}_response` : "failure"];
    expect(problemOf(schema ?? { const: "unknown answer" }, answer, String(answer.command), answers)).toBeUndefined();
  }
  const { entries } = (await made.ask("get_entries")).data as { entries: object[] };
  const session = sessionSchema();
  for (const line of entries) expect(problemOf(session, line, "entry", session.$defs as Record<string, JsonSchema>)).toBeUndefined();
});

test("a schema can say no", () => {
  const { $defs } = rpcSchema() as { $defs: Record<string, JsonSchema> };
  expect(problemOf($defs.prompt ?? {}, { type: "prompt" }, "")).toBe("message is missing");
  expect(problemOf($defs.set_thinking_level ?? {}, { type: "set_thinking_level", level: "wild" }, "")).toMatch(/not one of/);
});

test("pi schema prints them; an unknown one is named with its neighbour", async () => {
  for (const name of ["rpc", "events", "session", "config", "result"]) {
    const host = fakeHost();
    expect(await run([name], host)).toBe(0);
    expect(JSON.parse(host.out())).toHaveProperty("$schema");
  }
  await expect(run(["event"], fakeHost())).rejects.toMatchObject({ code: "usage.unknown_schema", hint: "Did you mean events?" });
  const host = fakeHost();
  await run(["rpc"], host);
  for (const { name } of rpcMethods as readonly { name: string }[]) expect(host.out()).toContain(`"${name}_response"`);
});

test("every setting is in the schema of the configuration", async () => {
  const host = fakeHost();
  await run(["config"], host);
  const schema = JSON.parse(host.out()) as JsonSchema;
  for (const { key } of settings) {
    const found = key.split(".").reduce<JsonSchema | undefined>((at, name) => at?.properties?.[name], schema);
    expect({ key, found: found !== undefined }).toEqual({ key, found: true });
  }
});
