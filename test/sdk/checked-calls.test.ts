// Callers without types: what is of another type is refused at the door, in one line that names call, value and remedy.

import { expect, onTestFinished, test } from "vitest";
import { buildSessionContext, createAgentSession, parseSessionEntries, SessionManager } from "../../src/index.ts";
import { runTool } from "../../src/sdk/tools.ts";

const any = (value: unknown): never => value as never;

const line = /^[A-Za-z.]+: \w+ cannot be [^\n]{1,120}$/;

async function expectRefused(what: string, call: () => unknown): Promise<void> {
  const error = await Promise.resolve()
    .then(call)
    .catch((thrown: unknown) => thrown);
  expect(error, what).toMatchObject({
    code: "usage.bad_value",
    message: expect.stringMatching(line),
    hint: expect.stringMatching(/^Hand in an? /),
  });
}

const wrong = [null, 5, {}, () => undefined, Symbol("s"), "x".repeat(500)];

test("sessions, functions", async () => {
  for (const value of wrong.slice(0, 5)) {
    await expectRefused("open", () => SessionManager.open(any(value)));
    await expectRefused("create", () => SessionManager.create(any(value)));
    await expectRefused("in memory", () => SessionManager.inMemory(any(value)));
    await expectRefused("list", () => SessionManager.list(any(value)));
    await expectRefused("list, directory", () => SessionManager.list("/", any(value)));
    await expectRefused("fork", () => SessionManager.forkFrom("/x", any(value)));
    await expectRefused("find", () => SessionManager.findById("/", any(value)));
    await expectRefused("entry", () => SessionManager.inMemory().getEntry(any(value)));
    await expectRefused("message", () => SessionManager.inMemory().appendMessage(any(value)));
    await expectRefused("parse", () => parseSessionEntries(any(value)));
    await expectRefused("context", () => buildSessionContext(any(value)));
  }
  await expectRefused("nothing", () => SessionManager.open(any(undefined)));
  await expectRefused("signal", () => SessionManager.list("/", undefined, undefined, any({})));
  await expectRefused("tool", () => runTool(any(undefined), {}));
  expect(() => SessionManager.inMemory().appendMessage(any(Array(3)))).toThrow(
    "SessionManager.appendMessage: message cannot be a list of 3",
  );
});

test("what a session is made of, and what it is told", async () => {
  const made = { model: "demo", sessionManager: SessionManager.inMemory() };
  for (const value of [null, 5, "x".repeat(500)]) {
    await expectRefused("options", () => createAgentSession(any(value)));
    for (const field of ["tools", "customTools", "sessionManager", "limits", "onWarning"])
      await expectRefused(field, () => createAgentSession(any({ ...made, [field]: value })));
  }
  for (const field of ["cwd", "agentDir", "model"]) await expectRefused(field, () => createAgentSession(any({ ...made, [field]: {} })));
  await expectRefused("tools of other things", () => createAgentSession(any({ ...made, tools: ["read", 5] })));
  const { session } = await createAgentSession(made);
  onTestFinished(() => session.dispose());
  for (const value of [null, 5, {}]) {
    for (const method of [
      "prompt",
      "steer",
      "followUp",
      "sendUserMessage",
      "setModel",
      "switchSession",
      "fork",
      "navigateTree",
      "bash",
    ] as const) {
      const call = session[method].bind(session) as (given: unknown) => Promise<unknown>;
      // All of them answer with a promise: what is wrong rejects it.
      await expectRefused(method, () => call(value));
      expect(
        call(value).catch(() => "rejected"),
        method,
      ).toBeInstanceOf(Promise);
    }
    for (const method of ["subscribe", "setSessionName", "setActiveToolsByName"] as const)
      await expectRefused(method, () => (session[method].bind(session) as (given: unknown) => unknown)(value));
  }
  await expectRefused("pictures", () => session.prompt("hi", any({ images: [5] })));
  expect(await session.prompt("hello")).toMatchObject({ kind: "done" });
});
