// poll(2) of one descriptor, which neither runtime offers. Called on Bun, by what writes without waiting and by the watch over a reader.
// Invariant: looks only, and never waits.

import { openCLibrary } from "../bun-ffi.ts";

export const writable = 4;
/** Told whether asked for or not: of a pipe, that nobody reads it. */
export const brokenOrGone = 8 | 16;

/** What of `asked`, and of what is always told, is so now; `undefined` where the system cannot be asked. */
export async function pollOf(descriptor: number, asked: number): Promise<(() => number) | undefined> {
  const library = await openCLibrary<{ poll(descriptors: Uint8Array, count: number, timeoutMs: number): number }>({
    poll: { args: ["ptr", process.platform === "linux" ? "u64" : "u32", "i32"], returns: "i32" },
  });
  if (library === undefined) return undefined;
  const { poll } = library.calls;
  // struct pollfd: the descriptor, what is asked, what is answered.
  const question = new Uint8Array(8);
  const view = new DataView(question.buffer);
  view.setInt32(0, descriptor, true);
  view.setInt16(4, asked, true);
  return () => (poll(question, 1, 0) === 1 ? view.getInt16(6, true) : 0);
}
