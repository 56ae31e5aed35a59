// Long work in between other things: steps of it for some milliseconds, then keys, frames and pipes have their turn. Used where somebody may type meanwhile.
// Invariant: nobody waits longer than a slice and the step that ends it.

export interface Slices {
  /** False: the rest is not wanted any more. Asked before each slice but the first. */
  isWanted(): boolean;
  /** Called once, when the first slice was not enough. */
  waits?(): void;
}

const sliceMs = 1;
/** What is done by then needs no word about it. */
const firstSliceMs = 6;

/** What the steps come to, the first slice of them at once; nothing where it was not wanted to the end. Rejects with what a step throws. */
export async function inSlices<T>(steps: Generator<unknown, T>, { isWanted, waits }: Slices): Promise<T | undefined> {
  for (let isFirst = true; ; isFirst = false) {
    for (const untilMs = performance.now() + (isFirst ? firstSliceMs : sliceMs); performance.now() < untilMs; ) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
    if (isFirst) waits?.();
    await new Promise((resolve) => setImmediate(resolve));
    if (!isWanted()) return undefined;
  }
}

/** The same at once. */
export function atOnce<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
