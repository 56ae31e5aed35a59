// Figures of the footer: what is stored is counted behind the first paint, and an answer that comes before that is counted once.

import { expect, test } from "vitest";
import type { AgentEvent } from "../../../src/contracts/agent-event.ts";
import { SessionFigures } from "../../../src/modes/interactive/status/figures.ts";
import { makeRpcWorld, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test.each([0, 1, 2])("of three answers %i come before what is stored is counted", async (early) => {
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
  const held: AgentEvent[] = [];
  const hold = sessions.subscribe((event) => void held.push(event));
  for (let count = 0; count < early; count++) await answer();
  hold();
  // What was stored meanwhile is told before the count has had its turn.
  figures.begin(conversation);
  for (const event of held) figures.take(event);
  await counted;
  sessions.subscribe((event) => figures.take(event));
  for (let count = early; count < 3; count++) await answer();
  expect(figures.facts(conversation)).toMatchObject({ input: 30, output: 15 });
  figures.stop();
  await sessions.dispose();
});
