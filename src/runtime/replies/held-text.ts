// Reads a streamed text piece by piece for something that stands in it: what could still become it is held back. Called by the filters beside it.
// Invariant: code in fences is never looked into, and where the stream was cut makes no difference to what comes out.

import type { CodeState } from "./code-state.ts";

export interface TextReader<P> {
  /** Of the text that comes next. */
  state(): CodeState;
  /** Takes what stands at a place, and gives its end; `open`: more text could make it something; nothing: it is text. */
  take(parts: P[], text: string, at: number, isLast: boolean): number | "open" | undefined;
  add(parts: P[], text: string): void;
}

export interface HoldingReader<P> {
  /** Gives what is decided by each piece; with `isLast` all of it. */
  read(delta: string, isLast: boolean): P[];
  readonly isHolding: boolean;
}

export function holdingBack<P>({ state, take, add }: TextReader<P>): HoldingReader<P> {
  let held = "";
  const read = (delta: string, isLast: boolean): P[] => {
    const text = held + delta;
    const parts: P[] = [];
    let at = 0;
    while (at < text.length) {
      const taken = state().isInFence ? undefined : take(parts, text, at, isLast);
      if (taken === "open") break;
      if (taken !== undefined) {
        at = taken;
        continue;
      }
      const stretch = state().read(text, at, isLast);
      if (stretch === undefined) break;
      add(parts, text.slice(at, stretch.end));
      at = stretch.end;
    }
    held = text.slice(at);
    return parts;
  };
  return {
    read,
    get isHolding() {
      return held !== "";
    },
  };
}
