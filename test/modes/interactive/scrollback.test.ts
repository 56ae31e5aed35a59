// The terminal's history under streams, resizes and switches of the screen, line by line: what was there before pi still is, each line of the conversation stands
// there once and in order; a resize may leave one screenful twice, and nothing is ever missing.

import { afterEach, expect, test, vi } from "vitest";
import type { Block } from "../../../src/modes/interactive/blocks/block.ts";
import { type InteractiveScreen, openInteractive } from "../../support/interactive-screen.ts";
import { type Random, seededRandom } from "../../support/random.ts";

afterEach(() => void vi.useRealTimers());

/** A conversation whose every mark, `<7>`, is said once. */
class Talk {
  marks = 0;
  readonly #at: InteractiveScreen;
  readonly #random: Random;

  constructor(at: InteractiveScreen, random: Random) {
    this.#at = at;
    this.#random = random;
  }

  /** Another block, in as many pieces as it comes; a frame after each. */
  *say(): Generator<void> {
    const { screen } = this.#at.interaction;
    const kind = this.#random.pick(["text", "text", "thinking", "fence", "list", "shell", "notice", "prompt"] as const);
    const lines = Array.from(
      { length: 1 + this.#random.below(12) },
      () => `<${this.marks++}> ${"word ".repeat(this.#random.below(14))}end`,
    );
    if (kind === "notice") return screen.add({ kind, isLive: false, level: "info", text: lines.join("\n"), hint: "" });
    if (kind === "prompt") return screen.add({ kind, isLive: false, text: lines.join("\n"), images: [] });
    if (kind === "shell") {
      const few = lines.slice(0, 3);
      this.marks -= lines.length - few.length;
      return screen.add({ kind, isLive: false, command: "x", output: few.join("\n"), exitCode: 0, isCancelled: false, isHidden: false });
    }
    const text =
      kind === "fence"
        ? `\`\`\`\n${lines.join("\n")}\n\`\`\``
        : lines.join(kind === "list" ? "\n- " : "\n\n").replace(/^/, kind === "list" ? "- " : "");
    const block: Block =
      kind === "thinking" ? { kind, isLive: true, text: "", startedMs: 0, endedMs: undefined } : { kind: "text", isLive: true, text: "" };
    screen.add(block);
    for (let at = 0; at < text.length; ) {
      at += 1 + this.#random.below(40);
      block.text = text.slice(0, at);
      screen.changed(block);
      yield;
    }
    block.isLive = false;
    screen.changed(block);
  }
}

const before = ["before 1", "before 2", "$ pi"];

async function opened(columns: number, rows: number, kind: "main" | "alternate" = "main"): Promise<InteractiveScreen> {
  const at = await openInteractive({ columns, rows, kind, before: `${before.join("\r\n")}\r\n` });
  vi.useFakeTimers();
  return at;
}

function marksIn(lines: readonly string[]): number[] {
  return [...lines.join("").matchAll(/<(\d+)>/g)].map(([, mark]) => Number(mark));
}

const inOrder = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

function expectWhole(at: InteractiveScreen): void {
  expect(at.device.all().slice(0, before.length)).toEqual(before);
  const output = at.device.writes.join("");
  expect(output).not.toContain("\u001b[3J");
  expect(output.split("\u001b[?2026h").length).toBe(output.split("\u001b[?2026l").length);
}

test.each([1, 2, 3, 4])("a stream without resizes: each line once, in order; seed %i", async (seed) => {
  const random = seededRandom(seed);
  const at = await opened(24 + random.below(90), 8 + random.below(30));
  const talk = new Talk(at, random);
  for (let count = 0; count < 25; count++) {
    for (const _ of talk.say()) at.drawn();
    at.drawn();
  }
  expect(marksIn(at.device.all())).toEqual(inOrder(talk.marks));
  expectWhole(at);
});

test.each([1, 2, 3, 4, 5, 6])(
  "20 resizes while it streams: nothing is missing, at most a screenful stands there twice for each; seed %i",
  async (seed) => {
    const random = seededRandom(100 + seed);
    const at = await opened(60, 16);
    const talk = new Talk(at, random);
    let most = 0;
    for (let resize = 0; resize < 20; resize++) {
      for (const _ of talk.say()) at.drawn();
      at.drawn();
      const rows = 6 + random.below(40);
      most += Math.max(rows, at.device.rows);
      at.device.resize(24 + random.below(100), rows);
      at.drawn();
      // In the middle of a block.
      const more = talk.say();
      for (let pieces = random.below(4); pieces > 0; pieces--) {
        more.next();
        at.drawn();
      }
      vi.advanceTimersByTime(150);
      for (const _ of more) at.drawn();
      at.drawn();
    }
    const marks = marksIn(at.device.all());
    expect([...new Set(marks)].sort((a, b) => a - b)).toEqual(inOrder(talk.marks));
    expect(marks.length - talk.marks).toBeLessThanOrEqual(most);
    expectWhole(at);
  },
);

test.each([1, 2, 3])(
  "from one screen to the other and back while it streams: on the terminal each line stands once; seed %i",
  async (seed) => {
    const random = seededRandom(200 + seed);
    const at = await opened(70, 18, seed % 2 === 0 ? "main" : "alternate");
    const talk = new Talk(at, random);
    for (let turn = 0; turn < 6; turn++) {
      for (let count = 0; count < 3; count++) {
        for (const _ of talk.say()) {
          if (random.chance(0.1)) at.interaction.useScreen(at.interaction.screen.kind === "main" ? "alternate" : "main");
          at.drawn();
        }
        at.drawn();
      }
      at.interaction.useScreen(turn % 2 === 0 ? "alternate" : "main");
      at.drawn();
    }
    vi.useRealTimers();
    at.leave();
    expect(marksIn(at.device.all())).toEqual(inOrder(talk.marks));
    expectWhole(at);
  },
);
