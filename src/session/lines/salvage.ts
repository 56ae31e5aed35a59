// What can be saved from lines that are no JSON: records glued together on one line, NUL blocks, records broken by a raw newline.
// Called by line-index for the few lines that need it. Works on latin1 text, in which a character is a byte, so that positions are file positions.

import type { AnyEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { decodeLine, isEntry, isHeader } from "./line-codec.ts";

export interface Piece {
  /** In the text, end exclusive. */
  start: number;
  end: number;
  /** `undefined`: nothing usable between start and end. */
  entry: Pick<AnyEntry, "id" | "parentId" | "type"> | undefined;
}

/** A record as it stands in the file, or as it must have been meant: raw control characters escaped, NUL bytes dropped. */
export function decodeStored(text: string): Record<string, unknown> | undefined {
  const plain = decodeLine(text);
  if (plain !== undefined || !/[\0-\x1f]/.test(text)) return plain;
  const repaired = text
    .replace(/\0+/g, "")
    .trim()
    .replace(/[\x01-\x1f]/g, (character) => JSON.stringify(character).slice(1, -1));
  return decodeLine(repaired);
}

/** Where a record of a session may begin in the middle of a line. Inside a JSON string its quotes would be escaped. */
const recordStart = /\{ ?"type": ?"[^"\\]{1,64}", ?"(?:id|version)":/g;
/** More candidates than this on one line are no glued records but something else. */
const maxCandidates = 2000;

/** Cuts a line that is no JSON into the records found on it and what is left over. */
export function splitGlued(text: string): Piece[] {
  const starts = [0];
  for (const match of text.matchAll(recordStart)) {
    if (match.index > 0) starts.push(match.index);
    if (starts.length > maxCandidates) break;
  }
  const pieces: Piece[] = [];
  for (let i = 0; i < starts.length; ) {
    const start = starts[i] ?? 0;
    let next = i + 1;
    let entry: AnyEntry | undefined;
    // A candidate may lie inside a record (an argument that looks like an entry), so longer pieces are tried as well.
    for (let j = i + 1; j <= Math.min(starts.length, i + 32) && entry === undefined; j++) {
      const record = decodeStored(text.slice(start, starts[j] ?? text.length));
      if (isEntry(record)) {
        entry = record;
        next = j;
      }
    }
    pieces.push({ start, end: starts[next] ?? text.length, entry });
    i = next;
  }
  return pieces;
}

/** A header behind NULs or a byte order mark, or with a record glued to it, and where in the line it ends. */
export function damagedHeader(line: string): { header: SessionHeader; end: number } | undefined {
  const start = /^[\0\s\xef\xbb\xbf]*/.exec(line)?.[0].length ?? 0;
  const [first] = splitGlued(line.slice(start));
  const end = start + (first?.end ?? 0);
  const header = decodeStored(Buffer.from(line.slice(start, end), "latin1").toString("utf8"));
  return isHeader(header) ? { header, end } : undefined;
}

/** Id and parent of a record whose rest is lost, so that its children can hang on its parent. */
export function identityOf(text: string): { id: string; parentId: string | null } | undefined {
  const head = text.slice(0, 1024);
  const id = /"id": ?"([^"\\]{1,64})"/.exec(head)?.[1];
  const parent = /"parentId": ?(?:null|"([^"\\]{1,64})")/.exec(head);
  return id === undefined || parent === null ? undefined : { id, parentId: parent[1] ?? null };
}
