// Pictures on the screen: in the terminal's protocol where it has one, else a line; each sent once, with room of its own; and paths of pictures that are pasted.

import { writeFileSync } from "node:fs";
import { resetCapabilitiesCache, setCapabilities } from "@earendil-works/pi-tui";
import { afterEach, expect, test, vi } from "vitest";
import { plainText } from "../../../src/contracts/text/plain.ts";
import type { Block } from "../../../src/modes/interactive/blocks/block.ts";
import { BlockView } from "../../../src/modes/interactive/blocks/block-view.ts";
import type { Look } from "../../../src/modes/interactive/blocks/look.ts";
import { picturePaths, readPictures } from "../../../src/modes/interactive/editor/dropped-pictures.ts";
import { TerminalPictures } from "../../../src/modes/interactive/pictures.ts";
import { KeptLines } from "../../../src/tui/kept-lines.ts";
import { MainScreen } from "../../../src/tui/main-screen.ts";
import { ScreenTerminal } from "../../../src/tui/screen-terminal.ts";
import { plainSystem } from "../../../src/tui/theme/built-in.ts";
import { Theme } from "../../../src/tui/theme/theme.ts";
import { openInteractive } from "../../support/interactive-screen.ts";
import { Gate, textReply } from "../../support/rpc-world.ts";
import { screenDevice } from "../../support/screen-device.ts";
import { asJpeg, solidPicture } from "../../support/solid-picture.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

afterEach(() => resetCapabilitiesCache());

function lookWith(isWanted = true, ready: () => void = () => {}): Look {
  return {
    theme: new Theme(plainSystem, "none"),
    toolViews: new Map(),
    isExpanded: false,
    hidesThinking: false,
    hiddenThinking: () => undefined,
    keyOf: () => "",
    now: () => 0,
    pictures: new TerminalPictures(ready).look({ isWanted, maxColumns: 20, rows: () => 24 }),
    transform: (markdown) => markdown,
    highlight: () => undefined,
  };
}

const picture = (data: string, mimeType = "image/png"): Block => ({
  kind: "prompt",
  isLive: false,
  text: "see",
  images: [{ data, mimeType }],
});
const capable = (images: "kitty" | "iterm2" | null): void => setCapabilities({ images, trueColor: true, hyperlinks: false });
const red = solidPicture(64, [255, 0, 0]);

test("without a protocol, or where nobody wants them, a line says what stands there", () => {
  capable(null);
  expect(new BlockView(picture(red), lookWith).lines(40).map(plainText)).toEqual(["", "❯ see", "[png image 64×64]"]);
  capable("kitty");
  expect(new BlockView(picture(red), () => lookWith(false)).lines(40).at(-1)).toBe("[png image 64×64]");
  expect(new BlockView(picture("bm8gcGljdHVyZQ=="), () => lookWith()).lines(40).at(-1)).toBe("[png image]");
});

test("kitty gets it once while the conversation goes on, with room below it; a switch to another session takes it off", () => {
  capable("kitty");
  const device = screenDevice(40, 24);
  const kept = new KeptLines();
  const screen = new MainScreen(new ScreenTerminal(device, { escapeMs: 10 }), {
    tail: kept,
    reflows: true,
    noRoom: "",
    failed: (error) => {
      throw error;
    },
  });
  screen.addChild({ render: () => ["-- editor --"], invalidate: () => {} });
  screen.start();
  const look = lookWith();
  const view = new BlockView(picture(red), () => look);
  kept.add(view);
  screen.renderNow();
  const lines = view.lines(40);
  const rows = lines.length - 2;
  expect(rows).toBeGreaterThan(2);
  expect(lines[2]).toMatch(new RegExp(`^\\u001b_G[^;]*r=${rows}\\b`));
  for (let at = 0; at < 60; at++) {
    kept.add(new BlockView({ kind: "notice", isLive: false, level: "info", text: `line ${at}`, hint: "" }, () => look));
    screen.renderNow();
  }
  const output = device.writes.join("");
  expect(output.split("\u001b_Ga=T").length - 1).toBe(1);
  expect(output).toContain(`${"\r\n".repeat(rows - 1)}\u001b[${rows - 1}A\u001b_G`);
  const text = device.all();
  expect(text.slice(text.indexOf("❯ see"))[rows + 2]).toBe("· line 0");
  kept.clear();
  const other = new BlockView(picture(red), () => look);
  kept.add(other);
  screen.renderNow();
  kept.clear();
  screen.renderNow();
  expect(device.writes.at(-1)).toMatch(/\u001b_Ga=d,d=I,i=\d+,q=2\u001b\\/);
});

test("what is no PNG is made one for kitty, while a line stands there; iTerm2 takes it as it is", async () => {
  capable("kitty");
  let look = lookWith();
  const ready = new Promise<void>((resolve) => {
    look = lookWith(true, resolve);
  });
  const jpeg = await asJpeg(red);
  const view = new BlockView(picture(jpeg, "image/jpeg"), () => look);
  expect(view.lines(40).at(-1)).toBe("[jpeg image 64×64]");
  await ready;
  view.invalidate();
  expect(view.lines(40)[2]).toMatch(/^\u001b_G/);
  capable("iterm2");
  const other = lookWith();
  expect(new BlockView(picture(jpeg, "image/jpeg"), () => other).lines(40).at(-1)).toContain("\u001b]1337;File=");
});

test("only the bytes of a picture reach the terminal, whatever stands in their place", () => {
  capable("iterm2");
  const hostile = `${red}\u0007\u001b]0;owned\u0007`;
  const look = lookWith();
  const lines = new BlockView(picture(hostile), () => look).lines(40).join("\n");
  expect(lines).not.toContain("owned");
  const named = new BlockView(picture(red, "image/png\u001b]0;owned\u0007"), () => lookWith(false)).lines(40).join("\n");
  expect(named).toContain("[unknown image");
});

test("pasted paths of pictures: quoted, escaped, as addresses; anything else is text", async () => {
  const paste = (text: string): string[] => picturePaths(`\u001b[200~${text}\u001b[201~`, "/project", "/home/u");
  expect(paste("/a/b.png")).toEqual(["/a/b.png"]);
  expect(paste("'/a/b c.PNG' ")).toEqual(["/a/b c.PNG"]);
  expect(paste("/a/b\\ c.jpg /d.webp\n")).toEqual(["/a/b c.jpg", "/d.webp"]);
  expect(paste("/a/b c.png")).toEqual(["/a/b c.png"]);
  expect(paste("file:///a/b%20c.gif")).toEqual(["/a/b c.gif"]);
  expect(paste("~/x.jpeg ./y.bmp")).toEqual(["/home/u/x.jpeg", "/project/y.bmp"]);
  for (const text of ["see /a/b.png", "b.png", "/a/b.txt", "", "line\n/a.png", "https://x/y.png"]) expect(paste(text), text).toEqual([]);
  const directory = temporaryDirectory();
  const path = `${directory}/a.png`;
  writeFileSync(path, Buffer.from(red, "base64"));
  expect(await readPictures([path], true)).toEqual([{ type: "image", data: red, mimeType: "image/png" }]);
  writeFileSync(`${directory}/b.png`, "no picture");
  expect(await readPictures([path, `${directory}/b.png`], true)).toBeUndefined();
  expect(await readPictures([`${directory}/none.png`], true)).toBeUndefined();
});

test("a pasted path of a picture is a marker, one of none is the text that it is, and typing goes on", async () => {
  const screen = await openInteractive();
  const path = `${screen.directory}/a.png`;
  writeFileSync(path, Buffer.from(red, "base64"));
  writeFileSync(`${screen.directory}/b.png`, "no picture");
  screen.device.keys(`\u001b[200~${path}\u001b[201~`);
  await screen.until((text) => text.includes("[image #1]"));
  for (const name of ["b.png", "none.png"]) {
    screen.device.keys(`\u001b[200~${screen.directory}/${name}\u001b[201~`);
    await screen.until(() => screen.interaction.screen.editor.getText().endsWith(name), name);
  }
  screen.device.keys("x");
  expect(screen.interaction.screen.editor.getText()).toMatch(/^\[image #1\] \S+\/b\.png \S+\/none\.pngx$/);
  expect(screen.interaction.composer.takeAttachments("[image #1]")).toEqual([{ type: "image", data: red, mimeType: "image/png" }]);
});

test("a picture goes with its text whenever that is sent: refused before, queued and taken back, or once more", async () => {
  const sent: number[] = [];
  let gate: Gate | undefined;
  const answer = textReply("An answer.");
  const screen = await openInteractive({
    reply: (call) => {
      const last = call.request.messages.findLast(({ role }) => role === "user");
      const blocks = typeof last?.content === "string" ? [] : (last?.content ?? []);
      sent.push(blocks.filter(({ type }) => type === "image").length);
      return gate === undefined ? answer(call) : gate.reply("Late.")(call);
    },
  });
  const path = `${screen.directory}/a.png`;
  writeFileSync(path, Buffer.from(red, "base64"));
  screen.device.keys(`\u001b[200~${path}\u001b[201~`);
  await screen.until((text) => text.includes("[image #1]"));
  const receive = vi.spyOn(screen.sessions.intake, "receive").mockRejectedValueOnce(new Error("refused this once"));
  screen.device.keys("look\r");
  await screen.until((text) => text.includes("refused this once") && /─\n\[image #1\] look/.test(text));
  receive.mockRestore();
  screen.device.keys("\r");
  await screen.until((text) => text.includes("An answer.") && !text.includes("stops"));
  gate = new Gate();
  screen.device.keys("first\r");
  await gate.arrival();
  screen.device.keys("\u001b[A\u001b[A\r");
  await screen.until((text) => text.includes("next: [image #1] look"));
  screen.device.keys("\u001b[1;3A");
  await screen.until((text) => /─\n\[image #1\] look/.test(text));
  gate.open();
  await screen.until((text) => text.includes("Late.") && !text.includes("stops"));
  gate = undefined;
  screen.device.keys("\r");
  await screen.until((text) => !text.includes("stops") && sent.length === 3);
  expect(sent).toEqual([1, 0, 1]);
});

/** A screen over a model that notes the prompts it is sent, with the pictures in each. */
async function screenWithPrompts(env: Record<string, string> = {}) {
  const prompts: string[] = [];
  const screen = await openInteractive({
    env,
    reply: (call) => {
      const { content = "" } = call.request.messages.findLast(({ role }) => role === "user") ?? {};
      const blocks = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
      prompts.push(blocks.map((block) => (block.type === "text" ? block.text : `<${block.type}>`)).join(""));
      return textReply(`Answer ${prompts.length}.`)(call);
    },
  });
  return { screen, prompts, editor: screen.interaction.screen.editor };
}

test.each([
  ["a picture, sent at once", ["a.png"], "", "\r", "", "[image #1]<image>"],
  [
    "with words behind it, and typing goes on",
    ["a.png"],
    "what is it",
    "\rnext",
    "next",
    /^(?:\[image #1\] what is it|what is it\[image #1\])<image>$/,
  ],
  ["to be sent at the end of a run", ["a.png"], "", "\u001b[13;3u", "", "[image #1]<image>"],
  ["two, one behind the other", ["a.png", "a.png"], "", "\r", "", "[image #1] [image #2]<image><image>"],
  ["what is none after all", ["b.png"], "", "\r", "", /^\S+\/b\.png$/],
])("a text goes with what was put into it: %s", async (_, names, words, end, left, prompt) => {
  const { screen, prompts, editor } = await screenWithPrompts();
  writeFileSync(`${screen.directory}/a.png`, Buffer.from(red, "base64"));
  writeFileSync(`${screen.directory}/b.png`, "no picture");
  for (const name of names) screen.device.keys(`\u001b[200~${screen.directory}/${name}\u001b[201~`);
  screen.device.keys(words);
  screen.device.keys(end);
  await screen.until((text) => text.includes("Answer 1.") && !text.includes("stops"));
  expect(prompts).toEqual([typeof prompt === "string" ? prompt : expect.stringMatching(prompt)]);
  expect(editor.getText()).toBe(left);
});

test("what waits to be sent is not sent once its text is cleared, and no key behind it is lost", async () => {
  const { screen, prompts, editor } = await screenWithPrompts();
  writeFileSync(`${screen.directory}/b.png`, "no picture");
  screen.device.keys(`see \u001b[200~${screen.directory}/b.png\u001b[201~`);
  screen.device.keys("\rand");
  screen.device.keys("\u0003");
  screen.device.keys("x");
  await screen.until(() => editor.getText().includes("b.png"), "the path");
  expect(editor.getText()).toBe(`x ${screen.directory}/b.png`);
  expect(screen.interaction.composer.history()).toEqual(["see and"]);
  expect(prompts).toEqual([]);
});

test.each([
  ["a picture", `image/png) printf %s ${red} | base64 -d;;`, "see [image #1]<image>"],
  ["text", "text) printf %s 'a word';;", "see a word"],
])("what the clipboard holds goes with the text that is sent right behind it: %s", async (_, kind, prompt) => {
  const bin = temporaryDirectory();
  writeFileSync(`${bin}/wl-paste`, `#!/bin/sh\nfor last; do :; done\ncase $last in ${kind} *) exit 1;; esac\n`, { mode: 0o755 });
  const { screen, prompts } = await screenWithPrompts({ PATH: `${bin}:/usr/bin:/bin` });
  screen.device.keys("see ");
  screen.device.keys("\u0016");
  screen.device.keys("\r");
  await screen.until((text) => text.includes("Answer 1."));
  expect(prompts).toEqual([prompt]);
});
