// Brings session files of version 1 and 2 to version 3. Called by open-log.
// Invariant: the old file stays beside the new one as `.bak`, and at any moment the name holds either the old or the new file, whole.

import { readFileSync } from "node:fs";
import type { AnyEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { sessionVersion } from "../../contracts/session-entry.ts";
import { notASession } from "../lines/file-errors.ts";
import { decodeLine, encodeLine, isHeader, lineWithHead } from "../lines/line-codec.ts";
import { newEntryId } from "../lines/new-id.ts";
import { replaceKeepingOld } from "../lines/replace-file.ts";

export interface Migrated {
  header: SessionHeader;
  entries: AnyEntry[];
  /** Of the entries, each with its LF. What did not have to change stands as it stood: other writers' numbers do not survive being read. */
  lines: string[];
}

/** Replaces the file by its version 3. Returns the path of the old one. Errors: `session.unwritable`, `session.invalid`. */
export function migrateFile(path: string): string {
  const { header, lines } = migratedEntries(path);
  return replaceKeepingOld(path, [encodeLine(header), ...lines]);
}

/** What the file would be in version 3. */
export function migratedEntries(path: string): Migrated {
  const stored: StoredRecord[] = [];
  for (const text of readFileSync(path, "utf8").split("\n")) {
    const record = decodeLine(text);
    if (record !== undefined) stored.push({ text, record });
  }
  const [first, ...rest] = stored;
  if (!isHeader(first?.record)) throw notASession(path);
  const { type, version = 1, id, timestamp, cwd, ...others } = first.record;
  const migrated = version < 2 ? chained(rest, timestamp) : rest;
  for (const one of migrated) if (renameHookRole(one.record)) one.text = undefined;
  return {
    header: { type, version: sessionVersion, id, timestamp, cwd, ...others },
    entries: migrated.map(({ record }) => record as unknown as AnyEntry),
    lines: migrated.map(({ record, text }) => (text === undefined ? encodeLine(record as unknown as AnyEntry) : `${text}\n`)),
  };
}

interface StoredRecord {
  record: Record<string, unknown>;
  /** `undefined`: the record is another one now. */
  text: string | undefined;
}

/** Version 1 is a flat list: every entry gets an id and hangs on the one before it. */
function chained(stored: readonly StoredRecord[], fallbackTimestamp: string): StoredRecord[] {
  const ids: string[] = [];
  const taken = new Set<string>();
  for (const _ of stored) {
    let id = newEntryId();
    while (taken.has(id)) id = newEntryId();
    taken.add(id);
    ids.push(id);
  }
  return stored.map(({ record, text }, index) => {
    const { type, timestamp, firstKeptEntryIndex, id: _, parentId: __, ...body } = record;
    const entry: Record<string, unknown> = {
      type,
      id: ids[index],
      parentId: ids[index - 1] ?? null,
      timestamp: timestamp ?? fallbackTimestamp,
      ...body,
    };
    // Counts all lines, the header being 0.
    if (typeof firstKeptEntryIndex === "number") entry.firstKeptEntryId = ids[firstKeptEntryIndex - 1] ?? ids[index];
    const isSame = timestamp !== undefined && firstKeptEntryIndex === undefined;
    return { record: entry, text: isSame ? lineWithHead(text ?? "", entry as unknown as AnyEntry) : undefined };
  });
}

/** Version 2 called the role of extension messages `hookMessage`. Whether there was one. */
function renameHookRole(entry: Record<string, unknown>): boolean {
  const message = entry.message;
  if (entry.type !== "message" || typeof message !== "object" || message === null || !("role" in message)) return false;
  if (message.role !== "hookMessage") return false;
  message.role = "custom";
  return true;
}
