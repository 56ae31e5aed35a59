// Figures of the footer: what is stored is counted behind the first paint, and an answer that comes before that is counted once.

import { expect, test } from "vitest";
import { SessionFigures } from "../../../src/modes/interactive/status/figures.ts";
import { textEvents, usageOf } from "../../support/model-script.ts";
import { makeRpcWorld, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

type World = Awaited<ReturnType<typeof makeRpcWorld>>;

/** A question is asked, and all is over. */
async function answered(sessions: World["sessions"], ask: World["ask"]): Promise<void> {
  const settled = new Promise<void>((resolve) => {
    const stop = sessions.subscribe((event) => {
      if (event.type !== "agent_settled") return;
      stop();
      resolve();
    });
  });
  await ask("prompt", { message: "a question" });
  await settled;
}

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
    const answer = (): Promise<void> => answered(sessions, ask);
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

test("how much of the last answer's prompt was cached is told live as when the session is opened again", async () => {
  const cached = [0, 30, 90];
  const { sessions, ask } = await makeRpcWorld({
    directory: temporaryDirectory(),
    async *reply() {
      const cacheRead = cached.shift() ?? 0;
      yield* textEvents("An answer.");
      yield { type: "usage", usage: usageOf({ input: 100 - cacheRead, cacheRead, output: 5 }) };
      yield { type: "finish", stopReason: "stop" };
    },
  });
  const { conversation } = sessions.coding;
  const hit = async (): Promise<unknown> => {
    let told = (): void => {};
    const counted = new Promise<void>((resolve) => {
      told = resolve;
    });
    const anew = new SessionFigures(told);
    anew.begin(conversation);
    await counted;
    anew.stop();
    return anew.facts(conversation).cacheHit;
  };
  const live = new SessionFigures(() => {});
  live.begin(conversation);
  sessions.subscribe((event) => live.take(event));
  expect([live.facts(conversation).cacheHit, await hit()]).toEqual([undefined, undefined]);
  for (const percent of [0, 30, 90]) {
    await answered(sessions, ask);
    expect([live.facts(conversation).cacheHit, await hit()]).toEqual([percent, percent]);
  }
  live.stop();
  await sessions.dispose();
});
