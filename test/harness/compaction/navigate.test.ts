import { expect, onTestFinished, test } from "vitest";
import type { AnyEntry } from "../../../src/contracts/session-entry.ts";
import { sessionStats } from "../../../src/harness/conversation/session-stats.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { type Bench, codingBench, steppingClock, transcriptOf } from "../../support/coding-bench.ts";
import { callsTools, fails, hangs, says } from "../../support/model-script.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function talked(bench = codingBench()): Promise<Bench & { idOf(text: string): string }> {
  bench.script.next(says("one"), says("two"));
  await bench.coding.prompt("first");
  await bench.coding.prompt("second");
  const idOf = (text: string): string =>
    bench.session.entries().find((entry) => JSON.stringify(entry).includes(`"text":"${text}"`))?.id ?? "";
  return { ...bench, idOf };
}

test("to an answer: the conversation goes on behind it", async () => {
  const { coding, session, script, idOf } = await talked();
  expect(await coding.navigate(idOf("one"))).toEqual({ cancelled: false });
  expect(transcriptOf(coding.conversation.messages)).toEqual(["system: ", "user: first", "assistant: one"]);
  script.next(says("three"));
  await coding.prompt("instead");
  expect(transcriptOf(coding.conversation.messages).slice(1)).toEqual([
    "user: first",
    "assistant: one",
    "user: instead",
    "assistant: three",
  ]);
  expect(session.context().messages).toEqual(coding.conversation.messages);
  expect(session.children(idOf("one"))).toHaveLength(2);
});

test("to a message of the user's: the leaf is what stands before it, and its text comes back", async () => {
  const { coding, session, idOf } = await talked();
  expect(await coding.navigate(idOf("second"))).toEqual({ cancelled: false, text: "second" });
  expect(session.leafId).toBe(idOf("one"));
  await coding.navigate(idOf("first"));
  expect(transcriptOf(coding.conversation.messages)).toEqual(["system: "]);
});

test("to nothing: the next prompt begins a tree of its own, with prompt and tools", async () => {
  const { coding, session, script } = await talked();
  expect(await coding.navigate(null)).toEqual({ cancelled: false });
  expect(coding.conversation.messages).toEqual([]);
  script.next(says("three"));
  await coding.prompt("anew");
  expect(transcriptOf(coding.conversation.messages)).toEqual(["system: ", "user: anew", "assistant: three"]);
  expect(session.children(null)).toHaveLength(2);
  expect(script.calls.at(-1)?.request.systemPrompt).toBe(script.calls[0]?.request.systemPrompt);
});

test("an unknown entry, and moving while a run is going", async () => {
  const { coding, script } = await talked();
  await expect(coding.navigate("cafebabe")).rejects.toMatchObject({
    code: "session.entry_not_found",
    message: "Entry not found: cafebabe",
  });
  const begun = new Promise<void>((resolve) => script.next(hangs(resolve)));
  const running = coding.prompt("third");
  await begun;
  await expect(coding.navigate(null)).rejects.toMatchObject({ code: "session.busy_run" });
  await coding.abort();
  await running;
});

test("model and level in force are recorded on the branch gone to", async () => {
  const { coding, session, script, idOf } = await talked();
  coding.conversation.choices.setModel({ ...coding.conversation.model, id: "test-2" });
  await coding.navigate(idOf("one"));
  expect(coding.conversation.model.id).toBe("test-2");
  script.next(says("three"));
  await coding.prompt("instead");
  expect(session.context().model).toEqual({ provider: "test", modelId: "test-2" });
  expect(session.branch().filter(({ type }) => type === "model_change")).toHaveLength(2);
});

test("with a summary: it stands at the place gone to, and the model is told", async () => {
  const { coding, session, script, idOf } = await talked();
  const left = session.leafId;
  script.next(says("Tried second", { input: 40, output: 4 }));
  const { summaryEntryId } = await coding.navigate(idOf("one"), { summarize: true, customInstructions: "the result" });
  expect(session.entry(summaryEntryId ?? "")).toMatchObject({
    type: "branch_summary",
    parentId: idOf("one"),
    fromId: left,
    summary: "Tried second",
    usage: { input: 40, output: 4 },
    details: { readFiles: [], modifiedFiles: [] },
  });
  expect(session.leafId).toBe(summaryEntryId);
  expect(script.prompts[2]).toMatch(
    /^<conversation>\n\[User\]: second\n\n\[Assistant\]: two\n<\/conversation>\n\n[\s\S]*\n\nAdditional focus: the result$/,
  );
  expect(transcriptOf(coding.conversation.messages)).toEqual(["system: ", "user: first", "assistant: one", "branchSummary: Tried second"]);
  script.next(says("three"));
  await coding.prompt("on");
  expect(JSON.stringify(script.calls.at(-1)?.request.messages)).toContain("a branch that this conversation came back from");
  expect(sessionStats(coding.conversation).tokens.input).toBe(10 + 10 + 40 + 10);
});

test("instructions that stand alone, and a label for the summary; without one for the entry gone to", async () => {
  const { coding, session, script, idOf } = await talked();
  script.next(says("Tried second"));
  const how = { customInstructions: "Only a title.", replaceInstructions: true, label: "tried" };
  const { summaryEntryId = "" } = await coding.navigate(idOf("one"), { summarize: true, ...how });
  expect(script.prompts[2]).toMatch(/<\/conversation>\n\nOnly a title\.$/);
  expect([session.label(summaryEntryId), session.label(idOf("one"))]).toEqual(["tried", undefined]);
  await coding.navigate(idOf("one"), { label: "here" });
  expect(session.label(idOf("one"))).toBe("here");
});

test("a summary of a branch carries the files of what it summarises, also of summaries in it", async () => {
  const bench = codingBench();
  const { coding, session, script } = bench;
  script.next(says("one"));
  await coding.prompt("first");
  const fork = session.leafId;
  script.next(callsTools([["c1", "edit", { path: "a.ts" }]]), says("two"));
  await coding.prompt("second");
  const middle = session.branch().find((entry) => JSON.stringify(entry).includes('"text":"second"'))?.id ?? "";
  script.next(says("Inner"));
  await coding.navigate(middle, { summarize: true });
  script.next(callsTools([["c2", "read", { path: "b.ts" }]]), says("three"), says("Outer"));
  await coding.prompt("third");
  const { summaryEntryId } = await coding.navigate(fork, { summarize: true });
  expect(session.entry(summaryEntryId ?? "")).toMatchObject({
    details: { readFiles: ["b.ts"], modifiedFiles: ["a.ts"] },
    summary: "Outer\n\n<read-files>\nb.ts\n</read-files>\n\n<modified-files>\na.ts\n</modified-files>",
  });
});

test("nothing is left behind: no summary is written", async () => {
  const { coding, session, script } = await talked();
  const leaf = session.leafId;
  expect(await coding.navigate(leaf, { summarize: true })).toEqual({ cancelled: false });
  expect(script.calls).toHaveLength(2);
});

test("a change of the prompt alone is nothing to be summed up", async () => {
  const { coding, session, script } = await talked();
  const answer = session.leafId;
  session.append({ type: "message", message: { role: "system", content: "", sections: { rules: "another rule" }, timestamp: 1 } });
  const { coding: reopened, script: next } = codingBench({ session });
  expect(await reopened.navigate(answer, { summarize: true })).toEqual({ cancelled: false });
  expect([...script.calls, ...next.calls]).toHaveLength(2);
  expect(reopened.conversation.messages).toEqual(coding.conversation.messages);
});

test("a summary that is aborted or fails leaves everything where it is", async () => {
  const { coding, session, script, idOf } = await talked();
  const { leafId, entryCount } = session;
  const messages = structuredClone(coding.conversation.messages);
  script.next(hangs(() => coding.compaction.abort()));
  expect(await coding.navigate(idOf("one"), { summarize: true })).toEqual({ cancelled: true });
  script.next(hangs(() => void coding.abort()));
  expect(await coding.navigate(idOf("one"), { summarize: true })).toEqual({ cancelled: true });
  script.next(fails("bad_request", "no"));
  await expect(coding.navigate(idOf("one"), { summarize: true })).rejects.toMatchObject({ code: "session.summarization_failed" });
  expect({ leafId: session.leafId, entryCount: session.entryCount }).toEqual({ leafId, entryCount });
  expect(coding.conversation.messages).toEqual(messages);
});

test("a prompt that comes during the summary finds the tree where it was gone to", async () => {
  const { coding, script, idOf } = await talked();
  let prompted: Promise<unknown> | undefined;
  script.next((call) => {
    prompted = coding.prompt("meanwhile");
    return says("Left")(call);
  }, says("three"));
  await coding.navigate(idOf("one"), { summarize: true });
  await prompted;
  expect(transcriptOf(coding.conversation.messages).slice(1)).toEqual([
    "user: first",
    "assistant: one",
    "branchSummary: Left",
    "user: meanwhile",
    "assistant: three",
  ]);
});

test("compaction of a branch leaves the others alone", async () => {
  const { coding, session, script, idOf } = await talked(codingBench({ compaction: { keepRecentTokens: 1 } }));
  const other = session.leafId;
  await coding.navigate(idOf("one"));
  script.next(says("three"), says("S"), says("P"));
  await coding.prompt("instead");
  await coding.compaction.run();
  expect(transcriptOf(coding.conversation.messages)[1]).toMatch(/^compactionSummary: S/);
  await coding.navigate(other);
  expect(transcriptOf(coding.conversation.messages).slice(1)).toEqual(["user: first", "assistant: one", "user: second", "assistant: two"]);
  expect(session.context().messages).toEqual(coding.conversation.messages);
});

test("forkPoint: messages of the user's only, on any branch, as RPC get_fork_messages lists them", async () => {
  const { coding, session, idOf } = await talked();
  expect(coding.forkPoint(idOf("second"))).toEqual({ leafId: idOf("one"), text: "second" });
  const first = coding.forkPoint(idOf("first"));
  expect((session.entry(first.leafId ?? "") as AnyEntry & { message: { role: string } }).message.role).toBe("system");
  for (const id of [idOf("one"), "cafebabe"]) {
    expect(() => coding.forkPoint(id)).toThrow(
      expect.objectContaining({ code: "session.invalid_fork", message: "Invalid entry ID for forking" }),
    );
  }
  await coding.navigate(idOf("one"));
  expect(coding.forkPoint(idOf("second"))).toEqual({ leafId: idOf("one"), text: "second" });
});

test("labels and names are recorded; an unknown entry is refused, and a blank name takes the name away", async () => {
  const { coding, session, events, idOf } = await talked();
  coding.setLabel(idOf("one"), " good ");
  expect(session.label(idOf("one"))).toBe("good");
  coding.setLabel(idOf("one"), undefined);
  expect(session.label(idOf("one"))).toBe(undefined);
  expect(() => coding.setLabel("cafebabe", "x")).toThrow(expect.objectContaining({ message: "Entry not found: cafebabe" }));
  coding.conversation.setName(" my work ");
  expect(session.name).toBe("my work");
  expect(events.at(-1)).toEqual({ type: "session_info_changed", name: "my work" });
  coding.conversation.setName("  ");
  expect(session.name).toBeUndefined();
  expect(events.at(-1)).toEqual({ type: "session_info_changed" });
});

test("a reopened session is where the last entry is, with the same context", async () => {
  const clock = steppingClock();
  const session = Session.create({ cwd: "/project", directory: temporaryDirectory() }, { clock: () => clock.now() });
  const { coding, script, idOf } = await talked(codingBench({ session, clock }));
  script.next(says("Left"), says("three"));
  await coding.navigate(idOf("one"), { summarize: true });
  await coding.prompt("on");
  const reopened = await Session.open(session.filePath ?? "", { readOnly: true });
  onTestFinished(() => reopened.close());
  expect(reopened.context().messages).toEqual(coding.conversation.messages);
});
