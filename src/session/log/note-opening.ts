// Finds what a compaction's line notes for the next time its session is opened. Called by file-log before it appends one.
// Invariant: only what stands in the file is noted, and where that cannot be told nothing is.

import { isA } from "../../contracts/session-entry.ts";
import { noParent } from "../index/entry-table.ts";
import type { OpeningNote } from "../lines/opening-note.ts";
import type { LinePlace } from "../lines/read-lines.ts";
import type { SessionLog } from "./session-log.ts";

/** For a compaction that hangs on `parentId` and whose line will begin at `at`. Throws IndexChanged when it finds a damage. */
export function openingNote(log: SessionLog, parentId: string | null, at: number): OpeningNote | undefined {
  const { table } = log;
  const parent = parentId === null ? undefined : table.find(parentId);
  if (parent === undefined) return undefined;
  const path = table.pathTo(parent);
  const isWritten = (index: number): boolean => index === noParent || table.startOf(index) > 0;
  const placeOf = (index: number): LinePlace | null =>
    index === noParent ? null : { start: table.startOf(index), length: table.lengthOf(index) };
  const onPath = (position: number): number => path[position] ?? noParent;
  const level = onPath(table.lastOfType("thinking_level_change", path, path.length));
  const model = onPath(table.lastOfType("model_change", path, path.length));
  const answer = onPath(lastAnswer(log, path));
  let name = table.count - 1;
  while (name >= 0 && table.typeOf(name) !== "session_info") name--;
  if (![level, model, answer, name].every(isWritten)) return undefined;
  return {
    at,
    name: placeOf(name),
    settings: { thinking_level_change: placeOf(level), model_change: placeOf(model), answer: placeOf(answer) },
  };
}

/** Position on the path; -1: none. */
function lastAnswer(log: SessionLog, path: Int32Array): number {
  for (let position = log.table.lastOfType("message", path, path.length); position >= 0; ) {
    const entry = log.entriesAt(path.subarray(position, position + 1))[0];
    if (isA(entry, "message") && entry.message?.role === "assistant") return position;
    position = log.table.lastOfType("message", path, position);
  }
  return -1;
}
