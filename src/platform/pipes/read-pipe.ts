// Reads what is no regular file: a named pipe, that of `<(command)`, a device. Called by readers of what a user names.
// Invariant: nothing blocks, neither a pipe that nobody has opened yet nor one in which nothing comes: the program goes on, and can be ended.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

const chunkBytes = 64 * 1024;
const pauseMs = 20;

/** Errors are Node's. */
export async function* readPipe(path: string): AsyncGenerator<Uint8Array> {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    // A pipe of this name may be waiting for its first writer; that of a descriptor has had one.
    let mayBegin = fstatSync(descriptor).isFIFO() && !/^\/(dev\/fd|proc)\//.test(path);
    for (;;) {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      const bytesRead = readNow(descriptor, buffer);
      if (bytesRead === 0 && !mayBegin) return;
      if (bytesRead === undefined || bytesRead === 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      else {
        mayBegin = false;
        yield buffer.subarray(0, bytesRead);
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Undefined where nothing has come. */
function readNow(descriptor: number, buffer: Uint8Array): number | undefined {
  try {
    return readSync(descriptor, buffer, 0, buffer.length, null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
    throw error;
  }
}
