// What is typed to a terminal that edits its lines by itself, as texts: a line each, one with those that it goes on in, or all lines of a paste. Read by the
// mode without a screen. Invariant: of what was typed nothing is left out; nobody who types waits longer than for a paste to be told from it.

import { LineSplitter } from "../../../platform/pipes/line-splitter.ts";

/** Lines that follow each other faster are pasted: nobody types them. */
const pasteMs = 40;
const maxLineBytes = 1 << 20;

/** `wantsLine`: the next one is by itself, whatever comes behind it. */
export async function* typedTexts(chunks: AsyncIterable<Uint8Array>, wantsLine: () => boolean): AsyncGenerator<string> {
  const splitter = new LineSplitter(maxLineBytes);
  const source = chunks[Symbol.asyncIterator]();
  const lines: string[] = [];
  let begun = "";
  let reading: Promise<IteratorResult<Uint8Array>> | undefined;
  for (let hasEnded = false; !hasEnded; ) {
    reading ??= source.next();
    const next = lines.length === 0 ? await reading : await within(reading, pasteMs);
    if (next !== undefined) {
      reading = undefined;
      hasEnded = next.done === true;
      for (const { text } of next.done === true ? splitter.end() : splitter.push(next.value)) lines.push(text);
      if (!hasEnded) continue;
      // What was to go on has no more to come.
      if (begun !== "" && lines.length === 0) yield `${begun.slice(0, -1)}\\`;
    }
    while (lines.length > 0) {
      const isLine = wantsLine();
      const text = begun + (isLine ? (lines.shift() ?? "") : lines.splice(0).join("\n"));
      if (text.endsWith("\\") && !isLine && !hasEnded) {
        begun = `${text.slice(0, -1)}\n`;
        continue;
      }
      begun = "";
      yield text;
    }
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
