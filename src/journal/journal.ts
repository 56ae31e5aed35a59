// What a session has changed in files, as lines in a directory beside its file: changes by run, and what was put back. Written by the recorder
// and by undo, read by `pi sessions diff` and `pi undo`.
// Invariant: a line stands there before what it tells of is done, so that it survives a kill at any moment; a torn line tells nothing.

import { appendFileSync, existsSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { type FileState, isSameState, makePrivate, StateStore } from "./file-state.ts";

export interface FileChange {
  /** Absolute, links above it resolved. */
  path: string;
  before: FileState;
  after: FileState;
  /** The nearest directory that was there before; directories below it go when they become empty. */
  floor: string;
}

export interface ChangeLine extends FileChange {
  type: "change";
  run: string;
}

/** A command that is running, or was when everything ended: what it has changed is found out afterwards. */
export interface PendingLine {
  type: "pending";
  run: string;
  id: string;
  /** When it began (Unix ms), where the look at the tree had been before. */
  since?: number;
}

export interface SettledLine {
  type: "settled";
  id: string;
}

/** What commands of a run did in a work tree is not known, or not all of it. */
export interface MissedLine {
  type: "missed";
  run: string;
  root: string;
  why: string;
}

/** `files`: from what stood there to what was put in its place. */
export interface ReturnLine {
  type: "undo" | "redo";
  id: string;
  run: string;
  /** Of a redo: the undo that it takes back. */
  of?: string;
  /** Returns that were cut off, and that it has brought to their end: their files are among its own. */
  resumed?: string[];
  files: FileChange[];
}

/** All files of a return are in their place. */
export interface DoneLine {
  type: "done";
  id: string;
}

export type JournalLine = ChangeLine | PendingLine | SettledLine | MissedLine | ReturnLine | DoneLine;

export function journalDirectoryOf(sessionFile: string): string {
  return `${sessionFile.replace(/\.jsonl$/, "")}.changes`;
}

export class Journal {
  readonly directory: string;
  readonly store: StateStore;
  readonly #file: string;
  #isReady = false;

  constructor(sessionFile: string) {
    this.directory = journalDirectoryOf(sessionFile);
    this.store = new StateStore(this.directory);
    this.#file = join(this.directory, "changes.log");
  }

  append(...lines: JournalLine[]): void {
    if (!this.#isReady) makePrivate(this.directory);
    // Behind a torn line a new one begins.
    const start = !this.#isReady && existsSync(this.#file) ? "\n" : "";
    // What fails (a full disk) may leave a torn line.
    this.#isReady = false;
    appendFileSync(this.#file, start + lines.map((line) => `${JSON.stringify(line)}\n`).join(""), { mode: 0o600 });
    this.#isReady = true;
  }

  /** Where nothing was noted nothing stays. */
  removeIfEmpty(): void {
    try {
      rmdirSync(this.directory);
    } catch {
      // There is something in it.
    }
  }

  lines(): JournalLine[] {
    let text: string;
    try {
      text = readFileSync(this.#file, "utf8");
    } catch {
      return [];
    }
    return text.split("\n").flatMap((line) => {
      try {
        const parsed: unknown = line === "" ? undefined : JSON.parse(line);
        return typeof parsed === "object" && parsed !== null ? [parsed as JournalLine] : [];
      } catch {
        return [];
      }
    });
  }
}

/** Commands whose end nobody has seen. */
export function pendingIn(lines: readonly JournalLine[]): PendingLine[] {
  const settled = new Set(lines.flatMap((line) => (line.type === "settled" ? [line.id] : [])));
  return lines.filter((line): line is PendingLine => line.type === "pending" && !settled.has(line.id));
}

/** What each file was before and is after; those that are as they were are left out. */
function netChanges(changes: readonly FileChange[]): FileChange[] {
  const byPath = new Map<string, FileChange>();
  for (const { path, before, after, floor } of changes) {
    const first = byPath.get(path);
    // By the first what was not there goes, by the last what went again.
    const own = after.kind === "absent" ? { after, floor } : { after };
    byPath.set(path, first === undefined ? { path, before, after, floor } : { ...first, ...own });
  }
  return [...byPath.values()].filter((change) => !isSameState(change.before, change.after));
}

/** What a run changed, or all that a session did, with what was put back since. */
export function changesOf(lines: readonly JournalLine[], run?: string): FileChange[] {
  if (run !== undefined) return netChanges(lines.filter((line): line is ChangeLine => line.type === "change" && line.run === run));
  const done = doneIn(lines);
  return netChanges(
    lines.flatMap((line) => {
      if (line.type === "change") return [line];
      return (line.type === "undo" || line.type === "redo") && done.has(line.id) ? line.files : [];
    }),
  );
}

/** Of a run, or of the whole session. */
export function missedIn(lines: readonly JournalLine[], run?: string): MissedLine | undefined {
  return lines.find((line): line is MissedLine => line.type === "missed" && (run === undefined || line.run === run));
}

/** The runs that changed files, in their order: the first is run 1. */
export function runsIn(lines: readonly JournalLine[]): string[] {
  const named = new Set(lines.flatMap((line) => (line.type === "change" ? [line.run] : [])));
  return [...named].filter((run) => changesOf(lines, run).length > 0);
}

/** Undos that stand, oldest first: begun, and not taken back. */
export function standingUndos(lines: readonly JournalLine[]): ReturnLine[] {
  const done = doneIn(lines);
  const all = returnsIn(lines);
  const gone = new Set(
    all.flatMap((line) => (done.has(line.id) ? [...(line.of === undefined ? [] : [line.of]), ...(line.resumed ?? [])] : [])),
  );
  return all.filter((line) => line.type === "undo" && !gone.has(line.id));
}

/** Undos and redos that ended in the middle. */
export function cutOffIn(lines: readonly JournalLine[]): ReturnLine[] {
  const done = doneIn(lines);
  const all = returnsIn(lines);
  const resumed = new Set(all.flatMap((line) => (done.has(line.id) ? (line.resumed ?? []) : [])));
  return all.filter((line) => !done.has(line.id) && !resumed.has(line.id));
}

function returnsIn(lines: readonly JournalLine[]): ReturnLine[] {
  return lines.filter((line): line is ReturnLine => line.type === "undo" || line.type === "redo");
}

/** What of a run's changes has not been put back. */
export function openChanges(lines: readonly JournalLine[], run: string): FileChange[] {
  const done = doneIn(lines);
  const back = new Set(
    standingUndos(lines).flatMap((undo) => (undo.run === run && done.has(undo.id) ? undo.files.map(({ path }) => path) : [])),
  );
  return changesOf(lines, run).filter(({ path }) => !back.has(path));
}

function doneIn(lines: readonly JournalLine[]): Set<string> {
  return new Set(lines.flatMap((line) => (line.type === "done" ? [line.id] : [])));
}
