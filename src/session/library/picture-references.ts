// The pictures of the store that a session's file refers to, on whatever branch, in whatever state its lines are. Called by `pi sessions gc`.
// Invariant: what might be a reference counts as one; of a file in which one could be hidden the error says so, and it is never taken for empty.

import { closeSync, openSync, readSync } from "node:fs";
import { blobHashOf, blobReference } from "../../contracts/blob-store.ts";
import { PiError } from "../../contracts/error.ts";
import { requireKnownVersion, requireRegularFile, unreadable } from "../lines/file-errors.ts";
import { lineAround, lineBlocks } from "../lines/line-blocks.ts";
import { decodeLine, isHeader } from "../lines/line-codec.ts";
import { idInFileName } from "../lines/locate.ts";
import { damagedHeader } from "../lines/salvage.ts";

const mark = Buffer.from('"blob:');
const longestReference = blobReference("0".repeat(64)).length;
const headBytes = 64 * 1024;

/** Hashes in a line that is whole. */
export function picturesInLine(line: string): string[] {
  return [...line.matchAll(/"blob:sha256:([0-9a-f]{64})"/g)].map(([, hash = ""]) => hash);
}

/** Hashes. Errors: `session.invalid`, `session.unreadable`, `session.version`, `session.not_found` for one that has gone meanwhile. */
export function picturesReferredTo(path: string): Set<string> {
  requireRegularFile(path);
  const hashes = new Set<string>();
  try {
    requireKnownHeader(path);
    for (const block of lineBlocks(path)) {
      for (let at = block.indexOf(mark); at >= 0; at = block.indexOf(mark, at + mark.length)) takeReference(block, at, hashes, path);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return hashes;
}

/** A line that is whole says what it says; in one that is damaged half a reference may have been a whole one. */
function takeReference(block: Buffer, at: number, hashes: Set<string>, path: string): void {
  const start = at + 1;
  const hash = blobHashOf(block.toString("latin1", start, start + longestReference));
  if (hash !== undefined) {
    hashes.add(hash);
    return;
  }
  const line = lineAround(block, at);
  if (decodeLine(block.toString("utf8", line.start, line.end)) !== undefined) return;
  throw new PiError("session.unreadable", `Session file ${path} refers to a picture in a line that is damaged`, {
    hint: "pi sessions repair mends it.",
  });
}

function requireKnownHeader(path: string): void {
  const head = headOf(path);
  const line = head.subarray(0, head.includes(0x0a) ? head.indexOf(0x0a) : head.length);
  const record = decodeLine(line.toString("utf8"));
  const header = isHeader(record) ? record : damagedHeader(line.toString("latin1"))?.header;
  if (header === undefined) {
    // Only what is called a session must be one.
    if (head.length === 0 || idInFileName(path) === undefined) return;
    throw new PiError("session.unreadable", `Session file ${path} cannot be read: it does not begin as a session does`, {
      hint: "Mend it with pi sessions repair, or move it away.",
    });
  }
  requireKnownVersion(path, header);
}

function headOf(path: string): Buffer {
  const descriptor = openSync(path, "r");
  try {
    const head = Buffer.alloc(headBytes);
    return head.subarray(0, readSync(descriptor, head, 0, head.length, 0));
  } finally {
    closeSync(descriptor);
  }
}
