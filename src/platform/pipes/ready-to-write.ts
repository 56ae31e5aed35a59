// Whether a descriptor takes bytes without making its writer wait: poll(2). Called by descriptor-output, on Bun.

import { openCLibrary } from "../bun-ffi.ts";

/** `undefined` where it cannot be asked. What it says holds for as many bytes as a pipe takes in one piece. */
export async function readyToWrite(descriptor: number): Promise<(() => boolean) | undefined> {
  const library = await openCLibrary<{ poll(descriptors: Uint8Array, count: number, timeoutMs: number): number }>({
    poll: { args: ["ptr", process.platform === "linux" ? "u64" : "u32", "i32"], returns: "i32" },
  });
  if (library === undefined) return undefined;
  const { poll } = library.calls;
  const writable = 4;
  // struct pollfd: the descriptor, what is asked, what is answered.
  const asked = new Uint8Array(8);
  const view = new DataView(asked.buffer);
  view.setInt32(0, descriptor, true);
  view.setInt16(4, writable, true);
  // An error or a reader that has gone stands beside it in the answer: then the queue finds out which.
  return () => poll(asked, 1, 0) === 1 && view.getInt16(6, true) === writable;
}
