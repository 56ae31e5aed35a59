// Odd and wide text in each kind of block, at narrow and usual widths: no row is wider than the screen, nothing in one moves the cursor, and in how many
// pieces a text came makes no difference; what has been handed to the terminal does not change any more.

import { visibleWidth } from "@earendil-works/pi-tui";
import { describe, expect, test } from "vitest";
import { plainText } from "../../../src/contracts/text/plain.ts";
import type { Block } from "../../../src/modes/interactive/blocks/block.ts";
import { BlockView } from "../../../src/modes/interactive/blocks/block-view.ts";
import type { Look } from "../../../src/modes/interactive/blocks/look.ts";
import { renderedNote } from "../../../src/modes/interactive/extension-ui/renderers.ts";
import { footerLines } from "../../../src/modes/interactive/status/footer.ts";
import { builtinToolViews } from "../../../src/tools/registry.ts";
import { fittedLine } from "../../../src/tui/fence.ts";
import { darkTheme } from "../../../src/tui/theme/built-in.ts";
import { Theme } from "../../../src/tui/theme/theme.ts";

const texts: Record<string, string> = {
  emoji: "family 👨‍👩‍👧‍👦 flags 🇩🇪🇫🇷 skin 👍🏽 keycap 1️⃣ heart ❤️ zwj 🏳️‍🌈 end",
  combining: "e\u0301a\u0308o\u0302 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘! end",
  rtl: "hebrew שלום עולם and arabic مرحبا بالعالم mixed 123 end",
  rtlmarks: "a\u202eevil\u202c b\u2066x\u2069 c",
  tabs: "a\tb\t\tc\n\tindented",
  cjk: "漢字仮名交じり文の長い行がここにあります。".repeat(4),
  zero: "zero\u200bwidth\u200bspace\ufeffbom\u00adshy\u2060wj end",
  long: "x".repeat(300),
  table:
    "| name | a much longer heading than fits | 漢字 | 👨‍👩‍👧 |\n|---|:-:|--:|---|\n| 1 | some quite long content that needs wrapping over and over | 中 | ok |\n| `code` | **bold** [link](https://example.com/a/very/long/path/that/goes/on) | x | y |",
  lists:
    "- a\n  - b\n    - c\n      1. d\n         - e with quite a long text that needs to wrap on narrow screens\n- [ ] todo\n- [x] done",
  fence: ["text", "", "```ts", "const x = `1`;", `\tindented("${"y".repeat(100)}");`].join("\n"),
  fence4: "````md\n```\ninner\n```\n````\nafter",
  quote: "> quoted\n> > nested long long long long long long long long long long long\n\nend",
  ansi: "\x1b[31mred\x1b[0m \x1b[2J\x1b]0;t\x07 \x1b]8;;https://x\x07link\x1b]8;;\x07 \x9b31m",
  html: "<details><summary>x</summary>\n\n<b>bold</b> &amp; &lt;\n</details>\n<!-- c -->",
  cr: "progress 1%\rprogress 50%\rprogress 100%\ndone\r\n",
  headings: "# One\n## Two\n###### Six\nSetext\n===\n\n---\n***\n",
  math: "$$\na^2 + b_1\n$$ and $x^2$",
  lone: "lone surrogate \ud800 end \udc00",
};

const look: Look = {
  theme: new Theme(darkTheme(), "truecolor"),
  toolViews: builtinToolViews(),
  isExpanded: false,
  hidesThinking: false,
  hiddenThinking: () => undefined,
  keyOf: () => "ctrl+o",
  now: () => 0,
  pictures: { areShown: false, maxColumns: 1, maxRows: () => 1, forTerminal: () => null },
  transform: (markdown) => markdown,
  highlight: () => undefined,
};

const said = (text: string): { kind: "text"; text: string }[] => [{ kind: "text", text }];
const call = (name: string, args: Record<string, unknown>, text: string, details?: unknown): Block => ({
  kind: "tool",
  isLive: false,
  callId: "1",
  name,
  args,
  result: { blocks: said(text), details, isError: false },
  startedMs: 0,
  durationMs: 0,
});

const blocksOf = (text: string): Block[] => [
  { kind: "text", isLive: false, text },
  { kind: "thinking", isLive: false, text, startedMs: 0, endedMs: 1 },
  { kind: "prompt", isLive: false, text, images: [] },
  call("bash", { command: text }, text),
  call("read", { path: text }, text),
  call("edit", { path: text, edits: [] }, "", { diff: `-1 ${text}\n+1 ${text}` }),
  call(text, { anything: text }, text),
  { kind: "shell", isLive: false, command: text, output: text, exitCode: 1, isCancelled: false, isHidden: false },
  { kind: "notice", isLive: false, level: "error", text, hint: text },
  { kind: "summary", isLive: false, of: "compaction", text, tokensBefore: 1, tokensAfter: 2 },
  { kind: "note", isLive: false, name: text, blocks: said(text), message: undefined },
];

/** Colours, links and marks of prompts; nothing else may speak to the terminal. */
const allowed = /\u001b\[[0-9;]*m|\u001b\]8;[^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b\]133;A\u0007/g;

describe.each(Object.keys(texts))("%s", (name) => {
  const text = texts[name] ?? "";

  test.each([20, 33, 40, 80])("%i columns: rows that fit, and stay where they are", (width) => {
    for (const isExpanded of [false, true]) {
      for (const block of blocksOf(text)) {
        for (const line of new BlockView(block, () => ({ ...look, isExpanded })).lines(width)) {
          expect(visibleWidth(line), `${block.kind} ${JSON.stringify(line)}`).toBeLessThanOrEqual(width);
          expect(line.replace(allowed, ""), block.kind).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u);
        }
      }
    }
  });

  test.each([20, 40])("%i columns: streamed or at once, and what is settled is final", (width) => {
    const live: Extract<Block, { kind: "text" }> = { kind: "text", isLive: true, text: "" };
    const view = new BlockView(live, () => look);
    let settled: readonly string[] = [];
    for (let length = 1; length <= text.length; length++) {
      live.text = text.slice(0, length);
      view.changed();
      const lines = view.lines(width);
      expect(lines.slice(0, settled.length)).toEqual(settled);
      settled = lines.slice(0, Math.max(settled.length, view.settled()));
    }
    live.isLive = false;
    view.changed();
    const lines = view.lines(width);
    expect(lines).toEqual(new BlockView({ ...live }, () => look).lines(width));
    expect(lines.slice(0, settled.length)).toEqual(settled);
  });
});

test("what an extension draws does nothing to the terminal but draw", () => {
  const kept =
    "\u001b[1;38:5:3mbold\u001b[0m \u001b]8;;https://a.example\u001b\\link\u001b]8;;\u0007\u001b]133;A\u0007\u001b_pi:c\u0007\u001b_pi:fc\u0007x\u001b_pi:/fc\u0007\u001b[K";
  expect(fittedLine(kept, 40)).toBe(kept);
  expect(fittedLine("a\u001b[2Jb\u001b[3;4Hc\u001b]0;title\u0007d\u001b]52;c;aGk=\u001b\\e\u0008\u009bf", 80)).toBe(
    "a␛[2Jb␛[3;4Hc␛]0;title␇d␛]52;c;aGk=␛\\e␈\ufffdf",
  );
  // What is shown counts.
  expect(visibleWidth(fittedLine("\u001b[2J".repeat(20), 21))).toBe(21);
});

test("what an extension draws as a row is one, and fits", () => {
  const block = { kind: "note" as const, isLive: false, name: "own", blocks: [], message: {} };
  const component = { render: () => ["a\tb", "two\nrows", "漢字".repeat(20), 7 as unknown as string], invalidate: () => {} };
  const view = new BlockView(
    block,
    () => look,
    renderedNote(block, () => component, { failed: (_what, error) => Promise.reject(error) }),
  );
  const lines = view.lines(21);
  expect(lines.slice(0, 3)).toEqual(["", "a   b", "two rows"]);
  expect(lines.every((line) => visibleWidth(line) <= 21)).toBe(true);
  expect(lines[4]).toBe("7");
});

describe("a table", () => {
  const drawn = (text: string, width: number): string[] =>
    new BlockView({ kind: "text", isLive: false, text }, () => look).lines(width).map((line) => plainText(line).trimEnd());

  test("cells stand where their column says: left, in the middle, right, in the heading and over several rows", () => {
    const rows = drawn(
      "| name | middle | figure |\n|---|:-:|--:|\n| a | b | 1 |\n| `x\\|y` | 漢 | 1,000,000 |\n| c | one two three | 22 |",
      40,
    );
    expect(rows.slice(1, 5)).toEqual([
      "┌──────┬───────────────┬───────────┐",
      "│ name │    middle     │    figure │",
      "├──────┼───────────────┼───────────┤",
      "│ a    │       b       │         1 │",
    ]);
    expect(rows).toContain("│ x|y  │      漢       │ 1,000,000 │");
    expect(rows).toContain("│ c    │ one two three │        22 │");
  });

  test("a column that cannot hold a character: the table stands as it was written", () => {
    const heads = Array.from({ length: 6 }, () => "漢").join(" | ");
    const text = `| ${heads} |\n|${"---|".repeat(6)}\n| ${heads} |`;
    expect(drawn(text, 40)[1]).toMatch(/^┌/);
    const narrow = drawn(text, 26);
    expect(narrow.join("")).not.toMatch(/[┌│]/);
    expect(narrow.join("").match(/漢/g)).toHaveLength(12);
    for (const row of narrow) expect(visibleWidth(row)).toBeLessThanOrEqual(26);
  });
});

describe("the footer", () => {
  const nothing = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cost: 0, cacheHit: undefined, used: undefined, contextWindow: 0 };
  const place = { directory: "~/project", branch: "main", model: "anthropic/model", level: "", statuses: [], hint: "" };
  test.each(Object.entries({ ...texts, "as long as anybody likes": "é漢x".repeat(30_000) }))("%s as the session's name", (_, name) => {
    for (const width of [1, 2, 20, 80]) {
      for (const line of footerLines({ ...nothing, ...place, name }, width, look.theme))
        expect(visibleWidth(line)).toBeLessThanOrEqual(width);
    }
    const [first = ""] = footerLines({ ...nothing, ...place, name: `${name} end` }, 20, look.theme);
    expect(plainText(first)).toMatch(/^….* end$/);
  });
});

test("where no key shows the rest none is told", () => {
  const long = Array.from({ length: 40 }, (_, count) => `line ${count}`).join("\n");
  for (const block of [
    ...blocksOf(long),
    call("edit", { path: "a", edits: [] }, "", {
      diff: long
        .split("\n")
        .map((line) => `+1 ${line}`)
        .join("\n"),
    }),
  ]) {
    const shown = (keyOf: () => string): string => new BlockView(block, () => ({ ...look, keyOf })).lines(80).join("\n");
    expect(shown(() => "").replace(allowed, ""), block.kind).not.toContain("()");
    expect(shown(() => "ctrl+o").replaceAll(" (ctrl+o)", "")).toBe(shown(() => ""));
  }
});
