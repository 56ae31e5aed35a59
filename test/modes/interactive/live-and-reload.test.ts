// What a screen shows after a run is what it shows when the session is opened again: for runs of any kind, also stopped and failed ones.

import { expect, test } from "vitest";
import type { StreamEvent } from "../../../src/contracts/stream-event.ts";
import { emptyUsage } from "../../../src/contracts/usage.ts";
import { openInteractive } from "../../support/interactive-screen.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import type { Reply } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const words = [
  "One.",
  "**bold** and `code`",
  "- a\n- b\n- c",
  "```js\nlet a = 1;\n```",
  "| a | b |\n|---|---|\n| 1 | 2 |",
  "Ünïcode 🙂 wide 漢字",
  "# A head\n\ntext",
];
const calls = [
  { name: "bash", args: { command: "printf 'one\\ntwo\\n'" } },
  { name: "bash", args: { command: "echo wrong >&2; exit 3" } },
  { name: "write", args: { path: "file.txt", content: "first\nsecond\n" } },
  { name: "read", args: { path: "file.txt" } },
  { name: "read", args: { path: "nowhere.txt" } },
  { name: "nonsense", args: {} },
];

/** One answer: thinking, texts and calls as they fall; the last one of a run only says something. */
function* answer(random: Random, isLast: boolean): Generator<StreamEvent> {
  let at = 0;
  if (random.chance(0.4)) {
    yield { type: "thinking_start", contentIndex: at };
    yield { type: "thinking_delta", contentIndex: at, delta: "hm, " };
    yield { type: "thinking_delta", contentIndex: at, delta: random.pick(words) };
    yield { type: "thinking_end", contentIndex: at++ };
  }
  for (let count = random.below(3) + (isLast ? 1 : 0); count > 0; count--) {
    const text = random.pick(words);
    yield { type: "text_start", contentIndex: at };
    for (const piece of text.match(/[\s\S]{1,5}/g) ?? []) yield { type: "text_delta", contentIndex: at, delta: piece };
    yield { type: "text_end", contentIndex: at++ };
  }
  if (!isLast) {
    for (let count = 1 + random.below(2); count > 0; count--) {
      const { name, args } = random.pick(calls);
      const id = `call-${random.below(1e9)}`;
      yield { type: "toolcall_start", contentIndex: at, id, toolName: name };
      yield { type: "toolcall_delta", contentIndex: at, delta: JSON.stringify(args) };
      yield { type: "toolcall_end", contentIndex: at++ };
    }
  }
  yield { type: "usage", usage: { ...emptyUsage(), input: 10, output: 5, totalTokens: 15 } };
  yield { type: "finish", stopReason: isLast ? "stop" : "toolUse" };
}

/** In the middle of thinking, of words or of a call; for good, or to be tried again. */
function* brokenOff(random: Random): Generator<StreamEvent> {
  let at = 0;
  if (random.chance(0.4)) {
    yield { type: "thinking_start", contentIndex: at };
    yield { type: "thinking_delta", contentIndex: at, delta: "half a thou" };
    if (random.chance(0.5)) yield { type: "thinking_end", contentIndex: at++ };
    else at++;
  }
  if (random.chance(0.5)) {
    yield { type: "text_start", contentIndex: at };
    yield { type: "text_delta", contentIndex: at++, delta: "half an ans" };
  }
  if (random.chance(0.5)) {
    yield { type: "toolcall_start", contentIndex: at, id: `call-${random.below(1e9)}`, toolName: "bash" };
    yield { type: "toolcall_delta", contentIndex: at, delta: '{"command":"echo nev' };
    if (random.chance(0.5)) {
      yield { type: "toolcall_delta", contentIndex: at, delta: 'er"}' };
      yield { type: "toolcall_end", contentIndex: at };
    }
  }
  yield random.chance(0.5)
    ? { type: "failure", failure: { code: "bad_request", message: "The service says no" } }
    : { type: "failure", failure: { code: "overloaded", message: "Overloaded" } };
}

function replies(random: Random): Reply {
  let turns = 0;
  return async function* () {
    if (random.chance(0.25)) {
      yield* brokenOff(random);
      return;
    }
    turns = (turns + 1) % 4;
    yield* answer(random, turns === 0 || random.chance(0.5));
  };
}

/** What was done about a failure is told while it goes on: the attempts are stored, not the waits between them. */
const waits = /^! (Trying again|Gave up)/;

/** How long something took is told while it goes on, and stored nowhere. */
const timeless = (lines: readonly string[]): string[] =>
  lines.map((line) =>
    line
      .replace(/ · \d+(\.\d+)? m?s\b/g, "")
      .replace(/ +\d+(\.\d+)? m?s$/, "")
      .replace(/\(\d+(\.\d+)? m?s\)/, "")
      .trimEnd(),
  );

function transcript(lines: readonly string[]): string[] {
  const border = lines.findLastIndex((line, at) => line.startsWith("───") && lines.slice(at + 1).some((one) => one.startsWith("───")));
  const kept = lines
    .slice(0, border)
    .filter((line, at, all) => !waits.test(line) && !(line.trim() === "" && waits.test(all[at - 1] ?? "")));
  return timeless(kept).join("\n").trim().split("\n");
}

const screens = [
  { kind: "main", rows: 40 },
  // All of it is in sight.
  { kind: "alternate", rows: 600 },
] as const;

const runs = screens.flatMap(({ kind, rows }) =>
  [1, 2, 3, 4, 5, 6, 7, 8].flatMap((seed) => [0, 0.5, 1].map((frames) => ({ kind, rows, seed, frames }))),
);

test.for(runs)("$kind, seed $seed, a frame after $frames of the events", async ({ kind, rows, seed, frames }) => {
  const random = seededRandom(seed);
  const directory = temporaryDirectory();
  const settings = { retry: { base_delay_ms: 1 } };
  const live = await openInteractive({ directory, reply: replies(random), rows, columns: 70, kind, settings });
  const { sessions } = live;
  const whenDrawn = seededRandom(seed);
  // The terminal keeps what it has as it was drawn; a screen of our own draws all of it anew.
  const turns = { "\x14": false, "\x0f": false };
  const turn = (key: keyof typeof turns): void => {
    turns[key] = !turns[key];
    live.device.keys(key);
  };
  sessions.subscribe(() => {
    if (whenDrawn.chance(frames)) live.drawn();
    if (kind === "alternate" && whenDrawn.chance(0.1)) turn(whenDrawn.pick(["\x14", "\x0f"] as const));
  });
  for (let count = 0; count < 4; count++) {
    const settled = new Promise<void>((resolve) => {
      const remove = sessions.subscribe((event) => {
        if (event.type !== "agent_settled") return;
        remove();
        resolve();
      });
    });
    live.device.keys(`prompt ${count}\r`);
    await settled;
  }
  for (const key of ["\x14", "\x0f"] as const) if (turns[key]) turn(key);
  live.drawn();
  const shown = transcript(live.device.all());
  live.leave();
  const again = await openInteractive({ directory, sessions, rows, columns: 70, kind });
  again.drawn();
  expect(transcript(again.device.all())).toEqual(shown);
});
