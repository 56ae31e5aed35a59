// A session, or one branch of it, as a session file. Called by `pi sessions export`.
// Invariant: entries are carried over byte for byte; the file opens here and in the npm agent.

import type { EntrySource } from "../contracts/entry-source.ts";
import { sessionVersion } from "../contracts/session-entry.ts";
import { type ExportTarget, writeExport } from "./write-export.ts";

export interface JsonlOptions {
  /** Last entry of the branch; default where the session stands. */
  leafId?: string | null;
  /** Every branch. */
  all?: boolean;
}

/** The default name is that of the HTML export with `.jsonl`. */
export async function exportJsonl(session: EntrySource, target: ExportTarget & JsonlOptions): Promise<{ path: string }> {
  return writeExport(session, target, "jsonl", jsonlChunks(session, target));
}

/** Whole lines. */
export function* jsonlChunks(session: EntrySource, options: JsonlOptions = {}): Generator<string> {
  yield `${JSON.stringify({ ...session.header, version: Math.max(sessionVersion, session.header.version) })}\n`;
  const { leafId } = options;
  for (const line of session.lines(options.all ? "all" : { ...(leafId !== undefined && { leafId }) })) yield `${line}\n`;
}
