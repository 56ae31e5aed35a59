// Directories outside of the default root whose sessions need something that lies elsewhere: pictures of the store, outputs of the sessions they
// were forked from. Noted by whoever writes such a session, asked by `pi sessions gc` and `rm`. Invariant: a directory is noted before the line
// that needs it is written; the list is only ever added to, so that nothing is lost that another process notes in the same moment; what cannot be
// noted costs nothing but that.

import { appendFileSync, readFileSync } from "node:fs";
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
    addLine(agentDir, directory);
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
  const known = new Set<string>();
  for (const line of text.split("\n")) {
    const { directory, isGone } = recordIn(line);
    if (isGone) known.delete(directory);
    else if (directory !== "") known.add(directory);
  }
  return [...known];
}

/** Of those that are gone for good. Throws Node's error where the list cannot be written. */
export function forgetDirectories(agentDir: string, gone: readonly string[]): void {
  const known = knownDirectories(agentDir);
  for (const directory of gone) if (known.includes(directory)) addLine(agentDir, { gone: directory });
}

/** On a line of its own, whatever a full disk has left of the one before. */
function addLine(agentDir: string, record: string | { gone: string }): void {
  appendFileSync(listPath(agentDir), `\n${JSON.stringify(record)}\n`, { mode: 0o600 });
}

function recordIn(line: string): { directory: string; isGone: boolean } {
  try {
    const record: unknown = JSON.parse(line);
    if (typeof record === "string") return { directory: record, isGone: false };
    const { gone } = record as { gone?: unknown };
    return typeof gone === "string" ? { directory: gone, isGone: true } : { directory: "", isGone: false };
  } catch {
    return { directory: "", isGone: false };
  }
}
