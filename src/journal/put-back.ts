// Puts files back as they were before a run, and takes that back again. Called by `pi undo`.
// Invariants: a file that was changed since is only written over by force; what stood there is kept first, so that nothing is lost; what was cut
// off in the middle is done by doing it again.

import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { isKept, isSameState, putState } from "./file-state.ts";
import { type FileChange, type Journal, openChanges, type ReturnLine, runsIn, standingUndos } from "./journal.ts";

export interface ReturnPlan {
  type: "undo" | "redo";
  run: string;
  /** From 1. */
  runNumber: number;
  /** Of a redo: the undo that it takes back. */
  of?: string;
  /** From what stands there now to what is to. */
  files: FileChange[];
  /** Files that are not as the run, or the undo, left them. */
  changedSince: string[];
  /** Files whose state was not kept, or that cannot be reached any more. */
  lost: string[];
}

/** What an undo would do; nothing where there is no run that is left to undo. */
export async function planUndo(
  journal: Journal,
  runNumber: number | undefined,
  takes: (path: string) => boolean,
): Promise<ReturnPlan | undefined> {
  const lines = journal.lines();
  const runs = runsIn(lines);
  const run = runNumber === undefined ? runs.findLast((one) => openChanges(lines, one).length > 0) : runs[runNumber - 1];
  if (run === undefined) return undefined;
  const wanted = openChanges(lines, run).filter(({ path }) => takes(path));
  const plan = await planned(
    journal,
    wanted.map(({ path, before, after, floor }) => ({ path, before: after, after: before, floor })),
  );
  return { type: "undo", run, runNumber: runs.indexOf(run) + 1, ...plan };
}

/** What taking back the last undo would do. */
export async function planRedo(journal: Journal, takes: (path: string) => boolean): Promise<ReturnPlan | undefined> {
  const lines = journal.lines();
  const undo = standingUndos(lines).at(-1);
  if (undo === undefined) return undefined;
  const wanted = undo.files.filter(({ path }) => takes(path));
  const plan = await planned(
    journal,
    wanted.map(({ path, before, after, floor }) => ({ path, before: after, after: before, floor })),
  );
  return { type: "redo", run: undo.run, runNumber: runsIn(lines).indexOf(undo.run) + 1, of: undo.id, ...plan };
}

/** `before`: as the file was left; `after`: what is to stand there. */
async function planned(journal: Journal, wanted: readonly FileChange[]): Promise<Pick<ReturnPlan, "files" | "changedSince" | "lost">> {
  const files: FileChange[] = [];
  const changedSince: string[] = [];
  const lost: string[] = [];
  for (const { path, before, after, floor } of wanted) {
    const current = await journal.store.stateAt(path);
    if (isSameState(current, after)) continue;
    const isReachable = leadsWhereItLed(path);
    if (!isKept(after) || !isReachable || (after.kind === "file" && journal.store.bytesOf(after) === undefined)) lost.push(path);
    else if (!isSameState(current, before)) changedSince.push(path);
    if (isReachable) files.push({ path, before: current, after, floor });
  }
  return { files: files.filter(({ path }) => !lost.includes(path)), changedSince, lost };
}

/** Does what was planned. Errors are Node's: doing it again does the rest. */
export async function carryOut(journal: Journal, plan: ReturnPlan): Promise<void> {
  const { type, run, of, files } = plan;
  const id = crypto.randomUUID();
  const line: ReturnLine = { type, id, run, ...(of === undefined ? {} : { of }), files };
  journal.append(line);
  // What goes makes room for what comes: a directory may stand where a file stood.
  const going = files.filter(({ after }) => after.kind === "absent").sort((one, other) => other.path.length - one.path.length);
  const coming = files.filter(({ after }) => after.kind !== "absent").sort((one, other) => one.path.length - other.path.length);
  for (const { path, after, floor } of [...going, ...coming]) await putState(path, after, journal.store, floor);
  journal.append({ type: "done", id });
}

/** A link that has come into the path leads to somebody else's files. */
function leadsWhereItLed(path: string): boolean {
  let at = dirname(path);
  for (;;) {
    try {
      return realpathSync(at) === at;
    } catch {
      const parent = dirname(at);
      if (parent === at) return true;
      at = parent;
    }
  }
}
