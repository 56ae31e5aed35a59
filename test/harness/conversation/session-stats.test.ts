import { expect, test } from "vitest";
import { contextTokens, estimateTokens } from "../../../src/harness/conversation/context-tokens.ts";
import { sessionStats } from "../../../src/harness/conversation/session-stats.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { codingBench } from "../../support/coding-bench.ts";
import { assistantMessage, toolResultMessage, userMessage } from "../../support/messages.ts";
import { callsTools, fails, says, usageOf } from "../../support/model-script.ts";

test("sums over the whole file: every branch, tools' own work, summaries, usage entries", async () => {
  const session = Session.create({ cwd: "/project", directory: undefined });
  const usage = (input: number) => usageOf({ input, output: 1, cacheRead: 2, cacheWrite: 3 });
  session.append({ type: "message", message: userMessage("a") });
  const start = session.leafId;
  session.append({
    type: "message",
    message: assistantMessage([{ type: "toolCall", id: "c", name: "x", arguments: {} }], { usage: usage(100) }),
  });
  session.append({ type: "message", message: { ...toolResultMessage("c", "r"), usage: usage(10) } });
  session.append({ type: "usage", kind: "title", provider: "p", model: "m", usage: usage(1000) });
  session.navigate(start);
  session.append({ type: "branch_summary", fromId: start, summary: "S", usage: usage(10_000) });
  session.append({ type: "compaction", summary: "C", firstKeptEntryId: start ?? "", tokensBefore: 1, usage: usage(100_000) });
  session.append({ type: "custom", customType: "x" });
  const { coding } = codingBench({ session });
  const stats = sessionStats(coding.conversation);
  expect(stats).toMatchObject({
    sessionId: session.id,
    userMessages: 1,
    assistantMessages: 1,
    toolCalls: 1,
    toolResults: 1,
    totalMessages: 3,
    tokens: { input: 111_110, output: 5, cacheRead: 10, cacheWrite: 15, total: 111_140 },
    contextUsage: { tokens: null, contextWindow: 100_000, percent: null },
  });
  expect(stats.cost).toBeCloseTo((111_110 + 2 * 5) / 1e6, 12);
  expect("sessionFile" in stats).toBe(false);
});

test("a conversation as it goes: failed answers count, the window is what the last answer measured and what came after", async () => {
  const { coding, script } = codingBench();
  expect(sessionStats(coding.conversation)).toMatchObject({ totalMessages: 0, cost: 0, contextUsage: { tokens: 0, percent: 0 } });
  script.next(callsTools([["c", "read", {}]]), says("one", { input: 990, output: 10 }), fails("bad_request"));
  await coding.prompt("first");
  expect(sessionStats(coding.conversation).contextUsage).toEqual({ tokens: 1000, contextWindow: 100_000, percent: 1 });
  await coding.prompt("12345678");
  expect(sessionStats(coding.conversation)).toMatchObject({
    userMessages: 2,
    assistantMessages: 3,
    toolCalls: 1,
    toolResults: 1,
    totalMessages: 7,
  });
  expect(sessionStats(coding.conversation).contextUsage?.tokens).toBe(1002);
});

test("no window known: no usage of it", () => {
  const { coding } = codingBench({ window: { contextWindow: 0 } });
  expect("contextUsage" in sessionStats(coding.conversation)).toBe(false);
});

test("a measure from before a compaction does not count for what is there after it", () => {
  const measured = assistantMessage("kept", { usage: usageOf({ input: 90_000 }), timestamp: 5 });
  const summary = { role: "compactionSummary" as const, summary: "12345678", tokensBefore: 90_000, timestamp: 6 };
  expect(contextTokens([summary, measured])).toEqual({ tokens: 3, isMeasured: false });
  const fresh = assistantMessage("new", { usage: usageOf({ input: 50 }), timestamp: 7 });
  expect(contextTokens([summary, measured, fresh, userMessage("1234")])).toEqual({ tokens: 51, isMeasured: true });
  const failed = assistantMessage("", { usage: usageOf({ input: 70 }), stopReason: "error", timestamp: 8 });
  expect(contextTokens([summary, fresh, failed]).tokens).toBe(50);
});

test("estimates: four characters a token, images by themselves, nothing for what is not shown", () => {
  expect(estimateTokens(userMessage("12345"))).toBe(2);
  expect(estimateTokens({ role: "user", content: [{ type: "image", data: "x".repeat(99), mimeType: "image/png" }], timestamp: 1 })).toBe(
    1200,
  );
  expect(estimateTokens(assistantMessage([{ type: "toolCall", id: "c", name: "read", arguments: { path: "a" } }]))).toBe(4);
  expect(estimateTokens(assistantMessage("text", { stopReason: "aborted" }))).toBe(0);
});
