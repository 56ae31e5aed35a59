import { expect, test } from "vitest";
import { assembleMessage } from "../../src/contracts/assemble-message.ts";
import type { StreamEvent } from "../../src/contracts/stream-event.ts";
import { callEvents, failed, testModel, textEvents, usageOf } from "../support/model-script.ts";

function assemble(events: StreamEvent[]) {
  const assembly = assembleMessage(testModel, "low", 42);
  return { ...assembly, failure: () => assembly.failure, assembly, shown: events.map((event) => assembly.apply(event)) };
}

const stop: StreamEvent = { type: "finish", stopReason: "stop", rawStopReason: "end_turn" };

test("text, thinking and calls in the order they came, numbered without gaps", () => {
  const { message, shown } = assemble([
    { type: "response", responseId: "r1", responseModel: "test-1b" },
    { type: "thinking_start", contentIndex: 3 },
    { type: "thinking_delta", contentIndex: 3, delta: "hm" },
    ...textEvents("hello", 7),
    { type: "thinking_end", contentIndex: 3, signature: "sig" },
    ...callEvents("c1", "read", { path: "a" }, 9),
    { type: "usage", usage: usageOf({ input: 4 }) },
    { type: "finish", stopReason: "toolUse", rawStopReason: "tool_use" },
  ]);
  expect(message).toEqual({
    role: "assistant",
    content: [
      { type: "thinking", thinking: "hm", thinkingSignature: "sig" },
      { type: "text", text: "hello" },
      { type: "toolCall", id: "c1", name: "read", arguments: { path: "a" } },
    ],
    api: "test",
    provider: "test",
    model: "test-1",
    usage: usageOf({ input: 4 }),
    stopReason: "toolUse",
    rawStopReason: "tool_use",
    thinkingLevel: "low",
    timestamp: 42,
    responseId: "r1",
    responseModel: "test-1b",
  });
  expect(shown.flatMap((event) => (event ? [`${event.type} ${event.contentIndex}`] : []))).toEqual([
    ...["thinking_start 0", "thinking_delta 0", "text_start 1", "text_delta 1", "text_end 1", "thinking_end 0"],
    ...["toolcall_start 2", "toolcall_delta 2", "toolcall_end 2"],
  ]);
});

test("pending until the terminal event; whether anything could be seen", () => {
  const { message, assembly } = assemble([{ type: "text_start", contentIndex: 0 }]);
  expect(message.stopReason).toBe("pending");
  expect(assembly.hasShownContent).toBe(false);
  assembly.apply({ type: "text_delta", contentIndex: 0, delta: "x" });
  expect(assembly.hasShownContent).toBe(true);
  assembly.apply(stop);
  expect(message).toMatchObject({ stopReason: "stop", rawStopReason: "end_turn" });
});

test("events for a block that never began are ignored", () => {
  const { message, shown } = assemble([
    { type: "text_delta", contentIndex: 0, delta: "x" },
    { type: "toolcall_end", contentIndex: 1 },
    { type: "thinking_end", contentIndex: 2 },
    { type: "text_start", contentIndex: 0 },
    { type: "toolcall_delta", contentIndex: 0, delta: "{}" },
    stop,
  ]);
  expect(message.content).toEqual([{ type: "text", text: "" }]);
  expect(shown.filter(Boolean)).toHaveLength(1);
});

test("arguments: none, an object given, JSON, and what is none", () => {
  const { message, assembly } = assemble([
    { type: "toolcall_start", contentIndex: 0, id: "a", toolName: "t" },
    { type: "toolcall_end", contentIndex: 0 },
    { type: "toolcall_start", contentIndex: 1, id: "b", toolName: "t" },
    { type: "toolcall_delta", contentIndex: 1, delta: '{"ignored":' },
    { type: "toolcall_end", contentIndex: 1, arguments: { x: 1 }, signature: "s" },
    ...callEvents("c", "t", '{"x":', 2),
    ...callEvents("d", "t", "[1]", 3),
    ...callEvents("e", "t", "7", 4),
    ...callEvents("f", "t", `{"x":${"[".repeat(9999)}${"]".repeat(9999)}}`, 5),
    { type: "finish", stopReason: "toolUse" },
  ]);
  expect(message.content).toEqual([
    { type: "toolCall", id: "a", name: "t", arguments: {} },
    { type: "toolCall", id: "b", name: "t", arguments: { x: 1 }, thoughtSignature: "s" },
    ...["c", "d", "e", "f"].map((id) => ({ type: "toolCall", id, name: "t", arguments: {} })),
  ]);
  expect([...assembly.unreadableArguments.keys()]).toEqual(["c", "d", "e", "f"]);
  expect(assembly.unreadableArguments.get("c")?.text).toBe('{"x":');
  expect(assembly.unreadableArguments.get("d")?.reason).toBe("expected a JSON object, got an array");
  expect(assembly.unreadableArguments.get("f")?.reason).toBe("nested more than 500 levels deep");
});

test("a call that is not ended before the finish is read as it stands", () => {
  const { message, assembly } = assemble([
    ...callEvents("a", "t", { x: 1 }, 0).slice(0, 2),
    ...callEvents("b", "t", '{"x"', 1).slice(0, 2),
    { type: "finish", stopReason: "toolUse" },
  ]);
  expect(message.content[0]).toMatchObject({ arguments: { x: 1 } });
  expect([...assembly.unreadableArguments.keys()]).toEqual(["b"]);
});

test("a failure keeps what is whole and drops calls that were cut short", () => {
  const { message, assembly } = assemble([
    ...textEvents("partial"),
    ...callEvents("whole", "t", { x: 1 }, 1),
    ...callEvents("cut", "t", '{"x":1}', 2).slice(0, 2),
    { type: "toolcall_start", contentIndex: 3, id: "begun", toolName: "t" },
    ...callEvents("bad", "t", '{"x":', 4),
    failed("network", "cut"),
  ]);
  expect(message.content.map((block) => ("id" in block ? block.id : block.type))).toEqual(["text", "whole"]);
  expect(message).toMatchObject({ stopReason: "error", errorMessage: "cut" });
  expect(assembly.failure).toEqual({ code: "network", message: "cut" });
  expect(assemble([failed("aborted", "stop")]).message.stopReason).toBe("aborted");
  const refused = assemble([{ type: "failure", failure: { code: "refusal", message: "no", rawStopReason: "refusal" } }]);
  expect(refused.message.rawStopReason).toBe("refusal");
});

test("redacted thinking", () => {
  const { message } = assemble([
    { type: "thinking_start", contentIndex: 0 },
    { type: "thinking_end", contentIndex: 0, signature: "payload", redacted: true },
    stop,
  ]);
  expect(message.content).toEqual([{ type: "thinking", thinking: "", thinkingSignature: "payload", redacted: true }]);
});

test("calls to which a service gives one id get one each, and what cannot be read is told of the right one", () => {
  const { message, assembly, shown } = assemble([
    ...callEvents("x", "read", { path: "a" }, 0),
    { type: "toolcall_start", contentIndex: 1, id: "x", toolName: "read" },
    { type: "toolcall_delta", contentIndex: 1, delta: "{broken" },
    { type: "toolcall_end", contentIndex: 1 },
    ...callEvents("x_2", "read", { path: "c" }, 2),
    { type: "finish", stopReason: "toolUse" },
  ]);
  expect(message.content.map((block) => block.type === "toolCall" && block.id)).toEqual(["x", "x_2", "x_2_2"]);
  expect([...assembly.unreadableArguments.keys()]).toEqual(["x_2"]);
  expect(shown.flatMap((event) => (event?.type === "toolcall_start" ? [event.id] : []))).toEqual(["x", "x_2", "x_2_2"]);
});
