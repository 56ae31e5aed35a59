// The mode without a screen as it starts: what extensions ask then is answered like all else.

import { join } from "node:path";
import { expect, test } from "vitest";
import type { ExtensionFactory } from "../../../src/contracts/extension.ts";
import { ExtensionLauncher } from "../../../src/harness/launch/extension-launcher.ts";
import { converseByLines } from "../../support/plain-lines.ts";
import { makeSessions, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("what an extension asks as the session starts is answered by the first line", async () => {
  const directory = temporaryDirectory();
  const answers: unknown[] = [];
  const asking: ExtensionFactory = (pi) => {
    pi.on("session_start", async (_event, { ui }) => void answers.push(await ui.confirm("Shall it?", "")));
  };
  const place = { hostModules: () => ({}) as never, agentDir: join(directory, "agent"), env: {}, now: () => 0, warn: () => {} };
  const deps = { extensions: new ExtensionLauncher({ ...place, inline: [asking] }) };
  const { sessions } = await makeSessions({ reply: textReply("done"), directory, deps });
  const said: string[] = [];
  let heard = (): void => {};
  const until = async (words: string): Promise<void> => {
    while (!said.join("").includes(words))
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
  };
  await converseByLines(sessions, {
    columns: 80,
    said: (text) => {
      said.push(text);
      heard();
    },
    lines: async function* () {
      await until("Shall it?");
      yield Buffer.from("yes\n");
      while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve));
    },
  });
  expect(answers).toEqual([true]);
});
