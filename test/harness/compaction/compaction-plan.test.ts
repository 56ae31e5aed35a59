import { expect, test } from "vitest";
import type { Message } from "../../../src/contracts/message.ts";
import { toolCallsOf } from "../../../src/contracts/message.ts";
import { planCompaction } from "../../../src/harness/compaction/compaction-plan.ts";
import { estimateTokens } from "../../../src/harness/conversation/context-tokens.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { assistantMessage, toolResultMessage, userMessage } from "../../support/messages.ts";
import { seededRandom } from "../../support/random.ts";

function contextOf(messages: Message[]) {
  return { messages, entryIds: messages.map((_, at) => `e${at}`) };
}

const call = (id: string): Message =>
  assistantMessage([{ type: "toolCall", id, name: "read", arguments: { path: id } }], { stopReason: "toolUse" });
const text = (tokens: number): string => "x".repeat(tokens * 4);

test("the cut is the first sound place at which enough is kept", () => {
  const messages = [userMessage(text(10)), assistantMessage(text(10)), userMessage(text(10)), assistantMessage(text(10))];
  const cutAt = (keep: number) => planCompaction(contextOf(messages), keep)?.firstKeptEntryId;
  expect([1, 10, 11, 20, 21, 30, 31, 40, 41].map(cutAt)).toEqual(["e3", "e3", "e2", "e2", "e1", "e1", undefined, undefined, undefined]);
});

test("a cut between turns has no prefix, one in a turn has", () => {
  const messages = [
    userMessage(text(10)),
    assistantMessage(text(10)),
    userMessage(text(10)),
    call("a"),
    toolResultMessage("a", text(10)),
    assistantMessage("end"),
  ];
  expect(planCompaction(contextOf(messages), 25)).toMatchObject({ history: messages.slice(0, 2), turnPrefix: [], kept: messages.slice(2) });
  expect(planCompaction(contextOf(messages), 1)).toMatchObject({
    history: messages.slice(0, 2),
    turnPrefix: messages.slice(2, 5),
    kept: messages.slice(5),
  });
});

test("a tool result larger than what is to be kept stays with its call", () => {
  const sound = [userMessage("q"), call("a"), toolResultMessage("a", text(1000))];
  expect(planCompaction(contextOf(sound), 5)).toMatchObject({ firstKeptEntryId: "e1", turnPrefix: [sound[0]] });
});

test("what the model is not shown is neither counted nor summarised", () => {
  const failed = assistantMessage(text(500), { stopReason: "error" });
  const hidden: Message = {
    role: "bashExecution",
    command: "x",
    output: text(500),
    exitCode: 0,
    cancelled: false,
    truncated: false,
    excludeFromContext: true,
    timestamp: 1,
  };
  const system: Message = { role: "system", content: text(500), timestamp: 1 };
  const messages = [system, failed, hidden, userMessage(text(10)), assistantMessage(text(10)), failed];
  expect(planCompaction(contextOf(messages), 15)).toBe(undefined);
  expect(planCompaction(contextOf(messages), 10)).toMatchObject({ turnPrefix: [messages[3]], kept: messages.slice(4) });
});

test("bash executions, custom messages and branch summaries begin turns too", () => {
  const custom: Message = { role: "custom", customType: "t", content: text(10), display: true, timestamp: 1 };
  const messages = [userMessage(text(10)), assistantMessage(text(10)), custom, assistantMessage(text(10))];
  expect(planCompaction(contextOf(messages), 1)).toMatchObject({ history: messages.slice(0, 2), turnPrefix: [custom] });
});

test("2,000 random transcripts: calls and results never part, enough is kept, nothing is lost or invented", () => {
  const { below: pick } = seededRandom(20260101);
  let plans = 0;
  for (let round = 0; round < 2000; round++) {
    const session = Session.create({ cwd: "/", directory: undefined });
    const append = (message: Message): void => void session.append({ type: "message", message });
    let calls = 0;
    for (let turn = 0; turn < 1 + pick(5); turn++) {
      append(userMessage(text(pick(40))));
      if (pick(5) === 0) append({ role: "custom", customType: "t", content: text(pick(9)), display: false, timestamp: 1 });
      for (let step = 0; step < pick(4); step++) {
        const ids = Array.from({ length: 1 + pick(3) }, () => `c${++calls}`);
        append(assistantMessage(ids.map((id) => ({ type: "toolCall", id, name: "bash", arguments: { command: text(pick(9)) } }))));
        // Sometimes a crash left results out, sometimes another writer put something between.
        for (const id of ids) if (pick(8) > 0) append(toolResultMessage(id, text(pick(60))));
        if (pick(9) === 0)
          append({ role: "bashExecution", command: "x", output: text(5), exitCode: 0, cancelled: false, truncated: false, timestamp: 1 });
      }
      append(pick(6) === 0 ? assistantMessage("", { stopReason: "error" }) : assistantMessage(text(1 + pick(30))));
      if (pick(9) === 0) session.append({ type: "context_edit", targetId: session.leafId ?? "", replacement: null });
    }
    const keep = 1 + pick(120);
    const context = session.context();
    const plan = planCompaction(context, keep);
    if (plan === undefined) continue;
    plans++;
    const called = new Set(plan.kept.flatMap((message) => (message.role === "assistant" ? toolCallsOf(message).map(({ id }) => id) : [])));
    for (const message of plan.kept) if (message.role === "toolResult") expect(called).toContain(message.toolCallId);
    const keptTokens = plan.kept.reduce((sum, message) => sum + estimateTokens(message), 0);
    expect(keptTokens).toBeGreaterThan(0);
    const worth = (messages: readonly Message[]): Message[] => messages.filter((message) => estimateTokens(message) > 0);
    expect(worth([...plan.history, ...plan.turnPrefix, ...plan.kept])).toEqual(worth(context.messages));
    // What the file gives back after the compaction is the summary and exactly what was to be kept.
    session.append({ type: "compaction", summary: "S", firstKeptEntryId: plan.firstKeptEntryId, tokensBefore: 1 });
    expect(session.context().messages.slice(1)).toEqual(plan.kept);
  }
  expect(plans).toBeGreaterThan(1000);
});
