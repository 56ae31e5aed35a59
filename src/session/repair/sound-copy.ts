// All entries of a file, whatever its state, as the lines of a sound session of version 3. Called by repair and import.
// Invariant: a sound line is carried over byte for byte; what is lost or changed is counted.

import { statSync } from "node:fs";
import type { AnyEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { sessionVersion } from "../../contracts/session-entry.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { notASession, requireKnownVersion } from "../lines/file-errors.ts";
import { decodeLine, encodeLine, lineWithHead } from "../lines/line-codec.ts";
import { idInFileName, isValidSessionId } from "../lines/locate.ts";
import { newEntryId, newSessionId } from "../lines/new-id.ts";
import { decodeStored } from "../lines/salvage.ts";
import { migratedEntries } from "../log/migrate.ts";
import { danglingCalls } from "./dangling-calls.ts";
import { ExaminedFile } from "./examined-file.ts";

export interface SoundCopy {
  header: SessionHeader;
  /** Without the header, each with its LF. */
  lines: string[];
  /** What differs from the file, one phrase each; empty when nothing does. */
  changes: string[];
}

/**
 * `cwd` is for a file that does not tell its own. Errors: `session.invalid` for a file without header and entries,
 * `session.version`, `session.not_found`, `session.unreadable`.
 */
export function soundCopy(path: string, cwd: string): SoundCopy {
  const file = new ExaminedFile(path);
  try {
    const { header, index } = file;
    const version = header === undefined ? sessionVersion : (header.version ?? 1);
    requireKnownVersion(path, { version });
    if (header !== undefined && version < sessionVersion) {
      const { header: migrated, lines } = migratedEntries(path);
      return { header: completeHeader(migrated, path, cwd), lines, changes: [`version ${version} became ${sessionVersion}`] };
    }
    if (header === undefined && index.table.count === 0) {
      throw notASession(path, "Nothing can be read from it.");
    }
    return copyOf(file, completeHeader(header ?? {}, path, cwd));
  } finally {
    file.close();
  }
}

/** What is missing, or cannot be part of a file's name, is filled from the file's name and date. */
function completeHeader(found: Partial<SessionHeader>, path: string, cwd: string): SessionHeader {
  const { id, timestamp, cwd: ownCwd, type: _, version: __, ...others } = found;
  const { mtimeMs } = statSync(path);
  return {
    type: "session",
    version: sessionVersion,
    id: [id && plainId(id), idInFileName(path)].find((one) => one !== undefined && isValidSessionId(one)) ?? newSessionId(mtimeMs),
    timestamp: isTimeInName(timestamp) ? timestamp : isoTime(mtimeMs),
    cwd: typeof ownCwd === "string" ? ownCwd : cwd,
    ...others,
  };
}

/** The same for the same, so that a session is not imported twice. */
function plainId(id: string): string {
  return isValidSessionId(id) ? id : id.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
}

function isTimeInName(timestamp: unknown): timestamp is string {
  return typeof timestamp === "string" && /^[\w.:+-]+$/.test(timestamp);
}

/** Whether repair keeps the header as it is. */
export function isSoundHeader({ id, cwd, timestamp }: SessionHeader): boolean {
  return isValidSessionId(id) && typeof cwd === "string" && isTimeInName(timestamp);
}

function copyOf(file: ExaminedFile, header: SessionHeader): SoundCopy {
  const { index } = file;
  const { table } = index;
  const dangling = new Map(danglingCalls(file).map(({ at, calls }) => [at, calls]));
  const taken = new Set<string>();
  const newId = (): string => {
    let id = newEntryId();
    while (taken.has(id) || table.find(id) !== undefined) id = newEntryId();
    taken.add(id);
    return id;
  };
  /** Indexes whose id is another than in the file, and those whose children hang on a result that was put in. */
  const newIds = new Map<number, string>();
  const lastOf = new Map<number, string>();
  for (let at = 0; at < table.count; at++) if (table.find(table.idOf(at)) !== at && !table.isDamaged(at)) newIds.set(at, newId());
  for (const [at, calls] of dangling) lastOf.set(at, calls.map(() => newId()).at(-1) ?? "");

  const lines: string[] = [];
  let mended = 0;
  let rehung = 0;
  let answered = 0;
  for (const { at, text } of file.entryTexts()) {
    const record = decodeStored(text) as AnyEntry | undefined;
    if (record === undefined) continue;
    const parent = table.parentOf(at);
    const parentId = parent < 0 ? null : (lastOf.get(parent) ?? newIds.get(parent) ?? table.idOf(parent));
    const id = newIds.get(at) ?? record.id;
    const isSound = decodeLine(text) !== undefined;
    if (!isSound) mended++;
    if (parentId !== (record.parentId ?? null) && !lastOf.has(parent)) rehung++;
    const isSame = isSound && id === record.id && parentId === (record.parentId ?? null);
    const moved = { ...record, id, parentId };
    lines.push(isSame ? `${text}\n` : isSound ? `${lineWithHead(text, moved)}\n` : encodeLine(moved));
    let hangsOn = id;
    const calls = dangling.get(at) ?? [];
    for (const [number, call] of calls.entries()) {
      const resultId = number === calls.length - 1 ? (lastOf.get(at) ?? newId()) : newId();
      lines.push(missingResult(resultId, hangsOn, record.timestamp, call));
      hangsOn = resultId;
      answered++;
    }
  }
  return { header, lines, changes: changesOf(file, { mended, rehung, renamed: newIds.size, answered }) };
}

function missingResult(id: string, parentId: string, timestamp: string, call: { id: string; name: string }): string {
  return encodeLine({
    type: "message",
    id,
    parentId,
    timestamp,
    message: {
      role: "toolResult",
      toolCallId: call.id,
      toolName: call.name,
      content: [{ type: "text", text: "No result provided" }],
      details: {},
      isError: true,
      timestamp: Date.parse(timestamp) || 0,
    },
  });
}

function changesOf(file: ExaminedFile, counts: { mended: number; rehung: number; renamed: number; answered: number }): string[] {
  const { header, index } = file;
  const dropped = index.damagedLineNumbers.filter((line) => line > 1 || header !== undefined).length + (index.torn === undefined ? 0 : 1);
  const irregular = index.irregularLineNumbers.filter((line) => line > 1 || header !== undefined).length;
  const isHeaderMade = header === undefined || !isSoundHeader(header);
  const phrases: [number, string, string][] = [
    [isHeaderMade ? 1 : 0, "header made", ""],
    [dropped, "line that nothing could be read from left out", "lines that nothing could be read from left out"],
    [Math.max(irregular, counts.mended), "line put in order", "lines put in order"],
    [counts.rehung, "entry hung on its nearest known ancestor", "entries hung on their nearest known ancestors"],
    [counts.renamed, "entry given an id of its own", "entries given ids of their own"],
    [counts.answered, "tool call given a result that says there was none", "tool calls given a result that says there was none"],
  ];
  return phrases.filter(([count]) => count > 0).map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
}
