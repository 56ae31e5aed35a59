// What a conversation has to know of a session before any of its messages is shown to a model: what is in force at the end of its path. Called by session.
// Invariant: it is what the whole context says, and of the messages only those are decoded that it comes from.

import type { Message, SystemMessage } from "../../contracts/message.ts";
import type { AnyEntry, EntryOf } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import type { PathView } from "../log/session-log.ts";
import { editedMessage, entryAt, latestEdits, type RecordedSettings, settingsOf } from "./build-context.ts";

export interface SessionOutline extends RecordedSettings {
  /** Those of the context, in order. */
  systemMessages: SystemMessage[];
}

/** A string of its own wherever it stands in a line: within another one its quotes would be escaped. */
const systemRole = '"system"';

export function outlineOf(path: PathView, offsetsOf: (text: string, from: number) => number[]): SessionOutline {
  const compactionAt = path.lastOfType("compaction", path.length);
  const compaction = entryAt(path, compactionAt);
  const edits = latestEdits(editsOf(path));
  const messages: (Message | undefined)[] = [];
  if (isA(compaction, "compaction") && edits.get(compaction.id)?.replacement !== null) messages.push(compaction.systemMessage);
  // The checkpoint of a compaction says all that was said before it.
  for (const position of systemPositions(path, compactionAt + 1, offsetsOf)) {
    const entry = entryAt(path, position);
    if (isA(entry, "message") && entry.message?.role === "system") messages.push(editedMessage(entry, edits));
  }
  return { ...settingsOf(path), systemMessages: messages.filter((message) => message?.role === "system") };
}

function editsOf(path: PathView): EntryOf<"context_edit">[] {
  const edits: AnyEntry[] = [];
  for (let at = path.lastOfType("context_edit", path.length); at >= 0; at = path.lastOfType("context_edit", at)) {
    const entry = entryAt(path, at);
    if (entry !== undefined) edits.unshift(entry);
  }
  return edits.filter((entry) => isA(entry, "context_edit"));
}

/** So many entries that lie so far apart are read sooner than the file between them is searched for what they may hold. */
const [fewEntries, apartBytes] = [512, 4096];

/** Of the entries from a position on that can be system messages; of few that lie far apart, and of what is in no file, all. */
function systemPositions(path: PathView, from: number, offsetsOf: (text: string, from: number) => number[]): number[] {
  const count = path.length - from;
  const areFew = count <= fewEntries && path.startAt(path.length - 1) - path.startAt(from) > count * apartBytes;
  let stored = from;
  for (let last = -1; stored < path.length && !areFew; stored++) {
    const start = path.startAt(stored);
    // A parent may stand behind its child.
    if (start <= last) break;
    last = start;
  }
  const offsets = stored === from ? [] : offsetsOf(systemRole, path.startAt(from));
  const positions = new Set(offsets.map((offset) => positionAt(path, offset, from, stored)));
  for (let position = stored; position < path.length; position++) positions.add(position);
  return [...positions].sort((one, other) => one - other);
}

/** The position of the last line that begins before an offset. */
function positionAt(path: PathView, offset: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (path.startAt(middle) <= offset) low = middle;
    else high = middle;
  }
  return low;
}
