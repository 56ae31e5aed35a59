// Whatever bytes come from the terminal: nothing ends, nothing is lost that was typed behind them, and a paste of megabytes is one text.

import { expect, test } from "vitest";
import { openInteractive } from "../../support/interactive-screen.ts";
import { seededRandom } from "../../support/random.ts";

const editor = "true";

test.for([1, 2, 3, 4, 5, 6])("random bytes, seed %i", async (seed) => {
  const random = seededRandom(seed);
  const screen = await openInteractive({ settings: { external_editor: editor }, columns: 60, rows: 16 });
  const pieces = ["\u001b[", "\u001b[200~", "\u001b]0;", "\u001bP", "\u001b_G", "\u001b[<", "\u001b[27;", "\u001bO", "\r", "\t", "\u001b"];
  for (let count = 0; count < 800; count++) {
    const length = 1 + random.below(12);
    const bytes = Uint8Array.from({ length }, () => random.below(256));
    // No command of the user's own is run, and no other program opened by it.
    const text = new TextDecoder().decode(bytes).replaceAll("!", "?");
    screen.device.keys(random.chance(0.3) ? random.pick(pieces) + text : text);
    if (count % 40 === 0) screen.drawn();
  }
  // Whatever is open or under way: a paste's end, strings' end, then out of it all.
  screen.device.keys("\u001b[201~\u001b\\");
  screen.interaction.dialogs.cancelAll();
  for (let count = 0; count < 12 && screen.interaction.screen.isSomethingOpen; count++) screen.device.keys("\u0003");
  screen.interaction.screen.editor.setText("");
  screen.device.keys("\u001b[200~still here\u001b[201~");
  await screen.until((text) => text.includes("still here"));
  expect(screen.device.writes.join("")).not.toContain("\u001b[3J");
});

test("five megabytes pasted, with markers and without: the text is whole, and the next key is shown at once", async () => {
  const text = Array.from({ length: 66_000 }, (_, at) => `line ${at} ${"of a very long paste ".repeat(3)}`).join("\n");
  expect(text.length).toBeGreaterThan(4_500_000);
  for (const isMarked of [true, false]) {
    const screen = await openInteractive();
    const sent = isMarked ? `\u001b[200~${text}\u001b[201~` : text;
    for (let at = 0; at < sent.length; at += 4096) screen.device.keys(sent.slice(at, at + 4096));
    await screen.until((shown) => /\[paste #1 \+66000 lines\]/.test(shown), "the paste's marker");
    expect(screen.interaction.screen.editor.getExpandedText() === text).toBe(true);
    screen.device.keys("z");
    const before = process.cpuUsage();
    await screen.until((shown) => shown.includes("lines]z"));
    const { user } = process.cpuUsage(before);
    expect(user / 1000).toBeLessThan(1000);
    screen.interaction.screen.editor.setText("");
    screen.leave();
  }
});

test("what is pasted for the user is text, also where the end of a paste and keys stand in it", async () => {
  const screen = await openInteractive();
  const { editor } = screen.interaction.screen;
  for (const ending of ["\u001b[201~\r", "\u001b[20\u001b[201~1~\r", "\u001b[201~\u0004"]) {
    editor.setText("");
    screen.interaction.ui.context.pasteToEditor(`one${ending}`);
    screen.device.keys("z");
    expect(editor.getText()).toMatch(/^one[^z]*z$/);
  }
  expect(screen.interaction.hasLeft).toBe(false);
  expect(screen.sessions.coding.isStreaming).toBe(false);
  expect(screen.sessions.coding.conversation.messages.filter(({ role }) => role === "user")).toEqual([]);
});
