// What people type goes through the same records and checks as what comes over a wire.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { objectSchema, problemOf } from "../../../src/contracts/schema.ts";
import { commands } from "../../../src/harness/commands/commands.ts";
import { slashCommandsByName, typedCommand } from "../../../src/harness/commands/slash.ts";
import { makeRpcWorld, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("each name is typed for one command, has a line about it, and says its argument where it takes one", () => {
  const typed = commands.filter((one) => "slash" in one && one.slash !== undefined);
  const byName = slashCommandsByName();
  expect(byName.size).toBe(typed.length);
  for (const [name, { slash, params }] of byName) {
    expect(name).toMatch(/^[a-z][a-z-]*$/);
    expect(slash.about).toMatch(/^[A-Z][^\n]{5,70}[^.]$/);
    expect(slash.argument === undefined, name).toBe(slash.params === undefined);
    // What may be left out either is, or is asked for.
    const empty = slash.params === undefined ? {} : slash.params("", "/");
    if (empty !== undefined) expect(problemOf(objectSchema(params), empty), name).toBeUndefined();
  }
});

test.each([
  ["/model anthropic/claude-x", { provider: "anthropic", modelId: "claude-x" }],
  ["/model openrouter/vendor/some-model", { provider: "openrouter", modelId: "vendor/some-model" }],
  ["/thinking  HIGH ", { level: "high" }],
  ["/compact look to\nthe tests", { customInstructions: "look to\nthe tests" }],
  ["/compact", {}],
  ["/new", {}],
  ["/name  my work ", { name: "my work" }],
])("%j gives parameters", (text, params) => {
  expect(typedCommand(text, "/")?.params).toEqual(params);
});

test.each(["/model", "/model sonnet", "/thinking", "/tree", "/fork", "/resume", "/resume nowhere.jsonl", "/name"])(
  "%s wants more to be asked",
  (text) => {
    expect(typedCommand(text, "/")?.command.slash.name).toBe(text.slice(1).split(" ")[0]);
    expect(typedCommand(text, "/")?.params).toBeUndefined();
  },
);

test("a session is gone on with where its file is there", () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "a b.jsonl"), "");
  expect(typedCommand("/resume a b.jsonl", directory)?.params).toEqual({ sessionPath: "a b.jsonl" });
  expect(typedCommand("/resume a.jsonl", directory)?.params).toBeUndefined();
});

test.each(["/usr/lib is full", "/skill:x y", "/template", "hello", "/", "", "/constructor", " /  new"])("%j is no command", (text) => {
  expect(typedCommand(text, "/")).toBeUndefined();
});

test.each([
  ["/new please", "usage.too_many", '/new takes no argument, and was given "please"'],
  ["/thinking deeply", "usage.bad_value", '/thinking: level "deeply" is not one of'],
])("%j is refused, naming the command and what it was given", (text, code, message) => {
  let thrown: unknown;
  try {
    typedCommand(text, "/");
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code, message: expect.stringContaining(message) });
});

test("a typed command does to the session what its record does", async () => {
  const world = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("done") });
  const typed = typedCommand("/name the plan", "/");
  await typed?.command.run(typed.params ?? {}, { sessions: world.sessions });
  expect(world.sessions.coding.conversation.name).toBe("the plan");
  const before = world.sessions.coding.session.id;
  const another = typedCommand("/new", "/");
  await another?.command.run(another.params ?? {}, { sessions: world.sessions });
  expect(world.sessions.coding.session.id).not.toBe(before);
  await world.sessions.dispose();
});
