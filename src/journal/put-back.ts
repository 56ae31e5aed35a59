// Puts files back as they were before a run, and takes that back again. Called by `pi undo`.
// Invariants: a file that was changed since is only written over by force; what stood there is kept first, so that nothing is lost; what was cut
// off in the middle is done by doing it again.

import { rmSync } from "node:fs";
import { defined } from "../contracts/defined.ts";
import { leftoversBeside } from "../platform/files/files.ts";
import { type FileState, isKept, isSameState, linkAbove, putState, removeEmptyParents } from "./file-state.ts";
import { cutOffIn, type FileChange, type Journal, openChanges, type ReturnLine, runsIn, standingUndos } from "./journal.ts";

export interface ReturnPlan {
  type: "undo" | "redo";
  run: string;
  /** From 1. */
  runNumber: number;
  /** Of a redo: the undo that it takes back. */
  of?: string;
  /** From what stands there now to what is to. */
  files: FileChange[];
  /** The same that was begun before, and cut off. */
  resumes: ReturnLine[];
  /** Files that are not as the run, or the undo, left them. */
  changedSince: string[];
  /** Files whose state was not kept, or that cannot be reached any more. */
  lost: string[];
  /** Files that stand there and are kept nowhere: what would be put in their place, or nothing, would be the end of them. */
  unkept: string[];
}

export function isEmpty({ files, lost, unkept, resumes }: ReturnPlan): boolean {
  return [files, lost, unkept, resumes].every(({ length }) => length === 0);
}

/** What an undo would do: of the last run of which anything is left, or of one; nothing where there is none. */
export async function planUndo(
  journal: Journal,
  runNumber: number | undefined,
  takes: (path: string) => boolean,
): Promise<ReturnPlan | undefined> {
  const lines = journal.lines();
  const runs = runsIn(lines);
  const asked = runNumber === undefined ? runs.filter((run) => openChanges(lines, run).length > 0).reverse() : [runs[runNumber - 1]];
  let plan: ReturnPlan | undefined;
  for (const run of asked) {
    if (run === undefined) continue;
    const wanted = openChanges(lines, run);
    const begun = cutOffIn(lines).filter((line) => line.type === "undo" && line.run === run);
    plan = { type: "undo", run, runNumber: runs.indexOf(run) + 1, ...(await planned(journal, wanted, begun, takes)) };
    if (!isEmpty(plan)) return plan;
  }
  return plan;
}

/** What taking back the last undo would do. */
export async function planRedo(journal: Journal, takes: (path: string) => boolean): Promise<ReturnPlan | undefined> {
  const lines = journal.lines();
  const undo = standingUndos(lines).at(-1);
  if (undo === undefined) return undefined;
  const begun = cutOffIn(lines).filter((line) => line.type === "redo" && line.of === undo.id);
  const plan = await planned(journal, undo.files, begun, takes);
  return { type: "redo", run: undo.run, runNumber: runsIn(lines).indexOf(undo.run) + 1, of: undo.id, ...plan };
}

/** How changes that stand are taken back. */
async function planned(
  journal: Journal,
  standing: readonly FileChange[],
  begun: readonly ReturnLine[],
  takes: (path: string) => boolean,
): Promise<Pick<ReturnPlan, "files" | "resumes" | "changedSince" | "lost" | "unkept">> {
  const before = new Map(begun.flatMap((line) => line.files.map((file) => [file.path, file.before] as const)).reverse());
  const files: FileChange[] = [];
  const changedSince: string[] = [];
  const lost: string[] = [];
  const unkept: string[] = [];
  // What stands in the way of others may itself be put back: it is done first.
  const giving = new Set(standing.flatMap(({ path, before }) => (takes(path) && isWay(before) ? [path] : [])));
  for (const { path, before: wanted, after: left, floor } of standing) {
    if (!takes(path)) continue;
    const current = await journal.store.stateAt(path);
    if (isSameState(current, wanted)) continue;
    const link = linkAbove(path);
    const isReachable = link === undefined || giving.has(link);
    if (!isKept(wanted) || !isReachable || (wanted.kind === "file" && journal.store.bytesOf(wanted) === undefined)) {
      lost.push(path);
      continue;
    }
    if (current.kind === "file" && !isKept(current)) {
      unkept.push(path);
      continue;
    }
    const begunFrom = isMidway(current, wanted) ? before.get(path) : undefined;
    if (!isSameState(current, left) && begunFrom === undefined) changedSince.push(path);
    files.push({ path, before: begunFrom ?? current, after: wanted, floor });
  }
  const resumes = begun.filter((line) => line.files.every(({ path }) => takes(path)));
  return { files, resumes, changedSince, lost, unkept };
}

/** One thing has gone for the other to come, or its mode is still to be set. */
function isMidway(current: FileState, wanted: FileState): boolean {
  if (current.kind === "file" && wanted.kind === "file") return current.hash !== undefined && current.hash === wanted.hash;
  return current.kind === "absent";
}

/** Does what was planned. Errors are Node's: doing it again does the rest. */
export async function carryOut(journal: Journal, plan: ReturnPlan): Promise<void> {
  const { type, run, of, files, resumes } = plan;
  const id = crypto.randomUUID();
  const own = new Set(files.map(({ path }) => path));
  const inPlace = new Map(resumes.flatMap((line) => line.files.filter(({ path }) => !own.has(path)).map((file) => [file.path, file])));
  const line: ReturnLine = {
    type,
    id,
    run,
    ...defined({ of }),
    ...(resumes.length === 0 ? {} : { resumed: resumes.map((one) => one.id) }),
    files: [...inPlace.values(), ...files],
  };
  journal.append(line);
  // What goes makes room for what comes: a directory may stand where a file stood.
  const going = files.filter(({ after }) => after.kind === "absent").sort((one, other) => other.path.length - one.path.length);
  const coming = files.filter(({ after }) => after.kind !== "absent").sort((one, other) => one.path.length - other.path.length);
  // The session is ours: who wrote these files was killed.
  for (const { path } of line.files) for (const leftover of await leftoversBeside(path)) rmSync(leftover, { force: true });
  for (const { path, after, floor } of [...going, ...coming]) await putState(path, after, journal.store, floor);
  // Of what has gone before, the directories may still be there.
  for (const { path, after, floor } of inPlace.values()) if (after.kind === "absent") removeEmptyParents(path, floor);
  journal.append({ type: "done", id });
}

/** A directory can be there again. */
function isWay({ kind }: FileState): boolean {
  return kind === "directory" || kind === "absent";
}
