// A conversation reads the same while it lasts and from its file; calls are joined with their results along a branch.

import { expect, test } from "vitest";
import type { AgentEvent } from "../../src/contracts/agent-event.ts";
import type { AnyEntry } from "../../src/contracts/session-entry.ts";
import { errorResult, textResult } from "../../src/contracts/tool.ts";
import { ConversationFold, type Told } from "../../src/transcript/fold.ts";
import { codingBench, tool } from "../support/coding-bench.ts";
import { assistantMessage, toolResultMessage, userMessage } from "../support/messages.ts";
import { callsTools, fails, says } from "../support/model-script.ts";

const messageEntry = (message: unknown): AnyEntry =>
  ({ type: "message", id: "0000000a", parentId: null, timestamp: "t", message }) as AnyEntry;
const bash = { kind: "call", id: "c1", name: "bash", args: { command: "ls" } };

test("each call goes with the first result that names it; a result without one keeps its tool's name", () => {
  const fold = new ConversationFold();
  const call = { type: "toolCall" as const, id: "c1", name: "bash", arguments: { command: "ls" } };
  expect(fold.takeEntry(messageEntry(userMessage("hi"))).call).toBeUndefined();
  expect(fold.takeEntry(messageEntry(assistantMessage([call, { ...call, id: "c2" }]))).call).toBeUndefined();
  const result = messageEntry(toolResultMessage("c1", "a.ts"));
  expect(fold.takeEntry(result).call).toEqual(bash);
  expect([...fold.open.keys()]).toEqual(["c2"]);
  expect(fold.takeEntry(result).call).toEqual({ ...bash, args: {} });
});

test("a call is running from its start to its end, and is told once, with the arguments that it was run with", () => {
  const fold = new ConversationFold();
  const told = (event: AgentEvent): Told | undefined => fold.takeEvent(event);
  const call = { type: "toolCall" as const, id: "c1", name: "bash", arguments: { command: "l" } };
  told({ type: "message_end", message: assistantMessage([call]) });
  told({ type: "tool_execution_start", toolCallId: "c1", toolName: "bash", args: { command: "ls" } });
  told({ type: "tool_execution_start", toolCallId: "c1/1", toolName: "read", args: {}, parentToolCallId: "c1" });
  expect([...fold.running.keys()]).toEqual(["c1", "c1/1"]);
  const ends = (toolCallId: string, toolName: string): AgentEvent => ({
    type: "tool_execution_end",
    toolCallId,
    toolName,
    result: textResult("a.ts"),
    isError: false,
    durationMs: 5,
  });
  expect(told(ends("c1/1", "read"))?.call?.name).toBe("read");
  expect(told(ends("c1", "bash"))).toMatchObject({ call: bash, item: { kind: "result", durationMs: 5 } });
  expect([...fold.running.keys(), ...fold.open.keys()]).toEqual([]);
  expect(told({ type: "message_end", message: toolResultMessage("c1", "a.ts") })).toBeUndefined();
});

test("a run is told event by event as its file tells it entry by entry", async () => {
  const tools = [tool("read"), tool("bash", async () => errorResult("no such file"))];
  const { coding, script, events, session } = codingBench({ tools, compaction: { keepRecentTokens: 1 } });
  script.next(
    callsTools([
      ["c1", "read", { path: "a" }],
      ["c2", "bash", { command: "ls" }],
    ]),
    fails("overloaded"),
    says("done"),
    says("what was done"),
    says("more"),
  );
  await coding.prompt("do it");
  coding.conversation.setName("work");
  coding.conversation.appendCustomEntry("kept", { by: "an extension" });
  await coding.compaction.run();
  await coding.prompt("and on");

  const live = new ConversationFold();
  const stored = new ConversationFold();
  const { length } = session.entries();
  const fromEvents = events.flatMap((event) => live.takeEvent(event) ?? []);
  const fromFile = session.entries().map((entry) => stored.takeEntry(entry));
  // What a session begins with is recorded before anybody listens.
  const begun = fromFile.findIndex(({ item }) => item.kind !== "model" && item.kind !== "thinking");
  expect(begun).toBeLessThan(3);
  const bare = ({ item: { id: _, timestamp: _at, ...item }, call }: Told): unknown => ({ item: JSON.parse(JSON.stringify(item)), call });
  expect(fromEvents.map(bare)).toEqual(fromFile.slice(begun).map(bare));
  expect(new Set(fromEvents.map(({ item }) => item.kind))).toEqual(
    new Set(["system", "prompt", "answer", "result", "name", "data", "summary"]),
  );
  expect(length).toBe(fromEvents.length + begun);
});
