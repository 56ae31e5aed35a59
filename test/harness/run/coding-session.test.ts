import { expect, onTestFinished, test } from "vitest";
import { PiError } from "../../../src/contracts/error.ts";
import type { Model } from "../../../src/contracts/model.ts";
import { textResult } from "../../../src/contracts/tool.ts";
import { liveSecrets } from "../../../src/platform/secrets.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { codingBench, nextEvent, steppingClock, tool, transcriptOf } from "../../support/coding-bench.ts";
import { callsTools, hangs, says } from "../../support/model-script.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("a plain run: events, record, request", async () => {
  const { coding, script, session, told, events } = codingBench();
  script.next(says("hi"));
  expect(await coding.prompt("hello")).toEqual({ kind: "done", text: "hi" });
  expect(told()).toEqual(["agent_start", "turn_start", "system", "user", "assistant", "turn_end", "agent_end", "agent_settled"]);
  expect(session.entries().map(({ type }) => type)).toEqual(["model_change", "thinking_level_change", "message", "message", "message"]);
  const recorded = session.entries().flatMap((entry) => ("message" in entry ? [entry.message] : []));
  expect(recorded).toEqual(events.flatMap((event) => (event.type === "message_end" ? [event.message] : [])));
  expect(events.find(({ type }) => type === "agent_end")).toMatchObject({ messages: recorded, willRetry: false });
  const request = script.calls[0]?.request;
  expect(request).toMatchObject({ sessionId: session.id, thinkingLevel: "off" });
  expect(request?.tools.map(({ name }) => name)).toEqual(["read", "edit", "write", "bash"]);
  expect(request?.systemPrompt).toContain("You are pi");
});

test("what listeners are told is in the file already", async () => {
  const clock = steppingClock();
  const session = Session.create({ cwd: "/project", directory: temporaryDirectory() }, { clock: () => clock.now() });
  const { coding, script } = codingBench({ session, clock });
  script.next(callsTools([["1", "read", {}]]), says("end"));
  const { readFileSync } = await import("node:fs");
  coding.subscribe((event) => {
    if (event.type !== "message_end" || event.message.role === "system") return;
    expect(readFileSync(session.filePath ?? "", "utf8")).toContain(JSON.stringify(event.message));
  });
  await coding.prompt("go");
});

test("the prompt is said once; later only what changed of it", async () => {
  const { coding, script, told } = codingBench();
  script.next(says("1"), says("2"), says("3"));
  await coding.prompt("a");
  await coding.prompt("b");
  expect(told().filter((name) => name === "system")).toHaveLength(1);
  coding.conversation.setActiveToolNames(["read"]);
  await coding.prompt("c");
  const change = coding.conversation.messages.filter(({ role }) => role === "system").at(-1);
  expect(change).toMatchObject({
    toolsRemoved: [{ name: "edit" }, { name: "write" }, { name: "bash" }],
    sections: { tools: expect.any(String) },
  });
  expect(script.calls.at(-1)?.request.tools.map(({ name }) => name)).toEqual(["read"]);
});

test("tools by name: those that are there; an unknown one is refused with the nearest", () => {
  const { coding } = codingBench();
  coding.conversation.setActiveToolNames(["bash", "read", "bash"]);
  expect(coding.conversation.activeToolNames).toEqual(["read", "bash"]);
  expect(coding.conversation.activeTools.map(({ name }) => name)).toEqual(["read", "bash"]);
  expect(() => coding.conversation.setActiveToolNames(["raed"])).toThrow(
    expect.objectContaining({ code: "usage.unknown_tool", hint: "Did you mean read?" }),
  );
});

test("a prompt while a run is going is refused, steered or queued", async () => {
  const { coding, script } = codingBench();
  let begun: () => void = () => {};
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let proceed: () => void = () => {};
  const proceeding = new Promise<void>((resolve) => {
    proceed = resolve;
  });
  script.next(async function* (call) {
    begun();
    await proceeding;
    yield* callsTools([["1", "read", {}]])(call);
  });
  script.next(says("a"), says("b"));
  const first = coding.prompt("go");
  await hasBegun;
  expect(coding.isStreaming).toBe(true);
  expect(() => coding.prompt("no")).toThrow(/^Agent is already processing\. Specify streamingBehavior/);
  const steered = coding.prompt("steered", { streamingBehavior: "steer" });
  const queued = coding.prompt("queued", { streamingBehavior: "followUp" });
  expect(coding.queue.count).toBe(2);
  proceed();
  expect([(await first).text, (await steered).text, (await queued).text]).toEqual(["b", "b", "b"]);
  expect(transcriptOf(coding.conversation.messages).slice(1)).toEqual([
    ...["user: go", "assistant: call read", "toolResult: read done", "user: steered", "assistant: a", "user: queued", "assistant: b"],
  ]);
});

test("a message queued after the loop asked for the last time is still of the run", async () => {
  const { coding, script, told } = codingBench();
  script.next(says("a"), says("b"));
  let isFirst = true;
  coding.subscribe((event) => {
    if (event.type === "agent_end" && isFirst) coding.queue.followUp("late");
    if (event.type === "agent_end") isFirst = false;
  });
  expect((await coding.prompt("go")).text).toBe("b");
  expect(told().filter((name) => name === "agent_settled")).toHaveLength(1);
  expect(coding.queue.count).toBe(0);
});

test("abort: settled before it resolves, queued messages stay queued and go out with the next prompt", async () => {
  const { coding, script, events } = codingBench();
  const begun = new Promise<void>((resolve) => script.next(hangs(resolve)));
  const running = coding.prompt("go");
  await begun;
  coding.queue.steer("steer");
  coding.queue.followUp("follow");
  await coding.abort();
  expect(events.at(-1)).toEqual({ type: "agent_settled", aborted: true, outcome: "aborted" });
  expect(coding.isStreaming).toBe(false);
  expect((await running).kind).toBe("aborted");
  expect(coding.queue.count).toBe(2);
  script.next(says("a"), says("b"));
  await coding.prompt("on");
  expect(transcriptOf(coding.conversation.messages).slice(-5)).toEqual([
    "user: on",
    "user: steer",
    "assistant: a",
    "user: follow",
    "assistant: b",
  ]);
  expect(JSON.stringify(script.calls[1]?.request.messages)).not.toContain("aborted");
});

test("abort right after the prompt, and without one", async () => {
  const { coding, script } = codingBench();
  await coding.abort();
  script.next(hangs());
  const running = coding.prompt("go");
  await coding.abort();
  expect((await running).kind).toBe("aborted");
});

test("agent_settled is the last event; from within it a new prompt can be given", async () => {
  const { coding, script, told } = codingBench();
  script.next(says("a"), says("b"));
  let second: Promise<unknown> | undefined;
  coding.subscribe((event) => {
    if (event.type === "agent_settled") {
      expect(coding.isStreaming).toBe(false);
      second ??= coding.prompt("again");
    }
  });
  await coding.prompt("go");
  await second;
  expect(told().filter((name) => /^agent_/.test(name))).toEqual([
    ...["agent_start", "agent_end", "agent_settled", "agent_start", "agent_end", "agent_settled"],
  ]);
});

test("a slow listener slows the run down to its pace", async () => {
  const { coding, script } = codingBench();
  script.next(says("a"));
  let isBusy = false;
  coding.subscribe(async (event) => {
    if (event.type !== "turn_start" && event.type !== "message_update") return;
    expect(isBusy).toBe(false);
    isBusy = true;
    await new Promise((resolve) => setImmediate(resolve));
    isBusy = false;
  });
  await coding.prompt("go");
  expect(isBusy).toBe(false);
});

test("what was held back, as the beginning of a secret, comes out at the listener's pace too", async () => {
  liveSecrets.add("held-back-credential-0001");
  const { coding, script } = codingBench();
  script.next(says("held-back"));
  let isBusy = false;
  const told: string[] = [];
  coding.subscribe(async (event) => {
    if (event.type !== "message_update" && event.type !== "message_end") return;
    told.push(event.type === "message_update" ? event.assistantMessageEvent.type : event.type);
    expect(isBusy).toBe(false);
    isBusy = true;
    await new Promise((resolve) => setImmediate(resolve));
    isBusy = false;
  });
  expect(await coding.prompt("go")).toEqual({ kind: "done", text: "held-back" });
  expect(told.slice(-4)).toEqual(["text_start", "text_delta", "text_end", "message_end"]);
});

test("a credential that cannot be had fails the call, with every event in its place", async () => {
  const { coding, told } = codingBench({
    access: () => Promise.reject(new PiError("auth.no_credential", "No API key found for test.", { hint: "Set TEST_KEY" })),
  });
  expect(await coding.prompt("go")).toMatchObject({
    kind: "usage",
    code: "auth.no_credential",
    message: "No API key found for test.",
    hint: "Set TEST_KEY",
  });
  expect(told()).toEqual(["agent_start", "turn_start", "system", "user", "assistant", "turn_end", "agent_end", "agent_settled"]);
});

test("model and level: recorded, clamped, in force with the next call", async () => {
  const { coding, script, session, events } = codingBench();
  expect(coding.conversation.choices.setThinkingLevel("max")).toBe("high");
  expect(events).toEqual([{ type: "thinking_level_changed", level: "high" }]);
  expect(coding.conversation.choices.setThinkingLevel("high")).toBe("high");
  expect(events).toHaveLength(1);
  coding.conversation.choices.setModel({ ...coding.conversation.model, id: "plain", reasoning: false });
  expect(coding.conversation.thinkingLevel).toBe("off");
  script.next(says("a"));
  await coding.prompt("go");
  expect(script.calls[0]).toMatchObject({ model: { id: "plain" }, request: { thinkingLevel: "off" } });
  expect(session.context()).toMatchObject({ model: { provider: "test", modelId: "plain" }, thinkingLevel: "off" });
});

test("a model that cannot think, or not so much, in between does not change the level of those after it", () => {
  const { coding } = codingBench();
  const { choices, model } = coding.conversation;
  const levelWith = (other: Partial<Model>): string => {
    choices.setModel({ ...model, ...other });
    return coding.conversation.thinkingLevel;
  };
  choices.setThinkingLevel("medium");
  expect(levelWith({ id: "plain", reasoning: false })).toBe("off");
  expect(levelWith({ id: "eager", thinkingLevelMap: { off: null, minimal: null, low: null, medium: null } })).toBe("high");
  expect(levelWith({})).toBe("medium");
  choices.setThinkingLevel("off");
  expect(levelWith({ id: "eager", thinkingLevelMap: { off: null } })).toBe("minimal");
  expect(levelWith({})).toBe("off");
});

test("a reopened session goes on: same messages, nothing recorded twice", async () => {
  const clock = steppingClock();
  const session = Session.create({ cwd: "/project", directory: temporaryDirectory() }, { clock: () => clock.now() });
  const first = codingBench({ session, clock });
  first.script.next(callsTools([["1", "read", {}]]), says("end"));
  await first.coding.prompt("go");
  const messages = structuredClone(first.coding.conversation.messages);
  const count = session.entryCount;
  await first.coding.dispose();
  const reopened = await Session.open(session.filePath ?? "", { clock: () => clock.now(), onBusy: "wait" });
  onTestFinished(() => reopened.close());
  const second = codingBench({ session: reopened, clock });
  expect(second.coding.conversation.messages).toEqual(messages);
  expect(reopened.entryCount).toBe(count);
  second.script.next(says("on"));
  await second.coding.prompt("go on");
  expect(second.told()).not.toContain("system");
});

test("the last text: of answers, not of those without any", async () => {
  const { coding, script } = codingBench({ tools: [tool("read", async () => textResult("x"))] });
  expect(coding.conversation.lastAssistantText()).toBe(undefined);
  script.next(says("words"), callsTools([["1", "read", {}]]), hangs());
  await coding.prompt("go");
  const running = coding.prompt("more");
  await nextEvent(coding, "tool_execution_end");
  expect(coding.conversation.lastAssistantText()).toBe("words");
  await coding.abort();
  await running;
  expect(coding.conversation.lastAssistantText()).toBe("words");
});

test("queue modes can be set and are kept", async () => {
  const { coding, script } = codingBench();
  expect([coding.queue.steeringMode, coding.queue.followUpMode]).toEqual(["one-at-a-time", "one-at-a-time"]);
  coding.queue.steeringMode = "all";
  coding.queue.followUpMode = "all";
  for (const text of ["1", "2"]) coding.queue.followUp(text);
  script.next(says("a"), says("b"));
  await coding.prompt("go");
  expect(script.calls).toHaveLength(2);
  expect(coding.queue.clear()).toEqual({ steering: [], followUp: [] });
});

test("disposing ends what runs and lets go of the listeners", async () => {
  const { coding, script, events } = codingBench();
  script.next(hangs());
  const running = coding.prompt("go");
  await coding.dispose();
  expect((await running).kind).toBe("aborted");
  const count = events.length;
  coding.conversation.setName("x");
  expect(events).toHaveLength(count);
});
