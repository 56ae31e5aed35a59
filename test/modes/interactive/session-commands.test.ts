// Slash commands of the screen that are commands of the session: told, checked and run by the same record as RPC's.

import { expect, onTestFinished, test } from "vitest";
import { commands } from "../../../src/harness/commands/commands.ts";
import { findCommand, slashCommands } from "../../../src/modes/interactive/commands/commands.ts";
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
    giveBack: (text: string) => void told.push(`back ${text}`),
    wasTold: () => false,
  };
  return { surface: at as unknown as Surface, told };
}

test("name, line and argument are those of the command's record, and no name is there twice", () => {
  const names = slashCommands.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const forms = commands.flatMap((one) => ("slash" in one && one.slash !== undefined ? [one.slash] : []));
  const shared = forms.filter(({ name }) => findCommand(name) !== undefined);
  expect(shared.length).toBeGreaterThan(4);
  for (const { name, about, argument } of shared) expect(findCommand(name)).toMatchObject({ about, ...(argument && { argument }) });
});

test("what is typed does what the record does, and says so", async () => {
  const { surface: at, told } = await surface();
  await findCommand("name")?.run(" the plan ", at);
  expect(at.sessions.coding.conversation.name).toBe("the plan");
  await findCommand("name")?.run("", at);
  await findCommand("thinking")?.run("HIGH", at);
  expect(at.sessions.coding.conversation.thinkingLevel).toBe("high");
  const before = at.sessions.coding.session.id;
  await findCommand("new")?.run("", at);
  expect(at.sessions.coding.session.id).not.toBe(before);
  expect(told).toEqual([
    "hint Session: the plan",
    'info The session is called "the plan" (/name NAME names it)',
    "hint Thinking: high",
    "hint New session",
  ]);
});

test("what a command does not take goes back into the editor, with what it takes", async () => {
  const { surface: at, told } = await surface();
  await findCommand("thinking")?.run("deeply", at);
  await findCommand("new")?.run("please", at);
  expect(told).toEqual([
    expect.stringMatching(/^warning \/thinking: level "deeply" is not one of off, minimal, .* \(Type \/thinking \[level\]\)$/),
    "back /thinking deeply",
    'warning /new takes no argument, and was given "please" (Type /new alone)',
    "back /new please",
  ]);
  expect(at.sessions.coding.conversation.thinkingLevel).not.toBe("deeply");
});
