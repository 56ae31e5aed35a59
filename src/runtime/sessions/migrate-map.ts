// Brings a map of sessions from the time of one runtime to that of two. Called by `pi sessions migrate`.
// Invariant: what is migrated already is not written again; the map as it was is kept once; of one that cannot be read nothing is touched.

import { lstatSync, rmSync, statSync } from "node:fs";
import { messageOf, PiError } from "../../contracts/error.ts";
import { copyWhole } from "../../platform/files/copy-whole.ts";
import { changeMap, idsOf, readMap } from "./session-map.ts";

export interface Migration {
  file: string;
  /** Groups whose entry has changed. */
  migrated: string[];
  groups: number;
  /** Where the map as it was lies, if it was kept by this run. */
  backup?: string;
}

/** Rejects with `io.session_map`. */
export async function migrateMap(file: string): Promise<Migration> {
  if (statSync(file, { throwIfNoEntry: false }) === undefined)
    throw new PiError("io.session_map", `There is no map of sessions ${file}`, { hint: "Name a file that is there." });
  const migration: Migration = { file, migrated: [], groups: 0 };
  const migrated = (entries: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined => {
    migration.groups = Object.keys(entries).length;
    const changed = Object.entries(entries).map(([group, entry]): [string, unknown] => {
      if (!needsMigration(entry)) return [group, entry];
      migration.migrated.push(group);
      return [group, { ...(typeof entry === "object" ? entry : {}), ...idsOf(entry) }];
    });
    return migration.migrated.length === 0 ? undefined : Object.fromEntries(changed);
  };
  // Looked at before anything is made beside it.
  if (migrated(readMap(file)) === undefined) return migration;
  migration.migrated = [];
  await changeMap(file, (entries) => {
    const changed = migrated(entries);
    if (changed === undefined) return undefined;
    const backup = `${file}.bak`;
    if (copyOnce(file, backup)) migration.backup = backup;
    return changed;
  }).catch((error: unknown) => {
    // A map that was not migrated needs none.
    if (migration.backup !== undefined) rmSync(migration.backup, { force: true });
    throw error;
  });
  return migration;
}

/** What is neither a text nor a table is no entry of ours. */
function needsMigration(entry: unknown): boolean {
  if (typeof entry === "string" || entry === null) return true;
  if (typeof entry !== "object" || Array.isArray(entry)) return false;
  const { claude, pi } = entry as Record<string, unknown>;
  return claude === undefined || pi === undefined;
}

/** Whole or not at all: one that was cut short by a kill would be taken for the map as it was. Called under the map's lease. */
function copyOnce(from: string, to: string): boolean {
  if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) return false;
  try {
    copyWhole(from, to);
    return true;
  } catch (error) {
    throw new PiError("io.session_map", `The map of sessions cannot be kept as ${to}: ${messageOf(error)}`, { cause: error });
  }
}
