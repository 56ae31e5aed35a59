// What is wrong with a session file, line by line. Called by `pi sessions check`; nothing is written.
// Invariant: a file that `repair` has written has no findings, but that its last prompt has no answer.

import { defined } from "../../contracts/defined.ts";
import { isPiError } from "../../contracts/error.ts";
import { sessionVersion } from "../../contracts/session-entry.ts";
import { LeaseHolders } from "../../platform/locks/lease-holders.ts";
import { damagedType } from "../index/entry-table.ts";
import { storageReason } from "../lines/file-errors.ts";
import { danglingCalls } from "./dangling-calls.ts";
import { ExaminedFile } from "./examined-file.ts";
import { isSoundHeader } from "./sound-copy.ts";
import { unansweredPrompt } from "./unanswered-prompt.ts";

export interface Finding {
  /** From 1. */
  lineNumber: number;
  kind:
    | "unreadable"
    | "empty"
    | "header"
    | "version"
    | "bad-line"
    | "torn-line"
    | "irregular-line"
    | "orphan"
    | "circle"
    | "duplicate-id"
    | "dangling-call"
    | "unanswered-prompt";
  /** One sentence without a full stop. */
  text: string;
  entryId?: string;
  /** What the end of a process in the middle of its work leaves: it is put right when the session is gone on with. */
  isInterruption?: boolean;
}

/** In the order of lines. Of many files with the same `holders`. Errors: `session.not_found`, `session.invalid` for what is no file. */
export function checkSession(path: string, holders = new LeaseHolders()): Finding[] {
  let file: ExaminedFile;
  try {
    file = new ExaminedFile(path);
  } catch (error) {
    if (!isPiError(error) || error.code !== "session.unreadable") throw error;
    return [{ lineNumber: 1, kind: "unreadable", text: `the file cannot be read: ${storageReason(error.cause)}` }];
  }
  try {
    return findingsOf(file, holders).sort((a, b) => a.lineNumber - b.lineNumber);
  } finally {
    file.close();
  }
}

function findingsOf(file: ExaminedFile, holders: LeaseHolders): Finding[] {
  const findings: Finding[] = [];
  const add = (lineNumber: number, kind: Finding["kind"], text: string, entryId?: string): void => {
    const isInterruption = kind === "torn-line" || kind === "dangling-call" || kind === "unanswered-prompt";
    findings.push({ lineNumber, kind, text, ...defined({ entryId }), ...(isInterruption && { isInterruption }) });
  };
  if (file.sizeBytes === 0) {
    add(1, "empty", "the file is empty");
    return findings;
  }
  checkHeader(file, add);
  // The lines of version 1 have no ids: they are entries only once they are migrated.
  if (file.header !== undefined && (file.header.version ?? 1) < 2) return findings;
  const { index } = file;
  const isMissingHeader = (lineNumber: number): boolean => lineNumber === 1 && file.header === undefined;
  for (const line of index.damagedLineNumbers) if (!isMissingHeader(line)) add(line, "bad-line", "no session entry can be read from it");
  for (const line of index.irregularLineNumbers) {
    if (!isMissingHeader(line)) add(line, "irregular-line", "it can be read, but is not one JSON object on a line of its own");
  }
  if (index.torn !== undefined) add(index.torn.lineNumber, "torn-line", "the last line was cut off while it was written");
  checkTree(file, add);
  checkCalls(file, add);
  if (findings.length === 0) checkEnd(file, holders, add);
  return findings;
}

type Add = (lineNumber: number, kind: Finding["kind"], text: string, entryId?: string) => void;

function checkHeader({ header }: ExaminedFile, add: Add): void {
  if (header === undefined) {
    add(1, "header", "the file does not begin with a session header");
    return;
  }
  const version = header.version ?? 1;
  if (version > sessionVersion) add(1, "version", `version ${version} is newer than this program's ${sessionVersion}`);
  const missing = (["timestamp", "cwd"] as const).filter((field) => typeof header[field] !== "string");
  if (missing.length > 0) add(1, "header", `the header has no ${missing.join(" and no ")}`);
  else if (!isSoundHeader(header)) add(1, "header", "the header has an id or a time that cannot be part of a file's name");
}

function checkTree(file: ExaminedFile, add: Add): void {
  const { table, orphans } = file.index;
  const parents = new Map(orphans.map(({ id, parentId }) => [id, parentId]));
  for (let at = 0; at < table.count; at++) {
    if (table.typeOf(at) === damagedType) continue;
    const id = table.idOf(at);
    const parentId = parents.get(id);
    if (parentId !== undefined) add(file.lineNumberOf(at), "orphan", `entry ${id} hangs on ${parentId}, which is not in the file`, id);
    const descendant = table.circular.get(at);
    if (descendant !== undefined) add(file.lineNumberOf(at), "circle", `entry ${id} hangs on ${descendant}, which hangs on it`, id);
    const last = table.find(id);
    if (last !== undefined && last !== at) {
      add(file.lineNumberOf(at), "duplicate-id", `entry ${id} has the id of another one, on line ${file.lineNumberOf(last)}`, id);
    }
  }
}

function checkCalls(file: ExaminedFile, add: Add): void {
  for (const { at, calls } of danglingCalls(file)) {
    const id = file.index.table.idOf(at);
    for (const call of calls) add(file.lineNumberOf(at), "dangling-call", `the call of ${call.name} (${call.id}) has no result`, id);
  }
}

/** One that is being answered is not looked at: its process holds the session. */
function checkEnd(file: ExaminedFile, holders: LeaseHolders, add: Add): void {
  const at = unansweredPrompt(file);
  if (at === undefined || holders.of(file.path) !== undefined) return;
  add(file.lineNumberOf(at), "unanswered-prompt", "the last prompt has no answer", file.index.table.idOf(at));
}
