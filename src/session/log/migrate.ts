// Brings session files of version 1 and 2 to version 3. Called by open-log.
// Invariant: the old file stays beside the new one as `.bak`, and at any moment the name holds either the old or the new file, whole.

import { readFileSync } from "node:fs";
import type { AnyEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { sessionVersion } from "../../contracts/session-entry.ts";
import { notASession } from "../lines/file-errors.ts";
import { decodeLine, encodeLine, isHeader } from "../lines/line-codec.ts";
import { newEntryId } from "../lines/new-id.ts";
import { replaceKeepingOld } from "../lines/replace-file.ts";

/** Replaces the file by its version 3. Returns the path of the old one. Errors: `session.unwritable`, `session.invalid`. */
export function migrateFile(path: string): string {
  const { header, entries } = migratedEntries(path);
  return replaceKeepingOld(path, encodedLines(header, entries));
}

function* encodedLines(header: SessionHeader, entries: readonly AnyEntry[]): Generator<string> {
  yield encodeLine(header);
  for (const entry of entries) yield encodeLine(entry);
}

/** What the file would be in version 3. */
export function migratedEntries(path: string): { header: SessionHeader; entries: AnyEntry[] } {
  const records = readFileSync(path, "utf8")
    .split("\n")
    .map(decodeLine)
    .filter((record) => record !== undefined);
  const [first, ...rest] = records;
  if (!isHeader(first)) throw notASession(path);
  const version = first.version ?? 1;
  const entries = version < 2 ? chained(rest, first.timestamp) : rest;
  for (const entry of entries) renameHookRole(entry);
  const { type, version: _, id, timestamp, cwd, ...others } = first;
  return { header: { type, version: sessionVersion, id, timestamp, cwd, ...others }, entries: entries as AnyEntry[] };
}

/** Version 1 is a flat list: every entry gets an id and hangs on the one before it. */
function chained(records: readonly Record<string, unknown>[], fallbackTimestamp: string): Record<string, unknown>[] {
  const ids: string[] = [];
  const taken = new Set<string>();
  for (const _ of records) {
    let id = newEntryId();
    while (taken.has(id)) id = newEntryId();
    taken.add(id);
    ids.push(id);
  }
  return records.map((record, index) => {
    const { type, timestamp, firstKeptEntryIndex, ...body } = record;
    const entry: Record<string, unknown> = {
      type,
      id: ids[index],
      parentId: ids[index - 1] ?? null,
      timestamp: timestamp ?? fallbackTimestamp,
      ...body,
    };
    // Counts all lines, the header being 0.
    if (typeof firstKeptEntryIndex === "number") entry.firstKeptEntryId = ids[firstKeptEntryIndex - 1] ?? ids[index];
    return entry;
  });
}

/** Version 2 called the role of extension messages `hookMessage`. */
function renameHookRole(entry: Record<string, unknown>): void {
  const message = entry.message;
  if (entry.type === "message" && typeof message === "object" && message !== null && "role" in message && message.role === "hookMessage") {
    message.role = "custom";
  }
}
