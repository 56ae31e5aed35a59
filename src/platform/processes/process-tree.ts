// Finding and signalling everything a command started, also what left its process group. Called by spawn.ts.
// Invariant: only processes that descend from one of our commands are ever signalled: by group, session, parent chain or the tag in their environment.

import { readdirSync, readFileSync } from "node:fs";

/** Set for every command; a nested agent appends its own, so that each finds its own descendants and all of the nested ones. */
export const tagVariable = "PI_PROCESS_TAG";

interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  session: number;
}

/** All processes, or none where there is no `/proc`. */
function listProcesses(): ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const name of directoryNames("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = textOfFile(`/proc/${name}/stat`);
    // The command's name stands in parentheses and may itself hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields.length < 4 || fields[0] === "Z") continue;
    rows.push({ pid, parent: Number(fields[1]), group: Number(fields[2]), session: Number(fields[3]) });
  }
  return rows;
}

/** Living processes that belong to the command whose shell is `leader` (a session leader), the shell included. */
export function findFamily(leader: number, tag: string): number[] {
  const rows = listProcesses();
  const family = new Set<number>();
  for (const row of rows) {
    if (row.pid === leader || row.group === leader || row.session === leader || hasTag(row.pid, tag)) family.add(row.pid);
  }
  for (let grown = family.size > 0; grown; ) {
    grown = false;
    for (const row of rows) {
      if (family.has(row.pid) || !family.has(row.parent)) continue;
      family.add(row.pid);
      grown = true;
    }
  }
  return [...family];
}

/** KILL to all that this process has started and that still hangs on it; `attached`: but for what has a session of its own, such as a daemon. */
export function killDescendants(which: "all" | "attached" = "all"): void {
  signalAll(undefined, findDescendants(process.pid, which), "SIGKILL");
}

/** What `ancestor` has started and still hangs on it, itself not included. */
export function findDescendants(ancestor: number, which: "all" | "attached" = "all"): Set<number> {
  const all = listProcesses();
  const session = all.find(({ pid }) => pid === ancestor)?.session;
  const rows = which === "all" ? all : all.filter((one) => one.session === session);
  const family = new Set([ancestor]);
  for (let grown = true; grown; ) {
    const before = family.size;
    for (const { pid, parent } of rows) if (family.has(parent)) family.add(pid);
    grown = family.size > before;
  }
  family.delete(ancestor);
  return family;
}

/** Living processes whose environment carries a tag that starts so. */
export function findTagged(tagPrefix: string): number[] {
  return directoryNames("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && hasTag(pid, tagPrefix));
}

function hasTag(pid: number, tag: string): boolean {
  const environment = textOfFile(`/proc/${pid}/environ`);
  const start = environment.indexOf(`${tagVariable}=`);
  if (start < 0) return false;
  const end = environment.indexOf("\0", start);
  return `${environment.slice(start + tagVariable.length + 1, end < 0 ? undefined : end)},`.includes(tag);
}

/** Signals a whole process group, and single processes beside it. What is already gone is fine. */
export function signalAll(group: number | undefined, pids: Iterable<number>, signal: "SIGTERM" | "SIGKILL"): void {
  if (group !== undefined) trySignal(-group, signal);
  for (const pid of pids) trySignal(pid, signal);
}

/** Whether anything of the group lives; a zombie that nobody reaps counts as living where the system cannot tell. */
export function groupIsAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

export function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = textOfFile(`/proc/${pid}/stat`);
  return stat === "" || stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
}

/** What tells a process from another one that has had its number since: when it started, as the system counts. Nothing where it does not tell. */
export function startOfProcess(pid: number): string | undefined {
  const stat = textOfFile(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone, or no longer ours to signal.
  }
}

function directoryNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function textOfFile(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
