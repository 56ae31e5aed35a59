// Writes and reads the files between a group's tools and its host. Called by ipc-tools, ipc-drain and hosts.
// Invariants: a file appears only whole, by rename; the order of names is the order of calls; what is read is a regular file of bounded size.

import { closeSync, fchmodSync, fsyncSync, lstatSync, openSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeeperThan, maxArgumentLevels } from "../../contracts/depth.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";
import { makeDirectory } from "../../platform/files/make-directory.ts";
import { risingMs } from "../../platform/rising-time.ts";
import { liveSecrets } from "../../platform/secrets.ts";
import { type IpcData, type IpcFolder, isRecord } from "./ipc-rules.ts";

/** Larger ones are read by nobody. */
export const maxIpcBytes = 1024 * 1024;

/** `dir`: the group's own. Gives the file's name. Throws `io.ipc`. */
export function writeIpcFile(dir: string, folder: IpcFolder, data: IpcData, now: number): string {
  const directory = join(dir, folder);
  // It leaves the process, for a chat room at that: what is known to be secret stays here.
  const text = `${JSON.stringify(liveSecrets.redactValue(data))}\n`;
  if (Buffer.byteLength(text) > maxIpcBytes)
    throw new PiError("io.ipc", `A file of ${Buffer.byteLength(text)} bytes would be too large for its reader`, {
      hint: `At most ${maxIpcBytes} bytes go into one.`,
    });
  const name = `${risingMs(now)}-${crypto.randomUUID().slice(0, 6)}.json`;
  const temporary = join(directory, `.${name}.tmp`);
  try {
    makeDirectory(directory, 0o700);
    if (!lstatSync(directory).isDirectory()) throw new Error(`${directory} is not a directory`);
    writeWhole(temporary, text, statSync(directory).mode & 0o666);
    renameSync(temporary, join(directory, name));
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // It was not made.
    }
    throw new PiError("io.ipc", `Nothing could be handed to the host: ${messageOf(error)}`, { cause: error });
  }
  return name;
}

function writeWhole(path: string, text: string, mode: number): void {
  const descriptor = openSync(path, "wx", mode);
  try {
    // The mask of the process may have taken away what the directory grants.
    fchmodSync(descriptor, mode);
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The JSON of a file that somebody else has made; `undefined` where none is, a sentence where it cannot be had. */
export function readIpcJson(path: string): { json: unknown } | { why: string } | undefined {
  const read = readBoundedText(path, { maxBytes: maxIpcBytes, links: "refused" });
  if (read === undefined) return undefined;
  if (!("text" in read)) return { why: read.why };
  let json: unknown;
  try {
    json = JSON.parse(read.text);
  } catch {
    return { why: "it is no JSON" };
  }
  // It could be read and not be written again, which would hold up all that comes behind it.
  return isDeeperThan(json, maxArgumentLevels) ? { why: `it is nested deeper than ${maxArgumentLevels} levels` } : { json };
}

export function readIpcData(path: string): { data: IpcData } | { why: string } | undefined {
  const read = readIpcJson(path);
  if (read === undefined || "why" in read) return read;
  return isRecord(read.json) ? { data: read.json } : { why: "it is no JSON object" };
}
