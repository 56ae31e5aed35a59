import { expect, test } from "vitest";
import type { Message } from "../../../src/contracts/message.ts";
import type { NewEntry } from "../../../src/contracts/session-entry.ts";
import { Session, type SessionContext } from "../../../src/session/tree/session.ts";
import { assistantMessage, toolResultMessage, userMessage } from "../../support/messages.ts";

const timestamp = Date.parse("2026-01-01T00:00:00.000Z");

/** A session in memory whose entries have the ids 00000001, 00000002, … */
function sessionOf(...entries: NewEntry[]): { session: Session; context: SessionContext; shown: string[] } {
  let next = 1;
  const session = Session.create(
    { cwd: "/x", directory: undefined },
    { clock: () => timestamp, newId: () => (next++).toString().padStart(8, "0") },
  );
  for (const entry of entries) session.append(entry);
  const context = session.context();
  return { session, context, shown: context.messages.map(shownMessage) };
}

function shownMessage(message: Message): string {
  if (message.role === "compactionSummary" || message.role === "branchSummary") return `${message.role}: ${message.summary}`;
  if (message.role === "bashExecution") return `bash: ${message.command}`;
  const content =
    typeof message.content === "string" ? [message.content] : message.content.map((block) => ("text" in block ? block.text : block.type));
  return `${message.role}: ${content.join("+")}`;
}

const user = (text: string): NewEntry => ({ type: "message", message: userMessage(text) });
const answer = (text: string): NewEntry => ({ type: "message", message: assistantMessage(text) });
const system = (content: string): NewEntry => ({ type: "message", message: { role: "system", content, timestamp: 0 } });
const compaction = (firstKeptEntryId: string, more: Partial<Extract<NewEntry, { type: "compaction" }>> = {}): NewEntry => ({
  type: "compaction",
  summary: "so far",
  firstKeptEntryId,
  tokensBefore: 1000,
  ...more,
});
const call = (...ids: string[]): NewEntry => ({
  type: "message",
  message: assistantMessage(
    ids.map((id) => ({ type: "toolCall", id, name: "bash", arguments: {} })),
    { stopReason: "toolUse" },
  ),
});
const result = (id: string): NewEntry => ({ type: "message", message: toolResultMessage(id, `result ${id}`) });

test("messages come in order, system messages where they were recorded", () => {
  const { shown, context } = sessionOf(system("you are"), user("a"), answer("b"), system("changed"), user("c"));
  expect(shown).toEqual(["system: you are", "user: a", "assistant: b", "system: changed", "user: c"]);
  expect(context.entryIds).toEqual(["00000001", "00000002", "00000003", "00000004", "00000005"]);
});

test("entries that are no messages do not show", () => {
  const { shown } = sessionOf(
    user("a"),
    { type: "usage", kind: "cache_warm", provider: "p", model: "m", usage: assistantMessage("x").usage },
    { type: "custom", customType: "x", data: 1 },
    { type: "label", targetId: "00000001", label: "here" },
    { type: "session_info", name: "n" },
    { type: "from_tomorrow" } as unknown as NewEntry,
  );
  expect(shown).toEqual(["user: a"]);
});

test("a compaction: checkpoint, summary, what was kept, what came after", () => {
  const { shown, context } = sessionOf(
    system("old prompt"),
    user("a"),
    answer("b"),
    user("kept"),
    system("patch"),
    answer("kept too"),
    compaction("00000004", { systemMessage: { role: "system", content: "checkpoint", timestamp: 0 } }),
    system("later patch"),
    user("after"),
  );
  expect(shown).toEqual([
    "system: checkpoint",
    "compactionSummary: so far",
    "user: kept",
    "assistant: kept too",
    "system: later patch",
    "user: after",
  ]);
  expect(context.entryIds).toEqual(["00000007", "00000007", "00000004", "00000006", "00000008", "00000009"]);
  expect(context.messages[1]).toEqual({ role: "compactionSummary", summary: "so far", tokensBefore: 1000, timestamp });
});

test("the last compaction counts; one that names itself, or an entry that is not before it, keeps nothing", () => {
  expect(sessionOf(user("a"), compaction("00000001"), user("b"), compaction("00000003"), user("c")).shown).toEqual([
    "compactionSummary: so far",
    "user: b",
    "user: c",
  ]);
  expect(sessionOf(user("a"), compaction("00000002"), user("c")).shown).toEqual(["compactionSummary: so far", "user: c"]);
  expect(sessionOf(user("a"), compaction("00000003"), user("c")).shown).toEqual(["compactionSummary: so far", "user: c"]);
});

test("an earlier compaction among the kept entries does not show", () => {
  expect(sessionOf(user("a"), compaction("00000001"), user("b"), compaction("00000001")).shown).toEqual([
    "compactionSummary: so far",
    "user: a",
    "user: b",
  ]);
});

test("context edits: the latest on the path wins; null leaves out; text becomes a block where blocks are needed", () => {
  const edit = (targetId: string, replacement: Extract<NewEntry, { type: "context_edit" }>["replacement"]): NewEntry => ({
    type: "context_edit",
    targetId,
    replacement,
  });
  const { session, context, shown } = sessionOf(
    user("a"),
    answer("b"),
    call("c1"),
    result("c1"),
    edit("00000001", { content: "first" }),
    edit("00000001", { content: "second" }),
    edit("00000002", null),
    edit("00000004", { content: "shorter" }),
    edit("0000dead", { content: "nothing" }),
  );
  expect(shown).toEqual(["user: second", "assistant: toolCall", "toolResult: shorter"]);
  expect(context.messages[0]).toEqual({ ...userMessage(""), content: "second" });
  expect(context.messages[2]).toMatchObject({ toolCallId: "c1", content: [{ type: "text", text: "shorter" }] });
  expect(session.context("00000004").messages).toHaveLength(4);
  expect(session.entry("00000001")).toMatchObject({ message: userMessage("a") });
});

test("the answers whose measure an edit has made void: from what was edited to the edit; not where a model never saw it", () => {
  const edit = (targetId: string): NewEntry => ({ type: "context_edit", targetId, replacement: { content: "x" } });
  const omit = (targetId: string): NewEntry => ({ type: "context_edit", targetId, replacement: null });
  const failed: NewEntry = { type: "message", message: assistantMessage("", { stopReason: "error" }) };
  const rangeOf = (...entries: NewEntry[]) => sessionOf(...entries).context.edited;
  expect(rangeOf(user("a"), answer("b"), user("c"), edit("00000003"), answer("d"))).toEqual({ from: 2, to: 3 });
  expect(rangeOf(user("a"), answer("b"), user("c"), answer("d"), edit("00000002"), user("e"), answer("f"))).toEqual({ from: 1, to: 4 });
  expect(rangeOf(user("a"), answer("b"), edit("00000001"), answer("c"), omit("00000002"), user("d"))).toEqual({ from: 0, to: 2 });
  expect(rangeOf(user("a"), answer("b"), omit("00000002"))).toBe(undefined);
  expect(rangeOf(user("a"), failed, omit("00000002"))).toBe(undefined);
  expect(rangeOf(user("a"), answer("b"), edit("0000dead"))).toBe(undefined);
  // Results that were put in count.
  expect(rangeOf(user("a"), call("c1"), user("b"), answer("c"), edit("00000003"))).toEqual({ from: 3, to: 5 });
});

test("an assistant message can be edited to text, also when the text stands there bare", () => {
  for (const replacement of [{ content: "c" }, "c" as unknown as { content: string }]) {
    const { context } = sessionOf(user("a"), answer("b"), { type: "context_edit", targetId: "00000002", replacement });
    expect(context.messages[1]).toMatchObject({ role: "assistant", content: [{ type: "text", text: "c" }], stopReason: "stop" });
  }
});

test("a summary can be left out, checkpoint and all, but not rewritten", () => {
  const compacted = [user("a"), compaction("00000001", { systemMessage: { role: "system", content: "checkpoint", timestamp: 0 } })];
  expect(sessionOf(...compacted, { type: "context_edit", targetId: "00000002", replacement: null }).shown).toEqual(["user: a"]);
  expect(sessionOf(...compacted, { type: "context_edit", targetId: "00000002", replacement: { content: "x" } }).shown).toHaveLength(3);
});

test("branch summaries, custom messages and commands of the user are messages", () => {
  const { context } = sessionOf(
    user("a"),
    { type: "branch_summary", fromId: "0000000f", summary: "left behind" },
    { type: "custom_message", customType: "note", content: "seen", display: false, details: { n: 1 } },
    {
      type: "message",
      message: { role: "bashExecution", command: "ls", output: "", exitCode: 0, cancelled: false, truncated: false, timestamp: 5 },
    },
  );
  expect(context.messages.slice(1)).toEqual([
    { role: "branchSummary", summary: "left behind", fromId: "0000000f", timestamp },
    { role: "custom", customType: "note", content: "seen", display: false, details: { n: 1 }, timestamp },
    { role: "bashExecution", command: "ls", output: "", exitCode: 0, cancelled: false, truncated: false, timestamp: 5 },
  ]);
});

test("a tool call without result gets an error result behind the others, in the context only", () => {
  const { session, context, shown } = sessionOf(user("a"), call("c1", "c2", "c3"), result("c2"), user("go on"));
  expect(shown).toEqual([
    "user: a",
    "assistant: toolCall+toolCall+toolCall",
    "toolResult: result c2",
    "toolResult: No result provided",
    "toolResult: No result provided",
    "user: go on",
  ]);
  expect(context.messages[3]).toMatchObject({ toolCallId: "c1", toolName: "bash", isError: true, details: {} });
  expect(context.entryIds.slice(3)).toEqual([undefined, undefined, "00000004"]);
  expect(session.entryCount).toBe(4);
});

test("failed and aborted answers stay and get no results", () => {
  const calls = assistantMessage([{ type: "toolCall", id: "c1", name: "bash", arguments: {} }], { stopReason: "aborted" });
  expect(sessionOf(user("a"), { type: "message", message: calls }, user("b")).shown).toEqual(["user: a", "assistant: toolCall", "user: b"]);
});

test("model: the last change or answer on the whole path; level: the last change", () => {
  const level = (thinkingLevel: "high" | "low"): NewEntry => ({ type: "thinking_level_change", thinkingLevel });
  const model = (modelId: string): NewEntry => ({ type: "model_change", provider: "p", modelId });
  expect(
    sessionOf(model("one"), level("low"), user("a"), model("two"), level("high"), compaction("none"), user("b")).context,
  ).toMatchObject({
    model: { provider: "p", modelId: "two" },
    thinkingLevel: "high",
  });
  expect(sessionOf(user("a"), answer("b")).context.model).toEqual({ provider: "test", modelId: "test-1" });
  expect(sessionOf(model("one"), user("a"), answer("b")).context.model).toEqual({ provider: "test", modelId: "test-1" });
  expect(sessionOf(user("a"), answer("b"), model("one")).context.model).toEqual({ provider: "p", modelId: "one" });
  const begun = (startedMs: number): NewEntry => ({
    type: "message",
    message: { ...assistantMessage([{ type: "text", text: "b" }]), timestamp: startedMs },
  });
  // Chosen while the answer came in, or before it began (as for another try).
  expect(sessionOf(user("a"), model("one"), begun(timestamp - 1)).context.model).toEqual({ provider: "p", modelId: "one" });
  expect(sessionOf(user("a"), model("one"), model("two"), level("low"), begun(timestamp - 1)).context.model).toEqual({
    provider: "p",
    modelId: "two",
  });
  expect(sessionOf(user("a"), model("one"), begun(timestamp)).context.model).toEqual({ provider: "test", modelId: "test-1" });
  const bare = sessionOf(user("a")).context;
  expect("model" in bare || "thinkingLevel" in bare).toBe(false);
});

test("an empty session has an empty context", () => {
  expect(sessionOf().context).toEqual({ messages: [], entryIds: [] });
});

test("messages of an unknown role are kept, but not in context; an answer that is a bare text is one", () => {
  const odd = [
    { type: "message", message: { role: "from_tomorrow", content: 7 } },
    { type: "message", message: { role: "assistant", content: "no blocks" } },
    { type: "message" },
  ] as unknown as NewEntry[];
  const { session, shown } = sessionOf(user("a"), ...odd, answer("b"));
  expect(shown).toEqual(["user: a", "assistant: no blocks", "assistant: b"]);
  expect(session.branch()).toHaveLength(5);
});
