// An extension's own editor in the place of ours: what is typed, pasted, dragged, completed, sent before, begun and edited elsewhere is in it as it was in
// ours; the handles of the npm agent's class work in it, and one that has none of them can be left all the same.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EditorComponent } from "@earendil-works/pi-tui";
import { expect, test } from "vitest";
import type { ExtensionFactory } from "../../../src/contracts/extension.ts";
import { CustomEditor } from "../../../src/pi-coding-agent.ts";
import { type InteractiveScreen, openInteractive } from "../../support/interactive-screen.ts";

type Make = (...given: ConstructorParameters<typeof CustomEditor>) => EditorComponent;

/** One that says which it is, below itself. */
class Marked extends CustomEditor {
  override render(width: number): string[] {
    return [...super.render(width), "MARKED"];
  }
}

const withEditor =
  (make: Make = (...given) => new Marked(...given)): ExtensionFactory =>
  (pi) => {
    pi.on("session_start", (_event, ctx) => ctx.ui.setEditorComponent(make));
  };

async function opened(given: Parameters<typeof openInteractive>[0] = {}): Promise<InteractiveScreen> {
  const screen = await openInteractive({ extension: withEditor(), ...given });
  await screen.until((text) => text.includes("MARKED"));
  return screen;
}

const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const paste = (text: string): string => `\u001b[200~${text}\u001b[201~`;

test("a long paste is one mark, and is sent in full", async () => {
  const screen = await opened();
  const text = Array.from({ length: 30 }, (_, index) => `line ${index}`).join("\n");
  screen.device.keys(paste(text));
  await screen.until((shown) => shown.includes("[paste #1 +30 lines]"));
  screen.device.keys("\r");
  await screen.until((shown) => shown.includes("done"));
  expect(JSON.stringify(screen.sessions.coding.conversation.messages)).toContain(JSON.stringify(text).slice(1, -1));
});

test("a picture that is pasted or dragged in by its path goes with the text", async () => {
  const screen = await opened();
  const file = join(screen.directory, "picture.png");
  writeFileSync(file, png);
  screen.device.keys(paste(file));
  await screen.until((shown) => /\[.*1.*\]/.test(shown) && !shown.includes("picture.png"));
  screen.device.keys("what is it?\r");
  await screen.until((shown) => shown.includes("done"));
  expect(JSON.stringify(screen.sessions.coding.conversation.messages)).toContain('"type":"image"');
});

test("commands are completed", async () => {
  const screen = await opened();
  screen.device.keys("/hotk");
  await screen.until((shown) => shown.includes("Show the keys"));
  screen.device.keys("\t");
  await screen.until((shown) => /─\n\/hotkeys/.test(shown) && !shown.includes("Show the keys"));
});

test("what was sent before comes back with Up, from other sessions too", async () => {
  const directory = (await openInteractive()).directory;
  const before = await openInteractive({ directory });
  before.device.keys("said before\r");
  await before.until((shown) => shown.includes("done"));
  before.leave();
  const screen = await opened({ directory });
  screen.device.keys("\u001b[A");
  await screen.until((shown) => shown.includes("said before"));
  screen.device.keys("\u0015said now\r");
  await screen.until((shown) => shown.includes("done"));
  screen.device.keys("\u001b[A");
  await screen.until((shown) => /─\nsaid now/.test(shown));
  screen.device.keys("\u001b[A");
  await screen.until((shown) => /─\nsaid before/.test(shown));
});

test("Ctrl-G lends it to the user's own editor, and Ctrl-C clears it into the history", async () => {
  const screen = await openInteractive({ extension: withEditor() });
  await screen.until((text) => text.includes("MARKED"));
  const editor = join(screen.directory, "editor.sh");
  writeFileSync(editor, '#!/bin/sh\nprintf " and more" >> "$1"\n', { mode: 0o755 });
  Object.assign(screen.interaction.env, { EDITOR: editor });
  screen.device.keys("begun");
  screen.device.keys("\u0007");
  await screen.until((shown) => shown.includes("begun and more"));
  screen.device.keys("\u0003");
  await screen.until((shown) => !shown.includes("begun and more"));
  screen.device.keys("\u001b[A");
  await screen.until((shown) => shown.includes("begun and more"));
});

test("what is being written goes from ours into it and back, and is what the draft is made of", async () => {
  let use: (make: Make | undefined) => void = () => {};
  const extension: ExtensionFactory = (pi) => {
    pi.on("session_start", (_event, ctx) => {
      use = (make) => ctx.ui.setEditorComponent(make);
    });
  };
  const screen = await openInteractive({ extension });
  screen.device.keys("half ");
  await screen.until((shown) => shown.includes("half"));
  use((...given) => new Marked(...given));
  await screen.until((shown) => /half\s*\n.*\nMARKED/.test(shown));
  screen.device.keys("a thought");
  await screen.until((shown) => shown.includes("half a thought"));
  expect(screen.interaction.composer.text).toBe("half a thought");
  use(undefined);
  await screen.until((shown) => shown.includes("half a thought") && !shown.includes("MARKED"));
});

test("the handles of the npm agent's class: what was set before stays, what is taken hold of is called in its place, the rest does what it did", async () => {
  const told: string[] = [];
  class Held extends Marked {
    constructor(...given: ConstructorParameters<typeof CustomEditor>) {
      super(...given);
      this.onEscape = () => void told.push("escape");
      this.onAction("app.thinking.cycle", () => void told.push("thinking"));
      this.onAction("app.tree.foldOrUp", () => void told.push("not one of ours"));
      this.onExtensionShortcut = (data) => data === "\u000e" && told.push("shortcut") > 0;
    }
  }
  let editor: Held | undefined;
  const screen = await opened({
    extension: withEditor((...given) => {
      editor = new Held(...given);
      return editor;
    }),
  });
  screen.device.keys("\u001b[Z");
  screen.device.keys("\u000e");
  screen.device.keys("\u001b[1;5D");
  expect(editor?.keybindings.matches("\u000e", "tui.select.cancel")).toBe(false);
  const toggled = editor?.actionHandlers.get("app.thinking.toggle");
  toggled?.();
  await screen.until((shown) => shown.includes("Thinking is"));
  const paste = editor?.onPasteImage;
  expect(typeof paste).toBe("function");
  if (editor !== undefined) editor.onPasteImage = () => void told.push("paste");
  screen.device.keys("\u0016");
  screen.device.keys("\u001b");
  await screen.until(() => told.includes("escape"));
  expect(told).toEqual(["thinking", "shortcut", "not one of ours", "paste", "escape"]);
});

test.each<[string, Make]>([
  [
    "draws",
    (...given) =>
      new (class extends Marked {
        override render(width: number): string[] {
          if (this.getText().includes("now")) throw new Error("it broke");
          return super.render(width);
        }
      })(...given),
  ],
  [
    "takes a key",
    (...given) =>
      new (class extends Marked {
        override handleInput(data: string): void {
          super.handleInput(data);
          if (this.getText().includes("now")) throw new Error("it broke");
        }
      })(...given),
  ],
  [
    "says its text",
    (...given) =>
      new (class extends Marked {
        override getText(): string {
          const text = super.getText();
          if (text.includes("now")) throw new Error("it broke");
          return text;
        }
      })(...given),
  ],
])("one that throws when it %s is told and gone, and ours has its place and its text", async (_what, make) => {
  const screen = await opened({ extension: withEditor(make) });
  screen.device.keys("now");
  await screen.until((shown) => shown.includes("it broke") && !shown.includes("MARKED"));
  screen.device.keys(" on");
  await screen.until((shown) => /─\n *now? on/.test(shown));
});

test("one that cannot be made, or take the text, leaves ours where it is", async () => {
  const screen = await openInteractive({
    extension: withEditor((...given) => {
      const editor = new Marked(...given);
      editor.setText = () => {
        throw new Error("no text for me");
      };
      return editor;
    }),
  });
  await screen.until((shown) => shown.includes("no text for me"));
  screen.device.keys("still typed");
  expect(await screen.until((shown) => /─\nstill typed/.test(shown))).not.toContain("MARKED");
});
