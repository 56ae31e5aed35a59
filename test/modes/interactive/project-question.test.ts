// A project that nobody has decided about, met on the screen: it is asked about once, and each answer does what it says, at once.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type InteractiveScreen, type InteractiveScreenOptions, openInteractive } from "../../support/interactive-screen.ts";
import { textReply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const question = "Is the project in";
const down = "\u001b[B";

async function inClone(more: InteractiveScreenOptions = {}, config = "tips = false\n"): Promise<InteractiveScreen> {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "project", ".git"), { recursive: true });
  mkdirSync(join(directory, "project", ".pi"));
  writeFileSync(join(directory, "project", ".pi", "config.toml"), config);
  return openInteractive({ directory, reply: textReply("An answer."), columns: 120, ...more });
}

const kept = ({ directory }: InteractiveScreen): unknown => {
  const file = join(directory, "agent", "trust.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
};
const project = ({ directory }: InteractiveScreen): string => join(directory, "project");
const countsNow = ({ sessions }: InteractiveScreen): boolean => sessions.launch.config.values.tips === false;

test.for([
  ["from now on", "", "is trusted", true, (screen: InteractiveScreen) => ({ [project(screen)]: true })],
  ["all above", down, "is trusted", true, (screen: InteractiveScreen) => ({ [screen.directory]: true })],
  ["this time", down.repeat(2), "is trusted", true, () => undefined],
  ["not", down.repeat(3), "is not trusted", false, (screen: InteractiveScreen) => ({ [project(screen)]: false })],
] as const)("%s", async ([, keys, told, counts, decisions]) => {
  const screen = await inClone();
  const shown = await screen.until((text) => text.includes(question));
  expect(shown).toContain("config.toml");
  expect(countsNow(screen)).toBe(false);
  screen.device.keys(`${keys}\r`);
  await screen.until((text) => text.includes(told));
  await screen.interaction.asked;
  expect(countsNow(screen)).toBe(counts);
  expect(kept(screen)).toEqual(decisions(screen));
  // It has been asked.
  screen.device.keys("/reload\r");
  await screen.until((text) => text.includes("are read anew"));
  expect(screen.drawn()).not.toContain(question);
  expect(countsNow(screen)).toBe(counts);
});

test.for([
  ["Escape", "\u001b"],
  ["Ctrl-C", "\u0003"],
  ["typing", "a word"],
  ["a paste", "\u001b[200~a word\u001b[201~"],
] as const)("%s decides nothing, and nothing of the project counts", async ([, keys]) => {
  const screen = await inClone();
  await screen.until((text) => text.includes(question));
  screen.device.keys(keys);
  await screen.until((text) => !text.includes(question));
  await screen.interaction.asked;
  expect(kept(screen)).toBeUndefined();
  expect(countsNow(screen)).toBe(false);
  if (keys.includes("word")) expect(screen.interaction.screen.editor.getText()).toBe("a word");
  screen.interaction.screen.editor.setText("");
  screen.device.keys("/trust\r");
  await screen.until((text) => text.includes("Nothing was decided"));
});

test("the project has its say in a conversation that has not begun, and none in one that has", async () => {
  const config = 'model = "scripted/demo"\n';
  for (const hasBegun of [false, true]) {
    const screen = await inClone({ options: { model: undefined as never } }, config);
    await screen.until((text) => text.includes(question));
    if (hasBegun) {
      screen.device.keys("\u0003");
      screen.device.keys("go\r");
      await screen.until((text) => text.includes("An answer.") && !text.includes("stops"));
      screen.device.keys("/trust\r");
      await screen.until((text) => text.includes("Nothing was decided"));
    }
    screen.device.keys("\r");
    await screen.until((text) => text.includes("is trusted"));
    if (!hasBegun) await screen.until((text) => text.includes("Model: scripted/demo"));
    expect(screen.sessions.models.inForce?.provider).toBe(hasBegun ? "fake" : "scripted");
    screen.leave();
  }
});

test("a decision while something runs is kept, and how it comes into force is told", async () => {
  const screen = await inClone();
  await screen.until((text) => text.includes(question));
  screen.device.keys("\u0003");
  screen.device.keys("!sleep 60\r");
  await screen.until((text) => text.includes("! sleep 60"));
  screen.device.keys("/trust\r");
  await screen.until((text) => text.includes("Nothing was decided"));
  screen.device.keys("\r");
  await screen.until((text) => text.includes("/reload brings it into force"));
  expect(kept(screen)).toEqual({ [project(screen)]: true });
  expect(countsNow(screen)).toBe(false);
});
