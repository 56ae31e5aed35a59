// A long session that was never compacted: its end is on the screen before its messages are read, and whoever types need not wait for them, nor for its tree.

import { join } from "node:path";
import { expect, test } from "vitest";
import { type InteractiveScreen, openInteractive } from "../../support/interactive-screen.ts";
import { writeLargeSession } from "../../support/session-fixtures.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const entries = 12_000;

async function opened(): Promise<InteractiveScreen> {
  const path = join(temporaryDirectory(), "long.jsonl");
  writeLargeSession(path, { entries, activePath: "whole" });
  return openInteractive({ options: { session: { kind: "open", ref: path } } });
}

test("the end is shown before the messages are read, keys are taken meanwhile, and then the footer says how full the window is", async () => {
  const screen = await opened();
  const { conversation } = screen.sessions.coding;
  expect(screen.drawn()).toContain(`${entries} All work`);
  expect(conversation.isRead).toBe(false);
  screen.device.keys("typed at once");
  await screen.until((text) => text.includes("typed at once"));
  expect(await screen.until((text) => /\d%\//.test(text))).toContain("typed at once");
  expect(conversation.messages).toHaveLength(entries);
});

test("a prompt that comes before they are read finds them all", async () => {
  const screen = await opened();
  expect(screen.sessions.coding.conversation.isRead).toBe(false);
  screen.device.keys("a prompt\r");
  await screen.until((text) => text.includes("done"));
  const { messages } = screen.sessions.coding.conversation;
  expect(messages.filter(({ role }) => role === "user" || role === "assistant")).toHaveLength(entries + 2);
});

test("while the tree is read a word says so and the keys are the editor's; then it is there, and what was typed as well", async () => {
  const screen = await opened();
  const { session } = screen.sessions.coding;
  const { write } = screen.device;
  const wasRead: boolean[] = [];
  screen.device.write = (text) => {
    if (text.includes("Reading the tree")) wasRead.push(session.isIndexed);
    write(text);
  };
  screen.device.keys("/tree\r");
  await screen.until((text) => text.includes("Reading the tree"));
  // The word first: what the file holds is not even counted then.
  expect(wasRead).toEqual([false]);
  screen.device.keys("meanwhile");
  expect(await screen.until((text) => text.includes("meanwhile"))).not.toContain("Tree\n");
  expect(await screen.until((text) => text.includes("Tree\n"))).toContain(`${entries} All work`);
  expect(screen.interaction.screen.editor.getText()).toBe("meanwhile");
});
