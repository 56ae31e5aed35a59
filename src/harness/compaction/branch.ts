// Places in the session's tree: entries by id, where a fork begins, labels. Called by coding-session, navigate and commands.

import { PiError } from "../../contracts/error.ts";
import { textOf } from "../../contracts/message.ts";
import type { AnyEntry } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import type { Conversation } from "../conversation/conversation.ts";

/** @throws PiError `session.entry_not_found`. */
export function entryAt(entryId: string, { session }: Conversation): AnyEntry {
  const entry = session.entry(entryId);
  if (entry === undefined) throw new PiError("session.entry_not_found", `Entry not found: ${entryId}`);
  return entry;
}

/** What a fork may begin anew with: the user's messages on all branches, in the order of the file. */
export function forkMessages({ session }: Conversation): { entryId: string; text: string }[] {
  return session.entries().flatMap((entry) => {
    const message = isA(entry, "message") ? entry.message : undefined;
    return message?.role === "user" ? [{ entryId: entry.id, text: textOf(message.content) }] : [];
  });
}

/** Where a fork that begins anew with this message of the user's, on whatever branch, hangs, and what the message said. @throws PiError `session.invalid_fork`. */
export function forkPoint(entryId: string, { session }: Conversation): { leafId: string | null; text: string } {
  const entry = session.entry(entryId);
  if (!isA(entry, "message") || entry.message.role !== "user") {
    throw new PiError("session.invalid_fork", "Invalid entry ID for forking", { hint: `${entryId} is no message of yours` });
  }
  // Not the entry's own word on its parent: that may be a damaged line.
  return { leafId: session.branchIds(entryId).at(-2) ?? null, text: textOf(entry.message.content) };
}

/** An empty label is none. @throws PiError `session.entry_not_found`. */
export function setLabel(entryId: string, label: string | undefined, conversation: Conversation): void {
  entryAt(entryId, conversation);
  const text = label?.trim();
  conversation.session.append({ type: "label", targetId: entryId, ...(text ? { label: text } : {}) });
}
