// Writes what a descriptor takes without making its writer wait, in one system call where there is one for it. Called by descriptor-output, on Bun.

import { fstatSync, writeSync } from "node:fs";
import { openCLibrary } from "../bun-ffi.ts";
import { pollOf, writable } from "./poll.ts";

/** How many of the first `length` bytes went out. Why others did not is for a write that waits to find. */
export type WriteAtOnce = (bytes: Uint8Array<ArrayBuffer>, length: number) => number;

/** What a pipe or terminal that says it is writable takes whole: `PIPE_BUF`. */
const atOnceBytes = process.platform === "linux" ? 4096 : 512;

/** `undefined` where it cannot be done. */
export async function writeAtOnce(descriptor: number): Promise<WriteAtOnce | undefined> {
  const info = fstatSync(descriptor);
  if (process.platform === "linux" && info.isSocket()) return sendAtOnce(descriptor);
  const ready = await whenReady(descriptor);
  return process.platform === "linux" && info.isFIFO() ? pipeAtOnce(descriptor, ready) : ready;
}

/** send(2). */
async function sendAtOnce(descriptor: number): Promise<WriteAtOnce | undefined> {
  const library = await openCLibrary<{ send(descriptor: number, bytes: Uint8Array, length: number, flags: number): number }>({
    send: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  });
  if (library === undefined) return undefined;
  const { send } = library.calls;
  // MSG_DONTWAIT, MSG_NOSIGNAL
  const flags = 0x40 | 0x4000;
  return (bytes, length) => Math.max(0, send(descriptor, bytes, length, flags));
}

/** pwritev2(2), which knows "not now" also for a pipe that others left blocking; older kernels refuse that for pipes, there it is `otherwise`. */
async function pipeAtOnce(descriptor: number, otherwise: WriteAtOnce | undefined): Promise<WriteAtOnce | undefined> {
  const library = await openCLibrary<{
    pwritev2(descriptor: number, pieces: Uint8Array, count: number, at: number, flags: number): number;
  }>({
    pwritev2: { args: ["i32", "ptr", "i32", "i64", "i32"], returns: "i32" },
  });
  if (library === undefined) return otherwise;
  const { pwritev2 } = library.calls;
  // struct iovec: address and length.
  const piece = new BigUint64Array(2);
  const pieceBytes = new Uint8Array(piece.buffer);
  const noWait = 0x8;
  let known: Uint8Array | undefined;
  return (bytes, length) => {
    if (bytes !== known) {
      piece[0] = BigInt(library.addressOf(bytes));
      known = bytes;
    }
    piece[1] = BigInt(length);
    const written = pwritev2(descriptor, pieceBytes, 1, -1, noWait);
    return written >= 0 ? written : (otherwise?.(bytes, length) ?? 0);
  };
}

/** poll(2), then a write of what a descriptor that is ready takes whole. */
async function whenReady(descriptor: number): Promise<WriteAtOnce | undefined> {
  const poll = await pollOf(descriptor, writable);
  if (poll === undefined) return undefined;
  return (bytes, length) => {
    // An error or a reader that has gone stands beside it in the answer.
    if (length > atOnceBytes || poll() !== writable) return 0;
    try {
      return writeSync(descriptor, bytes, 0, length);
    } catch {
      return 0;
    }
  };
}
