// A descriptor for the same file, pipe or terminal that never makes its writer wait. Called by descriptor-output, for who writes a line or two, and by
// the terminal, for each frame: a queued write starts the runtime's threads first, and wakes one of them each time. Invariant: the descriptor that was given, which others may share, stays as it is.

import { closeSync, constants, fstatSync, openSync, type Stats, writeSync } from "node:fs";

/** Device numbers of terminals that a program draws, on Linux: `/dev/pts/…`. */
const pseudoTerminals = { first: 136, last: 143 };

/** Writes what a descriptor takes at once. */
export class UnwaitingWriter {
  readonly #given: number;
  /** Opened with the first write; `none` where there is no such thing, or no more. */
  #descriptor: number | "none" | undefined;

  constructor(given: number) {
    this.#given = given;
  }

  /** What it has no room for now; nothing where it took all. */
  restOf(bytes: Uint8Array): Uint8Array | undefined {
    this.#descriptor ??= unwaitingDescriptor(this.#given) ?? "none";
    if (this.#descriptor === "none") return bytes;
    try {
      const written = writeSync(this.#descriptor, bytes);
      return written === bytes.length ? undefined : bytes.subarray(written);
    } catch {
      // Full, stopped or gone: why, a write that waits finds out.
      return bytes;
    }
  }

  /** What was given is not ours to close. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = "none";
    if (typeof descriptor === "number" && descriptor !== this.#given) closeSync(descriptor);
  }
}

/**
 * `undefined` where there is none: of a socket, and of a pipe and a terminal outside Linux. It is open until whoever asked closes it or the process
 * ends; of a file it is the very one that was given.
 */
function unwaitingDescriptor(descriptor: number): number | undefined {
  try {
    const info = fstatSync(descriptor);
    if (info.isFile()) return descriptor;
    if (process.platform !== "linux" || !(info.isFIFO() || isPseudoTerminal(info))) return undefined;
    // Opened a second time: what is set on a descriptor goes for all that were copied from it, in other processes, too.
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // Nobody reads, or it is another user's: the queue finds out.
    return undefined;
  }
}

function isPseudoTerminal(info: Stats): boolean {
  const major = (info.rdev >> 8) & 0xfff;
  return info.isCharacterDevice() && major >= pseudoTerminals.first && major <= pseudoTerminals.last;
}
