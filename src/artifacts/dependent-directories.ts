// Directories outside of the default root whose sessions need something that lies elsewhere: pictures of the store, outputs of the sessions they
// were forked from. Noted by whoever writes such a session, asked by `pi sessions gc` and `rm`. Invariant: a directory is noted before the line
// that needs it is written; what cannot be noted costs nothing but that.

import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeDirectory } from "../platform/files/make-directory.ts";

function listPath(agentDir: string): string {
  return join(agentDir, "session-directories");
}

/** `sessionRoot`: the default one, below which nothing is noted. */
export function noteDirectory(agentDir: string, sessionRoot: string, sessionFile: string): void {
  const directory = dirname(sessionFile);
  if (dirname(directory) === sessionRoot) return;
  try {
    if (knownDirectories(agentDir).includes(directory)) return;
    makeDirectory(agentDir, 0o700);
    // A path may hold a line feed.
    appendFileSync(listPath(agentDir), `${JSON.stringify(directory)}\n`, { mode: 0o600 });
  } catch {
    // A read-only home, a list that cannot be read; --also names it to those who ask.
  }
}

/** Absolute paths, whether they are there or not. Throws Node's error where the list is there and cannot be read. */
export function knownDirectories(agentDir: string): string[] {
  let text: string;
  try {
    text = readFileSync(listPath(agentDir), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return [...new Set(text.split("\n").flatMap(directoryIn))];
}

/** Of those that are gone for good. */
export function forgetDirectories(agentDir: string, gone: readonly string[]): void {
  const kept = knownDirectories(agentDir).filter((one) => !gone.includes(one));
  const temporary = `${listPath(agentDir)}.new`;
  writeFileSync(temporary, kept.map((one) => `${JSON.stringify(one)}\n`).join(""), { mode: 0o600 });
  renameSync(temporary, listPath(agentDir));
}

function directoryIn(line: string): string[] {
  try {
    const directory: unknown = JSON.parse(line);
    return typeof directory === "string" ? [directory] : [];
  } catch {
    return [];
  }
}
