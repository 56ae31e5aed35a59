import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import type { Message } from "../../../src/contracts/message.ts";
import type { EntryOf } from "../../../src/contracts/session-entry.ts";
import { textResult } from "../../../src/contracts/tool.ts";
import { sessionStats } from "../../../src/harness/conversation/session-stats.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { codingBench, nextEvent, steppingClock, tool, transcriptOf } from "../../support/coding-bench.ts";
import { assistantMessage, toolResultMessage, userMessage } from "../../support/messages.ts";
import {
  callEvents,
  callsTools,
  fails,
  hangs,
  type ModelScript,
  says,
  stopsShort,
  testModel,
  textEvents,
} from "../../support/model-script.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const small = { keepRecentTokens: 1 };
const long = "word ".repeat(200);

function compactionOf(session: Session): EntryOf<"compaction"> {
  const entry = session.entries().findLast(({ type }) => type === "compaction");
  return entry as EntryOf<"compaction">;
}

test("by hand: request, entry, result and context", async () => {
  const { coding, session, script, told } = codingBench({ compaction: small });
  script.next(says("one"), says("two", { input: 400, output: 6 }));
  await coding.prompt("first");
  await coding.prompt("second");
  script.next(says("## Goal\nTwo prompts", { input: 50, output: 9 }), says("Asked second", { input: 30, output: 3 }));
  coding.conversation.choices.setThinkingLevel("high");
  coding.conversation.choices.setThinkingLevel("high");
  const before = told().length;
  const result = await coding.compaction.run("the numbers");
  expect(told().slice(before)).toEqual(["compaction_start manual", "compaction_end manual"]);

  const [history, prefix] = script.calls.slice(2);
  expect(history?.model.id).toBe("test-1");
  expect(history?.request.tools).toEqual([]);
  expect(coding.conversation.thinkingLevel).toBe("high");
  expect(history?.request.thinkingLevel).toBe("off");
  expect(history?.request.systemPrompt).not.toBe("");
  expect(history?.request.systemPrompt).not.toBe(script.calls[0]?.request.systemPrompt);
  expect(history?.request.messages).toHaveLength(1);
  expect(script.prompts[2]).toMatch(
    /^<conversation>\n\[User\]: first\n\n\[Assistant\]: one\n<\/conversation>\n\n[\s\S]*## Goal[\s\S]*## Constraints & Preferences[\s\S]*## Progress[\s\S]*## Key Decisions[\s\S]*## Next Steps[\s\S]*## Critical Context[\s\S]*\n\nAdditional focus: the numbers$/,
  );
  // The cut goes through the second turn: its beginning is summarised by itself.
  expect(script.prompts[3]).toMatch(
    /^<conversation>\n\[User\]: second\n<\/conversation>\n\n[\s\S]*## Original Request[\s\S]*\n\nAdditional focus: the numbers$/,
  );
  expect(prefix?.request.tools).toEqual([]);

  const entry = compactionOf(session);
  expect(entry.summary).toMatch(/^## Goal\nTwo prompts\n\n---\n\n\*\*.*\*\*\n\nAsked second$/);
  expect(session.entry(entry.firstKeptEntryId)).toMatchObject({ message: { role: "assistant", content: [{ text: "two" }] } });
  expect(entry.tokensBefore).toBe(406);
  expect(entry.usage).toMatchObject({ input: 80, output: 12, totalTokens: 92 });
  expect(entry.details).toEqual({ readFiles: [], modifiedFiles: [] });
  expect(entry.systemMessage?.sections?.preamble).toMatch(/^You are pi/);
  expect(entry.systemMessage?.toolsAdded?.map(({ name }) => name)).toEqual(["read", "edit", "write", "bash"]);
  const { summary, firstKeptEntryId, tokensBefore, usage, details } = entry;
  expect(result).toEqual({ summary, firstKeptEntryId, tokensBefore, usage, details, estimatedTokensAfter: expect.any(Number) });
  expect(transcriptOf(coding.conversation.messages)).toEqual(["system: ", `compactionSummary: ${summary}`, "assistant: two"]);

  script.next(says("three"));
  await coding.prompt("third");
  const last = script.calls.at(-1)?.request;
  expect(last?.systemPrompt).toBe(script.calls[0]?.request.systemPrompt);
  expect(last?.tools).toEqual(script.calls[0]?.request.tools);
  expect(JSON.stringify(last?.messages[0]?.content)).toContain("compacted into the following summary");
});

test("the context in memory is the one that the file gives", async () => {
  const directory = temporaryDirectory();
  const clock = steppingClock();
  const session = Session.create({ cwd: "/project", directory }, { clock: () => clock.now() });
  const { coding, script } = codingBench({ session, clock, compaction: small });
  script.next(
    callsTools([["c1", "read", { path: "a" }]]),
    says("one"),
    fails("bad_request"),
    says("two"),
    says("Summary"),
    says("Prefix"),
    says("three"),
  );
  for (const prompt of ["first", "failing", "second"]) await coding.prompt(prompt);
  await coding.compaction.run();
  await coding.prompt("third");
  const reopened = await Session.open(session.filePath ?? "", { readOnly: true });
  onTestFinished(() => reopened.close());
  expect(reopened.context().messages).toEqual(coding.conversation.messages);
  expect(readFileSync(session.filePath ?? "", "utf8")).toContain('"type":"compaction"');
});

test("nothing to compact: a small session, an empty one, one just compacted", async () => {
  const { coding, script, events } = codingBench();
  await expect(coding.compaction.run()).rejects.toMatchObject({
    code: "session.nothing_to_compact",
    message: "Nothing to compact (session too small)",
  });
  script.next(says("one"));
  await coding.prompt("first");
  await expect(coding.compaction.run()).rejects.toMatchObject({ code: "session.nothing_to_compact" });
  expect(events.at(-1)).toEqual({
    type: "compaction_end",
    reason: "manual",
    aborted: false,
    willRetry: false,
    errorMessage: "Compaction failed: Nothing to compact (session too small)",
  });
  expect(script.calls).toHaveLength(1);
  expect(coding.compaction.isRunning).toBe(false);
});

test("a failed summary loses nothing, and says why", async () => {
  const { coding, session, script, events } = codingBench({ compaction: small });
  script.next(says("one"), says("two"), fails("bad_request", "400 nope"));
  await coding.prompt("first");
  await coding.prompt("second");
  const count = session.entryCount;
  const messages = structuredClone(coding.conversation.messages);
  await expect(coding.compaction.run()).rejects.toMatchObject({
    code: "session.summarization_failed",
    message: "Summarization failed: 400 nope",
  });
  expect(events.at(-1)).toMatchObject({
    type: "compaction_end",
    aborted: false,
    errorMessage: "Compaction failed: Summarization failed: 400 nope",
  });
  expect(session.entryCount).toBe(count);
  expect(coding.conversation.messages).toEqual(messages);
  script.next(says(""), says("Summary"), says("Prefix"));
  await expect(coding.compaction.run()).rejects.toMatchObject({ code: "session.summarization_failed" });
  await expect(coding.compaction.run()).resolves.toMatchObject({ summary: expect.stringContaining("Summary") });
});

test("an answer that is no summary is none: cut off, blank, or a call of a tool, also with text beside it", async () => {
  const call = callEvents("c1", "bash", { command: "x" }, 1);
  const callsBesideText = () => [...textEvents("Half"), ...call, { type: "finish", stopReason: "toolUse" } as const];
  for (const [answer, reason] of [
    [stopsShort("## Goal\nHalf of"), "the summary was cut off at the model's output limit"],
    [stopsShort(""), "the summary was cut off at the model's output limit"],
    [says(" \n"), "the model gave an empty summary"],
    [callsTools([["c1", "bash", { command: "x" }]]), "the model called a tool in place of a summary"],
    [callsBesideText, "the model called a tool in place of a summary"],
  ] as const) {
    const { coding, session, script } = codingBench({ compaction: small });
    script.next(says("one"), says("two"), answer);
    await coding.prompt("first");
    await coding.prompt("second");
    const leafOfWork = session.leafId;
    const messages = structuredClone(coding.conversation.messages);
    const failure = { code: "session.summarization_failed", message: `Summarization failed: ${reason}` };
    await expect(coding.compaction.run()).rejects.toMatchObject(failure);
    expect(coding.conversation.messages).toEqual(messages);
    expect(session.context().messages).toEqual(messages);
    const left = session.leafId;
    script.next(answer);
    await expect(coding.navigate(leafOfWork && (session.branchIds(leafOfWork).at(-3) ?? null), { summarize: true })).rejects.toMatchObject(
      failure,
    );
    expect(session.leafId).toBe(left);
    expect(script.calls).toHaveLength(4);
  }
});

test("what was spent on a pass that failed is recorded", async () => {
  const { coding, session, script } = codingBench({ compaction: small });
  script.next(says("one"), says("two"), says("Summary", { input: 70, output: 2 }), fails("bad_request"));
  await coding.prompt("first");
  await coding.prompt("second");
  await expect(coding.compaction.run()).rejects.toThrow();
  expect(session.entries().at(-1)).toMatchObject({
    type: "usage",
    kind: "compaction",
    provider: "test",
    model: "test-1",
    usage: { input: 70 },
  });
  expect(sessionStats(coding.conversation).tokens.input).toBe(90);
});

test("a failing service is asked again, an overflow of the summary with less", async () => {
  const { coding, script } = codingBench({ compaction: small });
  script.next(says(long.repeat(20)), says("two"));
  await coding.prompt(long.repeat(20));
  await coding.prompt("second");
  script.next(fails("overloaded"), fails("overflow"), says("Summary"), says("Prefix"));
  await coding.compaction.run();
  const lengths = script.prompts.slice(2, 5).map((prompt) => prompt.length);
  expect(lengths[1]).toBe(lengths[0]);
  expect(lengths[2]).toBeLessThan((lengths[1] ?? 0) * 0.6);
});

test("aborted before, in the request, between two requests, in a delay: cancelled, nothing changed", async () => {
  const abortIn = async (prepare: (script: ModelScript, abort: () => void) => void): Promise<void> => {
    const { coding, session, script, events } = codingBench({
      compaction: small,
      retry: { baseDelayMs: 3_600_000, maxDelayMs: 3_600_000 },
    });
    script.next(says("one"), says("two"));
    await coding.prompt("first");
    await coding.prompt("second");
    const count = session.entries().filter(({ type }) => type !== "usage").length;
    prepare(script, () => coding.compaction.abort());
    await expect(coding.compaction.run()).rejects.toMatchObject({ code: "session.compaction_cancelled", message: "Compaction cancelled" });
    expect(events.at(-1)).toEqual({ type: "compaction_end", reason: "manual", aborted: true, willRetry: false });
    expect(session.entries().filter(({ type }) => type !== "usage")).toHaveLength(count);
    expect(coding.compaction.isRunning).toBe(false);
    script.next(says("Summary"), says("Prefix"));
    await coding.compaction.run();
  };
  await abortIn((script, abort) => script.next(hangs(abort)));
  await abortIn((script, abort) => script.next(says("Summary"), hangs(abort)));
  await abortIn((script, abort) =>
    script.next(() => {
      setTimeout(abort);
      return fails("overloaded")({} as never);
    }),
  );
  const { coding, script } = codingBench({ compaction: small });
  script.next(says("one"), says("two"), hangs());
  await coding.prompt("first");
  await coding.prompt("second");
  const start = nextEvent(coding, "compaction_start");
  const cancelled = expect(coding.compaction.run()).rejects.toMatchObject({ code: "session.compaction_cancelled" });
  expect(coding.compaction.isRunning).toBe(true);
  await start;
  await coding.abort();
  expect(coding.compaction.isRunning).toBe(false);
  await cancelled;
});

test("a running run is aborted first; a prompt during a compaction waits for it", async () => {
  const { coding, script, told } = codingBench({ compaction: small });
  script.next(says("one"), says("two"));
  await coding.prompt("first");
  await coding.prompt("second");
  const begun = new Promise<void>((resolve) => script.next(hangs(resolve)));
  const running = coding.prompt("third");
  await begun;
  const summarising = new Promise<void>((resolve) =>
    script.next(() => {
      resolve();
      return says("Summary")({} as never);
    }),
  );
  script.next(says("four"));
  const before = told().length;
  const compacting = coding.compaction.run();
  expect((await running).kind).toBe("aborted");
  await summarising;
  const fourth = coding.prompt("fourth");
  await compacting;
  expect((await fourth).text).toBe("four");
  expect(told().slice(before)).toEqual([
    "assistant",
    "turn_end",
    "agent_end",
    "agent_settled",
    "compaction_start manual",
    "compaction_end manual",
    "agent_start",
    "turn_start",
    "user",
    "assistant",
    "turn_end",
    "agent_end",
    "agent_settled",
  ]);
});

test("only one compaction at a time", async () => {
  const { coding, script } = codingBench({ compaction: small });
  script.next(says("one"), says("two"), hangs());
  await coding.prompt("first");
  await coding.prompt("second");
  const first = coding.compaction.run();
  await expect(coding.compaction.run()).rejects.toMatchObject({ code: "session.busy_compaction" });
  await expect(coding.navigate(null)).rejects.toMatchObject({ code: "session.busy_compaction" });
  coding.compaction.abort();
  await expect(first).rejects.toMatchObject({ code: "session.compaction_cancelled" });
});

test("summary and files of the compaction before are carried on; failed calls touch nothing", async () => {
  const { coding, session, script } = codingBench({ compaction: small });
  script.next(
    callsTools([
      ["c1", "read", { path: "a.ts" }],
      ["c2", "read", { path: "b.ts" }],
      ["c3", "edit", { path: "b.ts", edits: [] }],
      ["c4", "nothing", { path: "x.ts" }],
    ]),
    says("one"),
    says("First summary"),
  );
  await coding.prompt("first");
  await coding.compaction.run();
  expect(compactionOf(session).details).toEqual({ readFiles: ["a.ts"], modifiedFiles: ["b.ts"] });
  expect(compactionOf(session).summary).toContain("<read-files>\na.ts\n</read-files>\n\n<modified-files>\nb.ts\n</modified-files>");

  script.next(callsTools([["c5", "write", { path: "a.ts" }]]), says("two"), says("three"), says("Second summary"), says("Second prefix"));
  await coding.prompt("second");
  await coding.prompt("third");
  await coding.compaction.run();
  const request = script.prompts.at(-2) ?? "";
  expect(request).toContain("<previous-summary>\nFirst");
  expect(request).not.toContain("<read-files>");
  expect(request).toContain('[Assistant tool calls]: write(path="a.ts")');
  expect(request).toContain("[Tool result]: write done");
  expect(compactionOf(session).details).toEqual({ readFiles: [], modifiedFiles: ["a.ts", "b.ts"] });
  // The earlier summary lives on in the new one only.
  expect(transcriptOf(coding.conversation.messages).filter((line) => line.startsWith("compactionSummary"))).toHaveLength(1);
});

test("files and summaries are carried on through three compactions and past a branch left behind", async () => {
  const { coding, session, script } = codingBench({ compaction: small });
  const turn = async (name: string, path: string): Promise<void> => {
    script.next(callsTools([[`c-${path}`, name, { path }]]), says(`did ${path}`));
    await coding.prompt(`do ${path}`);
  };
  const compact = async (...summaries: string[]): Promise<void> => {
    script.next(...summaries.map((text) => says(text)));
    await coding.compaction.run();
  };
  await turn("read", "a");
  await compact("S1");
  await turn("write", "b");
  await compact("S2", "P2");
  const fork = session.leafId;
  await turn("write", "left");
  script.next(says("Left"));
  await coding.navigate(fork, { summarize: true });
  await turn("read", "c");
  await compact("S3", "P3");
  expect(compactionOf(session).details).toEqual({ readFiles: ["a", "c"], modifiedFiles: ["b", "left"] });
  // What is summed up: the answer that was kept, and what came back with the branch.
  const [history, prefix] = script.prompts.slice(-2);
  expect(history).toMatch(/<previous-summary>\nS2\n\n---[\s\S]*P2\n<\/previous-summary>/);
  expect(history).toContain("[Assistant]: did b\n\n[Earlier summary]: Left\n\n<modified-files>\nleft\n</modified-files>");
  expect(prefix).toContain("[User]: do c");
  const summary = transcriptOf(coding.conversation.messages)[1];
  expect(summary).toMatch(
    /^compactionSummary: S3\n\n---[\s\S]*P3\n\n<read-files>\na\nc\n<\/read-files>\n\n<modified-files>\nb\nleft\n<\/modified-files>$/,
  );
  // The other branch has its own.
  await coding.navigate(fork);
  expect(coding.conversation.messages.some((message) => message.role === "branchSummary")).toBe(false);
  await turn("read", "d");
  await compact("S4", "P4");
  expect(compactionOf(session).details).toEqual({ readFiles: ["a", "d"], modifiedFiles: ["b"] });
});

test("the details of an extension's summary are its own: no file lists are read out of them", async () => {
  const session = Session.create({ cwd: "/project", directory: undefined });
  const say = (message: Message) => session.append({ type: "message", message });
  const first = say(userMessage("first"));
  const details = { readFiles: ["not ours"], modifiedFiles: [] };
  session.append({ type: "compaction", summary: "Earlier", firstKeptEntryId: first.id, tokensBefore: 9, details, fromHook: true });
  session.append({ type: "branch_summary", summary: "Left", fromId: first.id, details, fromHook: true });
  say(userMessage("second"));
  say(assistantMessage("two"));
  const { coding, script } = codingBench({ session, compaction: small });
  script.next(says("S"), says("P"));
  expect((await coding.compaction.run()).details).toEqual({ readFiles: [], modifiedFiles: [] });
  session.append({ type: "branch_summary", summary: "Left", fromId: first.id, details, fromHook: true });
  const { coding: reopened, script: next } = codingBench({ session, compaction: small });
  next.next(says("Left again"));
  const { summaryEntryId = "" } = await reopened.navigate(first.id, { summarize: true });
  expect(session.entry(summaryEntryId)).toMatchObject({ summary: "Left again", details: { readFiles: [], modifiedFiles: [] } });
});

test("an earlier summary to which only half a turn is added is kept word for word", async () => {
  const session = Session.create({ cwd: "/project", directory: undefined });
  const say = (message: Message) => session.append({ type: "message", message });
  say(userMessage("first"));
  const second = say(userMessage("second"));
  session.append({ type: "compaction", summary: "Earlier", firstKeptEntryId: second.id, tokensBefore: 9, details: { readFiles: ["x"] } });
  say(assistantMessage([{ type: "toolCall", id: "c1", name: "read", arguments: { path: "a.ts" } }], { stopReason: "toolUse" }));
  say(toolResultMessage("c1", "text"));
  say(assistantMessage("two"));
  const { coding, script } = codingBench({ session, compaction: small });
  script.next(says("Prefix"));
  const { summary } = await coding.compaction.run();
  expect(script.calls).toHaveLength(1);
  expect(script.prompts[0]).toMatch(
    /^<conversation>\n\[User\]: second\n\n\[Assistant tool calls\]: read\(path="a.ts"\)\n\n\[Tool result\]: text\n<\/conversation>/,
  );
  expect(summary).toMatch(/^Earlier\n\n---\n\n.*\n\nPrefix\n\n<read-files>\na.ts\nx\n<\/read-files>$/);
});

test("tool results are cut, thinking and failed answers left out, images named", async () => {
  const tools = [tool("bash", async () => textResult("x".repeat(5000)))];
  const { coding, script } = codingBench({ compaction: small, tools });
  script.next(
    () => [
      { type: "thinking_start", contentIndex: 0 },
      { type: "thinking_delta", contentIndex: 0, delta: "secret thought" },
      { type: "thinking_end", contentIndex: 0 },
      ...callEvents("c1", "bash", { command: "x" }, 1),
      { type: "finish", stopReason: "toolUse" },
    ],
    says("one"),
    fails("bad_request", "broken"),
    says("two"),
    says("Summary"),
    says("Prefix"),
  );
  await coding.prompt("first", { images: [{ type: "image", data: "AAAA", mimeType: "image/png" }] });
  await coding.prompt("failing");
  await coding.prompt("second");
  await coding.compaction.run();
  const request = script.prompts[4] ?? "";
  expect(request).toContain("[User]: first\n[an image]");
  expect(request).not.toMatch(/secret thought|broken/);
  const result = /\[Tool result\]: (x+)\n\[… 3000 more characters\]/.exec(request);
  expect(result?.[1]).toHaveLength(2000);
});

test("another model writes the summaries where the configuration names one", async () => {
  const other = { id: "cheap", provider: "other" };
  const { coding, session, script } = codingBench({
    compaction: { ...small, model: async () => ({ ...testModel, ...other }) },
  });
  script.next(says("one"), says("two"), says("Summary"), says("Prefix"));
  await coding.prompt("first");
  await coding.prompt("second");
  await coding.compaction.run();
  expect(script.calls.map((call) => call.model.id)).toEqual(["test-1", "test-1", "cheap", "cheap"]);
  expect(coding.conversation.model.id).toBe("test-1");
  expect(session.context().model).toEqual({ provider: "test", modelId: "test-1" });
});

test("a compaction model that is not there fails the compaction, not the session", async () => {
  const { coding, script } = codingBench({
    compaction: { ...small, model: () => Promise.reject(new Error('Model "x" not found.')) },
  });
  script.next(says("one"), says("two"), says("three"));
  await coding.prompt("first");
  await coding.prompt("second");
  await expect(coding.compaction.run()).rejects.toMatchObject({ message: 'Summarization failed: Model "x" not found.' });
  expect((await coding.prompt("third")).kind).toBe("done");
});
