// Lines of a terminal as texts: by how fast they follow each other, by what ends them, and one by one for whoever asks.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { typedTexts } from "../../../src/modes/interactive/plain/typed-texts.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** So many ms later than what came before it, each. */
async function* typed(...parts: [afterMs: number, text: string][]): AsyncGenerator<Uint8Array> {
  for (const [afterMs, text] of parts) {
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    yield new TextEncoder().encode(text);
  }
}

async function textsOf(source: AsyncIterable<Uint8Array>, wantsLine = (): boolean => false): Promise<string[]> {
  const texts: string[] = [];
  const reading = (async () => {
    for await (const text of typedTexts(source, wantsLine)) texts.push(text);
  })();
  await vi.advanceTimersByTimeAsync(60_000);
  await reading;
  return texts;
}

test.each([
  [
    "lines by themselves",
    [
      [0, "one\n"],
      [500, "two\n"],
    ],
    ["one", "two"],
  ],
  [
    "a paste, however it was cut",
    [
      [0, "one\ntw"],
      [5, "o\n\n"],
      [5, "three \\\nfour\n"],
      [500, "five\n"],
    ],
    ["one\ntwo\n\nthree \\\nfour", "five"],
  ],
  [
    "a line that goes on",
    [
      [0, "one \\\n"],
      [900, "two \\\n"],
      [900, "three\n"],
      [900, "four\n"],
    ],
    ["one \ntwo \nthree", "four"],
  ],
  [
    "what stands there at the end",
    [
      [0, "one\n"],
      [0, "two \\\n"],
    ],
    ["one\ntwo \\"],
  ],
  [
    "a last line that nothing ends",
    [
      [0, "one\n"],
      [900, "two"],
    ],
    ["one", "two"],
  ],
  [
    "a last one that was to go on",
    [
      [0, "one \\\n"],
      [900, ""],
    ],
    ["one \\"],
  ],
] as const)("%s", async (_what, parts, texts) => {
  expect(await textsOf(typed(...parts.map(([afterMs, text]): [number, string] => [afterMs, text])))).toEqual(texts);
});

test("whoever waits for a line gets one, and what comes behind it is whole", async () => {
  let asked = 2;
  expect(await textsOf(typed([0, "1\nyes\nthe\nrest\n"]), () => asked-- > 0)).toEqual(["1", "yes", "the\nrest"]);
});

test("an answer of one line ends with its backslash", async () => {
  let asked = 1;
  expect(await textsOf(typed([0, "C:\\folder\\\n"], [900, "next\n"]), () => asked-- > 0)).toEqual(["C:\\folder\\", "next"]);
});
