// Figures of the footer: what is stored is counted behind the first paint, and an answer that comes before that is counted once.

import { expect, test } from "vitest";
import type { AgentEvent } from "../../../src/contracts/agent-event.ts";
import { emptyUsage } from "../../../src/contracts/usage.ts";
import { SessionFigures } from "../../../src/modes/interactive/status/figures.ts";
import { makeRpcWorld, type Reply, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test.each([0, 1, 2, 3])(
  "of three answers %i are stored when the counting begins, the others come before it has had its turn",
  async (stored) => {
    const { sessions, ask } = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("An answer.") });
    const { conversation } = sessions.coding;
    let told = (): void => {};
    const counted = new Promise<void>((resolve) => {
      told = resolve;
    });
    const figures = new SessionFigures(told);
    const answer = async (): Promise<void> => {
      const settled = new Promise<void>((resolve) => {
        const stop = sessions.subscribe((event) => {
          if (event.type !== "agent_settled") return;
          stop();
          resolve();
        });
      });
      await ask("prompt", { message: "a question" });
      await settled;
    };
    for (let count = 0; count < stored; count++) await answer();
    figures.begin(conversation);
    sessions.subscribe((event) => figures.take(event));
    for (let count = stored; count < 3; count++) await answer();
    await counted;
    expect(figures.facts(conversation)).toMatchObject({ input: 30, output: 15 });
    figures.stop();
    await sessions.dispose();
  },
);

/** Of each answer and summary another: a question has so many tokens cached, and so many not. */
function cachingReply(): Reply {
  let calls = 0;
  return async function* () {
    calls++;
    yield { type: "text_start", contentIndex: 0 };
    yield { type: "text_delta", contentIndex: 0, delta: "words ".repeat(200) };
    yield { type: "text_end", contentIndex: 0 };
    yield { type: "usage", usage: { ...emptyUsage(), input: 100 * calls, cacheRead: 300, output: 5, totalTokens: 100 * calls + 305 } };
    yield { type: "finish", stopReason: "stop" };
  };
}

test("what a session has used is the same live and when it is opened again: answers, a compaction, the cache of the last answer", async () => {
  const { sessions, ask, next } = await makeRpcWorld({
    directory: temporaryDirectory(),
    reply: cachingReply(),
    settings: { compaction: { keep_recent_tokens: 100 } },
  });
  const { conversation } = sessions.coding;
  const live = new SessionFigures(() => {});
  live.begin(conversation);
  sessions.subscribe((event) => live.take(event));
  for (let count = 0; count < 3; count++) {
    const settled = next((record) => record.type === "agent_settled");
    await ask("prompt", { message: "a question" });
    await settled;
  }
  const reopened = async () => {
    let figures: SessionFigures | undefined;
    await new Promise<void>((resolve) => {
      figures = new SessionFigures(resolve);
      figures.begin(conversation);
    });
    const facts = figures?.facts(conversation);
    figures?.stop();
    return facts;
  };
  const before = live.facts(conversation);
  expect(before).toMatchObject({ input: 600, cacheRead: 900, cacheHit: 50 });
  expect(await reopened()).toEqual(before);
  expect(await ask("compact")).toMatchObject({ success: true });
  const after = live.facts(conversation);
  expect(after.input).toBeGreaterThan(before.input);
  expect(await reopened()).toEqual(after);
  live.stop();
  await sessions.dispose();
});

test("an answer of which nothing was told leaves the cache's share as it was", () => {
  const figures = new SessionFigures(() => {});
  const answered = (usage: object): void =>
    figures.take({ type: "message_end", message: { role: "assistant", usage: { ...emptyUsage(), ...usage } } } as unknown as AgentEvent);
  answered({ input: 100, cacheRead: 300 });
  answered({});
  expect(figures.facts({ isRead: false } as never)).toMatchObject({ cacheHit: 75 });
});

test("what a tool has used of a model counts when its result is there", () => {
  const figures = new SessionFigures(() => {});
  figures.take({
    type: "message_end",
    message: { role: "toolResult", usage: { ...emptyUsage(), input: 7, output: 3 } },
  } as unknown as AgentEvent);
  expect(figures.facts({ isRead: false } as never)).toMatchObject({ input: 7, output: 3, cacheHit: undefined });
  // An extension's tool may tell a part of it.
  figures.take({ type: "message_end", message: { role: "toolResult", usage: { input: 1 } } } as unknown as AgentEvent);
  expect(figures.facts({ isRead: false } as never)).toMatchObject({ input: 8, output: 3, cost: 0 });
});
