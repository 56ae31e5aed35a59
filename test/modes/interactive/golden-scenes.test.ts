// What is shown, as text and in colour: each kind of block cut and in full, what is queued, lists, dialogs, completions, what extensions put there; at three sizes on
// both screens, at each depth of colour in dark and light. And the plain mode. A scene that has changed on purpose is written anew with `vitest -u`.

import { Container, Text } from "@earendil-works/pi-tui";
import { beforeEach, expect, test } from "vitest";
import type { ExtensionFactory } from "../../../src/contracts/extension.ts";
import type { Block } from "../../../src/modes/interactive/blocks/block.ts";
import { createKeymap } from "../../../src/modes/interactive/keymap.ts";
import { type InteractiveScreen, type InteractiveScreenOptions, openInteractive } from "../../support/interactive-screen.ts";
import { converseByLines } from "../../support/plain-lines.ts";
import { Gate, makeSessions, textReply } from "../../support/rpc-world.ts";
import { solidPicture } from "../../support/solid-picture.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const said = (text: string): { kind: "text"; text: string }[] => [{ kind: "text", text }];
const numbered = (count: number): string => Array.from({ length: count }, (_, at) => `line ${at + 1}`).join("\n");

function call(
  name: string,
  args: Record<string, unknown>,
  text: string | undefined,
  more: Partial<Extract<Block, { kind: "tool" }>> = {},
): Block {
  const result = text === undefined ? undefined : { blocks: said(text), details: undefined, isError: false };
  return { kind: "tool", isLive: false, callId: name, name, args, result, startedMs: 0, durationMs: 0, ...more };
}

const failed = (text: string): { result: Extract<Block, { kind: "tool" }>["result"] } => ({
  result: { blocks: said(text), details: undefined, isError: true },
});

const markdown = [
  "## What is there",
  "",
  "Some **bold**, *italic*, ~~gone~~, `code` and [a link](https://page.example/a).",
  "",
  "1. first",
  "   - nested 漢字 and 👍🏽",
  "2. second",
  "",
  "> quoted",
  "",
  "```js",
  "let a = 1; // why",
  "```",
  "",
  "| name | value |",
  "|------|------:|",
  "| one  |     1 |",
].join("\n");

const blocks = (): Block[] => [
  {
    kind: "prompt",
    isLive: false,
    text: "A question of two lines,\nwith a picture",
    images: [{ data: solidPicture(4, [1, 2, 3]), mimeType: "image/png" }],
  },
  { kind: "thinking", isLive: false, text: "It may be **this**.", startedMs: 0, endedMs: 3200 },
  { kind: "text", isLive: false, text: markdown },
  call("bash", { command: "npm test" }, numbered(12), { durationMs: 4200 }),
  call("bash", { command: "exit 3" }, "wrong\n\nCommand exited with code 3", failed("wrong\n\nCommand exited with code 3")),
  call("read", { path: "src/main.ts", offset: 10 }, numbered(6)),
  call("read", { path: "nowhere.ts" }, undefined, failed("ENOENT: no such file")),
  call("grep", { pattern: "main", path: "src" }, "src/main.ts:1: main()"),
  call("find", { pattern: "*.ts" }, "a.ts\nb.ts"),
  call("ls", { path: "." }, "a.ts\nb.ts"),
  call("edit", { path: "src/main.ts", edits: [{ oldText: "const a = 1;", newText: "const a = 2;" }] }, "Edited", {
    result: { blocks: said("Edited"), details: { diff: " 9 before\n-10 const a = 1;\n+10 const a = 2;\n 11 after" }, isError: false },
  }),
  call("write", { path: "new.ts", content: numbered(3) }, "Wrote"),
  call("of_an_extension", { any: "thing" }, "what came of it"),
  { kind: "shell", isLive: false, command: "git status", output: "clean", exitCode: 0, isCancelled: false, isHidden: false },
  { kind: "shell", isLive: false, command: "make", output: numbered(8), exitCode: 2, isCancelled: false, isHidden: true },
  { kind: "summary", isLive: false, of: "compaction", text: "What was said before.\n\n- much", tokensBefore: 120_000, tokensAfter: 9_000 },
  { kind: "summary", isLive: false, of: "branch", text: "Tried and left.", tokensBefore: undefined, tokensAfter: undefined },
  { kind: "note", isLive: false, name: "status", blocks: said("All **good**."), message: {} },
  { kind: "notice", isLive: false, level: "info", text: "Model: fake/other", hint: "" },
  { kind: "notice", isLive: false, level: "warning", text: "Trying again (1/3) in 2 s: The service is overloaded", hint: "" },
  {
    kind: "notice",
    isLive: false,
    level: "error",
    text: "The key was refused",
    hint: "/login stores another one; see https://keys.example/where",
  },
  call("bash", { command: "sleep 9" }, "so far", { isLive: true }),
];

interface Scene {
  how?: InteractiveScreenOptions;
  /** Until it is so. */
  play(at: InteractiveScreen): Promise<unknown> | unknown;
}

async function answered(at: InteractiveScreen): Promise<void> {
  at.device.keys("a question\r");
  await at.until((screen) => screen.includes("The answer.") && !screen.includes("stops"), "the answer");
}

const shown: ExtensionFactory = (pi) => {
  pi.on("session_start", (_event, { ui }) => {
    ui.setWidget("above", ["above the editor", "\u001b[32mgreen\u001b[39m"]);
    ui.setWidget("below", ["below it"], { placement: "belowEditor" });
    ui.setStatus("one", "status one");
    ui.setStatus("two", "status two");
    ui.setHeader((() => new Text("A header of an extension", 0, 0)) as never);
  });
};

const footed: ExtensionFactory = (pi) => {
  pi.on("session_start", (_event, { ui }) => {
    ui.setFooter(
      ((_tui: unknown, theme: { fg(role: string, text: string): string }) =>
        new Text(theme.fg("dim", "a footer of its own"), 0, 0)) as never,
    );
  });
};

function clock(): () => number {
  let nowMs = 0;
  return () => {
    nowMs += 1000;
    return nowMs;
  };
}

const gates = new Map<string, Gate>();

const scenes: Record<string, Scene> = {
  blocks: {
    play: (at) => {
      for (const block of blocks()) at.interaction.screen.add(block);
    },
  },
  "blocks-in-full": {
    play: (at) => {
      for (const block of blocks()) at.interaction.screen.add(block);
      at.device.keys("\u000f");
    },
  },
  "thinking-hidden": { how: { settings: { hide_thinking: true } }, play: (at) => at.interaction.screen.add(blocks()[1] as Block) },
  queue: {
    play: async (at) => {
      const gate = gates.get(at.directory) as Gate;
      const arrived = gate.arrival();
      at.device.keys("go\r");
      await arrived;
      at.device.keys("steer it\r");
      await at.until((screen) => screen.includes("next: steer it"));
      at.device.keys("and then\u001b\r");
      await at.until((screen) => screen.includes("then: and then"));
      at.device.keys("a draft");
    },
  },
  models: {
    play: async (at) => {
      at.device.keys("/model\r");
      await at.until((screen) => /Model\n|No model can be called/.test(screen));
    },
  },
  sessions: {
    play: async (at) => {
      await answered(at);
      at.device.keys("/resume\r");
      await at.until((screen) => screen.includes("Sessions\n"));
    },
  },
  tree: {
    play: async (at) => {
      await answered(at);
      at.device.keys("/tree\r");
      await at.until((screen) => screen.includes("Tree\n"));
    },
  },
  settings: {
    play: async (at) => {
      at.device.keys("/settings\r");
      await at.until((screen) => screen.includes("Settings"));
      // Some of them, so that another setting is none of this scene's.
      at.device.keys('"fullscreen.');
    },
  },
  hotkeys: {
    play: async (at) => {
      at.device.keys("/hotkeys\r");
      await at.until((screen) => screen.includes("suspend") || screen.includes("│"));
    },
  },
  "completion-of-commands": {
    play: async (at) => {
      for (const key of "/co") {
        at.device.keys(key);
        at.drawn();
      }
      await at.until((screen) => /copy/.test(screen));
    },
  },
  "dialog-choice": {
    play: async (at) => {
      void at.interaction.dialogs.select("Which one?\nThere is more to it.", ["the first", "the second 漢字", "x".repeat(60)]);
      await at.until((screen) => screen.includes("the first"));
    },
  },
  "dialog-yes-or-no": {
    play: async (at) => {
      void at.interaction.dialogs.confirm("Delete it?", "It cannot be undone.");
      await at.until((screen) => screen.includes("Yes"));
    },
  },
  "dialog-line": {
    play: async (at) => {
      void at.interaction.dialogs.input("Name of the session", "before");
      await at.until((screen) => screen.includes("before"));
    },
  },
  "dialog-hidden-line": {
    play: async (at) => {
      void at.interaction.dialogs.input("Key (not shown)", "", { isHidden: true });
      await at.until((screen) => screen.includes("Key"));
      at.device.keys("secret");
    },
  },
  "dialog-text": {
    play: async (at) => {
      void at.interaction.dialogs.text("Instructions", "one\ntwo");
      await at.until((screen) => screen.includes("two"));
    },
  },
  "paste-and-draft": {
    play: (at) => at.device.keys(`before \u001b[200~${numbered(30)}\u001b[201~ after\nsecond line 漢字`),
  },
  extension: { how: { extension: shown }, play: answered },
  "extension-footer": { how: { extension: footed }, play: () => {} },
  overlay: {
    // It waits until nobody has typed for a moment: each look at the clock is one.
    how: { extension: shown, now: clock() },
    play: async (at) => {
      await answered(at);
      void at.interaction.ui.context.custom(
        ((_tui: unknown, theme: { bg(role: string, text: string): string }) => {
          const box = new Container();
          box.addChild(new Text("An overlay\nof an extension", 1, 1, (text) => theme.bg("selectedBg", text)));
          return box;
        }) as never,
        { overlay: true, overlayOptions: { width: 24, anchor: "center" } } as never,
      );
      await at.until((screen) => screen.includes("An overlay"));
    },
  },
};

const sizes = [
  [40, 10],
  [80, 24],
  [200, 50],
] as const;

/** What is other on each machine and at each time. */
function neutral(text: string, directory: string): string {
  return text
    .replaceAll(directory, "DIR")
    .replace(/DIR\/\S*/g, "<path>")
    .replace(/\b(?:now|\d+ ?(?:ms|s|min|m))(?= · \d+ messages)/g, "<age>");
}

async function opened(name: string, how: InteractiveScreenOptions): Promise<InteractiveScreen> {
  const directory = temporaryDirectory();
  const gate = new Gate();
  gates.set(directory, gate);
  const reply = name === "queue" ? gate.reply("The answer.") : textReply("The answer.");
  return openInteractive({ directory, reply, now: () => 0, env: { HOME: directory }, ...scenes[name]?.how, ...how });
}

beforeEach(() => void createKeymap("other"));

test.each(Object.keys(scenes))("%s", async (name) => {
  const parts: string[] = [];
  for (const [columns, rows] of sizes) {
    for (const kind of ["main", "alternate"] as const) {
      const at = await opened(name, { columns, rows, kind });
      await scenes[name]?.play(at);
      at.drawn();
      const lines = kind === "main" ? at.device.all() : at.device.screen();
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
      parts.push(`=== ${columns}x${rows} ${kind}\n${neutral(lines.map((line) => line.trimEnd()).join("\n"), at.directory)}\n`);
      at.leave();
    }
  }
  await expect(parts.join("\n")).toMatchFileSnapshot(`golden/${name}.txt`);
});

test.each(
  (["none", "16color", "256color", "truecolor"] as const).flatMap((depth) =>
    (["dark", "light"] as const).map((theme) => [depth, theme] as const),
  ),
)("in colour: %s, %s", async (depth, theme) => {
  const at = await opened("blocks", { columns: 80, rows: 24, depth, settings: { theme } });
  for (const block of blocks()) at.interaction.screen.add(block);
  // The highlighter comes when it is asked for.
  at.drawn();
  if (depth !== "none")
    await at.until(() => at.device.painted().some((line) => line.includes("let") && /\{[^}]+\}let/.test(line)), "colours of code");
  at.drawn();
  await expect(`${at.device.painted().join("\n")}\n`).toMatchFileSnapshot(`golden/colours-${depth}-${theme}.txt`);
});

test.each([40, 80, 200])("plain, %i columns", async (columns) => {
  const { sessions } = await makeSessions({
    directory: temporaryDirectory(),
    async *reply(...asked) {
      yield { type: "thinking_start", contentIndex: 1 };
      yield { type: "thinking_delta", contentIndex: 1, delta: "It may be **this**." };
      yield { type: "thinking_end", contentIndex: 1 };
      yield* textReply(markdown)(...asked);
    },
  });
  const written: string[] = [];
  let waiting: (() => void) | undefined;
  const until = (text: string): Promise<void> =>
    new Promise((resolve) => {
      waiting = () => {
        if (written.join("").includes(text)) resolve();
      };
      waiting();
    });
  const write = (text: string): undefined => {
    written.push(text);
    waiting?.();
  };
  async function* lines(): AsyncGenerator<Uint8Array> {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(`${text}\n`);
    yield bytes("a question");
    await until("ready");
    yield bytes("!echo one; exit 3");
    await until("\n  exit 3\n");
    yield bytes("/thinking");
    await until("Which one?");
    yield bytes("2");
    await until("Thinking: minimal");
    yield bytes("/quit");
  }
  await converseByLines(sessions, { columns, lines, said: write });
  const text = written.join("");
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  await expect(text).toMatchFileSnapshot(`golden/plain-${columns}.txt`);
});
