// Slash commands of the screen that are commands of the session: told, checked and run by the same record as RPC's.

import { expect, onTestFinished, test } from "vitest";
import { commands } from "../../../src/harness/commands/commands.ts";
import { offeredCommands, runSlash } from "../../../src/modes/interactive/commands/commands.ts";
import type { Surface } from "../../../src/modes/interactive/surface.ts";
import { makeRpcWorld, textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

interface Told {
  surface: Surface;
  told: string[];
}

async function surface(): Promise<Told> {
  const { sessions } = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("done") });
  onTestFinished(() => sessions.dispose());
  const told: string[] = [];
  const at = {
    sessions,
    hint: (text: string) => void told.push(`hint ${text}`),
    say: (text: string, level = "info", hint = "") => void told.push(`${level} ${text} (${hint})`),
    composer: { giveBack: (text: string) => void told.push(`back ${text}`) },
    wasTold: () => false,
  };
  return { surface: at as unknown as Surface, told };
}

test("name, line and argument are those of the command's record, and no name is there twice", () => {
  const offered = offeredCommands();
  expect(new Set(offered.map(({ name }) => name)).size).toBe(offered.length);
  const forms = commands.flatMap((one) => ("slash" in one && one.slash !== undefined ? [one.slash] : []));
  expect(forms.length).toBeGreaterThan(4);
  for (const { name, about, argument } of forms) {
    expect(offered.find((one) => one.name === name)).toMatchObject({ about, ...(argument && { argument }) });
  }
});

test("what is typed does what the record does, and says so", async () => {
  const { surface: at, told } = await surface();
  expect(await runSlash("name", " the plan ", at)).toBe(true);
  expect(at.sessions.coding.conversation.name).toBe("the plan");
  await runSlash("thinking", "HIGH", at);
  expect(at.sessions.coding.conversation.thinkingLevel).toBe("high");
  const before = at.sessions.coding.session.id;
  await runSlash("new", "", at);
  expect(at.sessions.coding.session.id).not.toBe(before);
  expect(told).toContain("hint New session");
  expect(await runSlash("nonsense", "", at)).toBe(false);
});

test("what a command does not take changes nothing and is told", async () => {
  const { surface: at } = await surface();
  await expect(runSlash("thinking", "deeply", at)).rejects.toThrow(/level.*deeply/);
  expect(at.sessions.coding.conversation.thinkingLevel).not.toBe("deeply");
});
