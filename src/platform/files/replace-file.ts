// Writes a file from a stream of text: who reads its path sees the old file or the whole new one. Called by the exports.
// Invariant: what did not become whole leaves nothing behind; memory holds one batch, and the event loop goes on between batches.

import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { makeDirectory } from "./make-directory.ts";
import { temporaryBeside } from "./temporary-name.ts";

const batchLength = 128 * 1024;

/** A new file is 0600: what is written here holds what a session holds. Errors are Node's. */
export async function replaceFile(path: string, chunks: Iterable<string> | AsyncIterable<string>): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const existing = await stat(target).catch(() => undefined);
  if (existing?.isDirectory())
    throw Object.assign(new Error(`EISDIR: illegal operation on a directory, open '${path}'`), { code: "EISDIR" });
  // A pipe or a device is written to, not replaced.
  if (existing !== undefined && !existing.isFile()) return (await import("../pipes/write-pipe.ts")).writePipe(target, chunks);
  if (existing === undefined) makeDirectory(dirname(target));
  const temporary = temporaryBeside(target);
  const mode = existing === undefined ? 0o600 : existing.mode & 0o777;
  try {
    await writeAll(await open(temporary, "wx", mode), chunks);
    await moveOver(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** A mounted file (containers) can be written, not replaced. */
async function moveOver(temporary: string, target: string): Promise<void> {
  try {
    await rename(temporary, target);
  } catch (error) {
    if (!["EBUSY", "EXDEV", "EACCES", "EPERM"].includes(String((error as NodeJS.ErrnoException).code))) throw error;
    await overwrite(target, temporary);
    await unlink(temporary);
  }
}

/** The system's own copy also sets the mode, which only the file's owner may. */
async function overwrite(target: string, source: string): Promise<void> {
  const file = await open(target, "w");
  try {
    for await (const chunk of createReadStream(source)) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, chunks: Iterable<string> | AsyncIterable<string>): Promise<void> {
  try {
    let batch = "";
    for await (const chunk of chunks) {
      batch += chunk;
      if (batch.length < batchLength) continue;
      await file.writeFile(batch);
      batch = "";
    }
    await file.writeFile(batch);
  } finally {
    await file.close();
  }
}
