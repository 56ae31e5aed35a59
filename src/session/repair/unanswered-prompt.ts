// Finds the prompt at the end of a session that was never answered: what a process leaves that was killed before the model had spoken. Called by
// check. Invariant: however a run ends in order, its prompt has an answer, a failed or an aborted one too; tool results may be the last of one.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import { noParent } from "../index/entry-table.ts";
import { decodeStored } from "../lines/salvage.ts";
import type { ExaminedFile } from "./examined-file.ts";

/** Index of its entry. */
export function unansweredPrompt(file: ExaminedFile): number | undefined {
  const { table } = file.index;
  for (let at = table.count - 1; at !== noParent && at >= 0 && !table.isDamaged(at); at = table.parentOf(at)) {
    const entry = decodeStored(file.textOf(at)) as AnyEntry | undefined;
    // What stood before a summary has ended, or was left.
    if (entry === undefined || isA(entry, "compaction") || isA(entry, "branch_summary")) return undefined;
    const role = isA(entry, "message") ? entry.message?.role : undefined;
    if (role === "user") return at;
    if (role === "assistant" || role === "toolResult") return undefined;
  }
  return undefined;
}
