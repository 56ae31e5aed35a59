// Writes a text into what is no regular file: a pipe with or without a reader, a socket, a device. Called by whatever writes where a user says.
// Invariant: nothing blocks: whoever waits for a reader, or for room in the pipe, lets the program go on, and be ended.

import { closeSync, constants, openSync, writeSync } from "node:fs";

const pauseMs = 20;

/** Errors are Node's. */
export async function writePipe(path: string, chunks: Iterable<string> | AsyncIterable<string>): Promise<void> {
  const descriptor = await again(() => openSync(path, constants.O_WRONLY | constants.O_NONBLOCK), "ENXIO");
  try {
    for await (const chunk of chunks) {
      const bytes = Buffer.from(chunk);
      for (let at = 0; at < bytes.length; ) at += await again(() => writeSync(descriptor, bytes, at), "EAGAIN");
    }
  } finally {
    closeSync(descriptor);
  }
}

/** How to open a file for lines behind what it holds, so that a pipe without a reader is an error and no wait. */
export const appendWithoutWaiting = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

async function again(attempt: () => number, whileCode: string): Promise<number> {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== whileCode) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
