// The same file in the npm agent and here: sessions it wrote open here with the same context, ours open there. Runs only where that agent
// is installed. test/e2e/npm-agent does it with the built program.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Message } from "../../../src/contracts/message.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { assistantMessage, toolResultMessage, userMessage } from "../../support/messages.ts";
import { place, RpcProgram, whereInstalled } from "../../support/npm-agent.ts";

const bare = (messages: readonly unknown[]): unknown => JSON.parse(JSON.stringify(messages));

/** Everything both sides say of a session must agree. */
async function expectSame(peer: RpcProgram, path: string): Promise<Message[]> {
  const session = await Session.open(path, { readOnly: true });
  onTestFinished(() => session.close());
  const { messages } = await peer.command({ type: "get_messages" });
  const { entries, leafId } = await peer.command({ type: "get_entries" });
  const { tree } = await peer.command({ type: "get_tree" });
  const state = await peer.command({ type: "get_state" });
  const context = session.context();
  expect(bare(context.messages)).toEqual(messages);
  expect(bare(session.entries())).toEqual(entries);
  expect(session.leafId).toBe(leafId);
  expect(bare(session.tree())).toEqual(tree);
  expect(session.id).toBe(state.sessionId);
  expect(session.name).toBe(state.sessionName);
  expect(context.model).toEqual({ provider: state.model.provider, modelId: state.model.id });
  expect(context.thinkingLevel).toBe(state.thinkingLevel);
  return context.messages;
}

whereInstalled("a session the npm agent wrote: prompts, level, name, compaction, a model change, a fork", async () => {
  const where = await place();
  const peer = new RpcProgram(where, ["--model", "test/test-1"]);
  await peer.prompt("first");
  await peer.command({ type: "set_session_name", name: "a name" });
  await peer.prompt("second");
  await peer.command({ type: "compact" });
  await peer.command({ type: "set_model", provider: "test", modelId: "test-2" });
  await peer.command({ type: "set_thinking_level", level: "high" });
  await peer.prompt("third");
  const { sessionFile } = await peer.command({ type: "get_state" });
  const messages = await expectSame(peer, sessionFile);
  expect(messages.map(({ role }) => role)).toContain("compactionSummary");
  expect(messages[0]?.role).toBe("system");
  // One line of it, written again, is the same line.
  for (const line of readFileSync(sessionFile, "utf8").trimEnd().split("\n")) expect(JSON.stringify(JSON.parse(line))).toBe(line);

  const { messages: forkable } = await peer.command({ type: "get_fork_messages" });
  await peer.command({ type: "fork", entryId: forkable.at(-1).entryId });
  await peer.prompt("another third");
  const forked = await peer.command({ type: "get_state" });
  await expectSame(peer, forked.sessionFile);
  expect((await Session.open(forked.sessionFile, { readOnly: true })).header.parentSession).toBe(sessionFile);
  await peer.close();
});

whereInstalled("a session of ours: branches, edits, summaries, compaction, labels; and the npm agent goes on in it", async () => {
  const where = await place();
  const session = Session.create({ cwd: where.project, directory: join(where.home, "ours") });
  onTestFinished(() => session.close());
  const usage = { ...assistantMessage("").usage, input: 5, totalTokens: 5 };
  const say = (text: string) => session.append({ type: "message", message: userMessage(text) });
  const answer = (text: string) => session.append({ type: "message", message: assistantMessage(text, { usage, thinkingLevel: "low" }) });
  session.appendAll([
    { type: "model_change", provider: "test", modelId: "test-1" },
    { type: "thinking_level_change", thinkingLevel: "low" },
    { type: "message", message: { role: "system", content: "", sections: { preamble: "you are" }, toolsAdded: [], timestamp: 1 } },
  ]);
  const first = say("first");
  answer("left behind");
  const away = session.leafId;
  session.navigate(first.id);
  session.append({ type: "branch_summary", fromId: away, summary: "what was tried", details: { readFiles: [], modifiedFiles: [] } });
  const second = say("second \u2028 \ud83d\ude00");
  const edited = answer("too long");
  session.append({ type: "context_edit", targetId: edited.id, replacement: { content: "short" } });
  session.append({ type: "custom_message", customType: "note", content: "seen by the model", display: true, details: { n: 1 } });
  session.append({ type: "label", targetId: second.id, label: "here" });
  session.append({ type: "custom", customType: "state", data: { kept: true } });
  const systemMessage = { role: "system" as const, content: "", sections: { preamble: "you are" }, toolsAdded: [], timestamp: 2 };
  session.append({ type: "compaction", summary: "so far", firstKeptEntryId: second.id, tokensBefore: 50, systemMessage });
  session.append({ type: "session_info", name: "ours" });
  say("third");
  session.append({
    type: "message",
    message: assistantMessage([{ type: "toolCall", id: "call_1", name: "bash", arguments: { command: "ls" } }], {
      usage,
      stopReason: "toolUse",
      thinkingLevel: "low",
    }),
  });
  session.append({ type: "message", message: { ...toolResultMessage("call_1", "out"), details: {} } });
  const omitted = answer("not for the model");
  session.append({ type: "context_edit", targetId: omitted.id, replacement: null });
  session.close();
  const path = session.filePath ?? "";

  const peer = new RpcProgram(where, ["--session", path]);
  const messages = await expectSame(peer, path);
  expect(messages.map(({ role }) => role)).toEqual([
    "system",
    "compactionSummary",
    "user",
    "assistant",
    "custom",
    "user",
    "assistant",
    "toolResult",
  ]);
  await peer.prompt("fourth");
  await expectSame(peer, path);
  await peer.close();

  const again = await Session.open(path, { onBusy: "wait" });
  onTestFinished(() => again.close());
  again.append({ type: "message", message: userMessage("fifth, here again") });
  const third = new RpcProgram(where, ["--session", path]);
  await expectSame(third, path);
  await third.close();
});
