// What goes with a session that is removed, and what stays for its forks. Called by `pi sessions rm` and by the command that deletes a session.
// Invariant: an output that some fork can still name is not removed; the session's own file goes last.

import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { artifactDirectoryOf, leaveArtifacts, parentOf } from "../../artifacts/artifact-directories.ts";
import { knownDirectories } from "../../artifacts/dependent-directories.ts";
import { journalDirectoryOf } from "../../journal/journal.ts";
import { type ListRequest, listSessions } from "../../session/library/list-sessions.ts";
import { sessionRoot } from "../../session/lines/locate.ts";

/** Where a session may lie that needs something of another. `override`: a directory that was given for session files. */
export function everywhere(agentDir: string, override: string | undefined): ListRequest[] {
  const given = override === undefined ? [] : [override];
  return [
    { directory: sessionRoot(agentDir), isRoot: true },
    ...[...given, ...knownDirectories(agentDir)].map((directory) => ({ directory })),
  ];
}

/** Errors are Node's. */
export function removeSessionFiles(path: string, where: readonly ListRequest[]): void {
  const belongings = belongingsOf(path, where);
  leaveArtifacts(path, isForked(path, where));
  for (const target of [...belongings, path]) rmSync(target, { recursive: true, force: true });
}

/** What is removed with a session. `where`: all sessions among which forks are looked for. */
export function belongingsOf(path: string, where: readonly ListRequest[]): string[] {
  const artifacts = artifactDirectoryOf(path);
  const name = basename(path);
  const isOld = (other: string): boolean => other.startsWith(`${name}.`) && /^\.(\d+\.)?bak$/.test(other.slice(name.length));
  const beside = readdirSync(dirname(path));
  const changes = basename(journalDirectoryOf(path));
  const isOwn = (other: string): boolean => isOld(other) || other === changes || (other === basename(artifacts) && !isForked(path, where));
  return beside.filter(isOwn).map((other) => join(dirname(path), other));
}

/** Whether another session, or what one has left behind, names it as its parent. */
function isForked(path: string, where: readonly ListRequest[]): boolean {
  const directories = new Set([dirname(path)]);
  for (const request of where) {
    for (const { path: other, parentSession } of listSessions(request)) {
      directories.add(dirname(other));
      if (parentSession !== undefined && other !== path && parentOf(other) === path) return true;
    }
  }
  return [...directories].some((directory) =>
    readdirSync(directory).some((name) => {
      if (!name.endsWith(".artifacts")) return false;
      const left = join(directory, `${name.slice(0, -".artifacts".length)}.jsonl`);
      return left !== path && parentOf(left) === path;
    }),
  );
}
