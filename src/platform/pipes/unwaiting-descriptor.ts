// A descriptor for the same file or pipe that never makes its writer wait. Called by descriptor-output, for who writes a line or two: a queued
// write starts the runtime's threads first. Invariant: the descriptor that was given, which others may share, stays as it is.

import { constants, fstatSync, openSync } from "node:fs";

/** `undefined` where there is none: of a terminal and a socket, and of a pipe outside Linux. It is open until the process ends. */
export function unwaitingDescriptor(descriptor: number): number | undefined {
  try {
    const info = fstatSync(descriptor);
    if (info.isFile()) return descriptor;
    if (process.platform !== "linux" || !info.isFIFO()) return undefined;
    // Opened a second time: what is set on a descriptor goes for all that were copied from it, in other processes, too.
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Nobody reads, or the pipe is another user's: the queue finds out.
    return undefined;
  }
}
