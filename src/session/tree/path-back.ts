// The way from a leaf towards its root, a batch at a time, for readers who begin at the end: what comes before the first batch is not read before it is
// asked for. Called by session. Invariant: batches join without a gap, whatever is appended or found damaged in between.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import type { PathEnd, SessionLog } from "../log/session-log.ts";

export interface PathBatch {
  /** Root first. */
  entries: readonly AnyEntry[];
  /** How many come before them. */
  above: number;
  /** That number is guessed: nobody has counted them yet. */
  isGuess: boolean;
}

export interface BackOptions {
  leafId: string | null;
  /** So many from the leaf on are known already. */
  from: number;
  batch: number;
}

/** `read` runs a reader again where the log was indexed anew. */
export function* pathBack(
  log: SessionLog,
  { leafId, from, batch }: BackOptions,
  read: <T>(reader: () => T) => T,
): Generator<{ entries: readonly (AnyEntry | undefined)[]; above: number; isGuess: boolean }> {
  let taken = from;
  let end: PathEnd | undefined;
  for (let above = 1; above > 0; ) {
    const one = read(() => {
      const known = end;
      // Stays so when a damage is found: then the way is taken anew.
      end = undefined;
      const wanted = taken + batch;
      const isEnough = known !== undefined && (known.before === 0 || known.view.length >= wanted);
      const found = isEnough ? known : taken === 0 ? log.pathEnd(leafId, wanted) : { view: log.path(leafId, false), before: 0 };
      const to = Math.max(0, found.view.length - taken);
      const begin = Math.max(0, to - batch);
      const entries = found.view.entries(begin, to);
      end = found;
      return { entries, above: begin + found.before, isGuess: found.before > 0 };
    });
    taken += one.entries.length;
    above = one.above;
    yield one;
  }
}
