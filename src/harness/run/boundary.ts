// What extensions may write between the steps of a run: how the context would be with it, and the writing. Called by coding-session, loaded where
// there is somebody to ask. Invariant: what is written was previewed, so that all of a proposal is written or nothing.

import type { BoundaryDraft, BoundaryPreview } from "../../contracts/boundary.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import { contentProblem } from "../../contracts/given-message.ts";
import type { Message } from "../../contracts/message.ts";
import type { NewEntry } from "../../contracts/session-entry.ts";
import { contextEntries } from "../../session/tree/context-entries.ts";
import { Session } from "../../session/tree/session.ts";
import { systemCheckpoint } from "../compaction/compaction-pass.ts";
import { contextTokens } from "../conversation/context-tokens.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { modelMessages } from "../conversation/model-messages.ts";

/** Previewed drafts, told as they are written; the context is then what the file gives. */
export async function writeDrafts(drafts: readonly BoundaryDraft[], conversation: Conversation): Promise<void> {
  const appended = append(conversation.session, drafts, conversation);
  conversation.reload();
  for (const entry of appended) await conversation.emit({ type: "entry_appended", entry });
}

/**
 * `pendingMessages`: said before the next answer, if there is one. Written to a copy in memory: an entry may refer to one before it.
 * @throws PiError `extension.bad_entries`
 */
export function previewDrafts(drafts: readonly BoundaryDraft[], pendingMessages: Message[], conversation: Conversation): BoundaryPreview {
  const { session } = conversation;
  const branch = session.branch();
  const copy = Session.fromEntries(session.header, branch);
  append(copy, drafts, conversation);
  const { messages, entryIds } = copy.context();
  const said = new Map<string, Message[]>();
  for (const [at, message] of messages.entries()) {
    const id = entryIds[at];
    if (id !== undefined) said.set(id, [...(said.get(id) ?? []), message]);
  }
  const llmMessages = modelMessages(messages);
  const last = llmMessages.at(-1);
  return {
    contextEntries: contextEntries(copy.branch()).map((sourceEntry) => ({ sourceEntry, messages: said.get(sourceEntry.id) ?? [] })),
    contextMessages: messages,
    llmMessages,
    pendingMessages,
    canContinue: pendingMessages.length > 0 || (last !== undefined && last.role !== "assistant"),
  };
}

function append(session: Session, drafts: readonly BoundaryDraft[], conversation: Conversation): ReturnType<Session["append"]>[] {
  const ids = new Set(drafts.length === 0 ? [] : session.branchIds());
  return drafts.map((draft, index) => {
    const entry = session.append(entryOf(draft, index, ids, session, conversation));
    ids.add(entry.id);
    return entry;
  });
}

function entryOf(draft: BoundaryDraft, index: number, ids: ReadonlySet<string>, session: Session, { deps }: Conversation): NewEntry {
  const refuse = (what: string): never => {
    throw new PiError("extension.bad_entries", `entries[${index}] (${String((draft as { type?: unknown } | null)?.type)}) ${what}`);
  };
  const text = (name: string, value: unknown): string => (typeof value === "string" ? value : refuse(`needs a text as ${name}`));
  const onBranch = (name: string, value: unknown): string =>
    ids.has(text(name, value)) ? (value as string) : refuse(`has the ${name} ${JSON.stringify(value)}, which is no entry of this branch`);
  const content = <T>(value: T): T => {
    const problem = contentProblem(value);
    return problem === undefined ? value : refuse(`needs a content (text or blocks): ${problem}`);
  };
  switch (draft?.type) {
    case "custom": {
      const { type, customType, data } = draft;
      return { type, customType: text("customType", customType), ...defined({ data }) };
    }
    case "custom_message": {
      const { type, customType, display, details } = draft;
      const own = { customType: text("customType", customType), content: content(draft.content), display: display !== false };
      return { type, ...own, ...defined({ details }) };
    }
    case "context_edit": {
      const { type, targetId, replacement } = draft;
      // The npm agent's handlers give the bare content, too.
      const bare: unknown = replacement;
      const given = typeof bare === "string" || Array.isArray(bare) ? { content: bare } : replacement;
      if (given !== null) content(given?.content);
      return { type, targetId: onBranch("targetId", targetId), replacement: given };
    }
    case "compaction": {
      const { type, summary, firstKeptEntryId, details, usage } = draft;
      const { messages, edited } = session.context();
      const systemMessage = systemCheckpoint(messages, deps.clock.now());
      return {
        type,
        summary: text("summary", summary),
        firstKeptEntryId: firstKeptEntryId === null ? null : onBranch("firstKeptEntryId", firstKeptEntryId),
        tokensBefore: contextTokens(messages, edited).tokens,
        ...defined({ details, usage }),
        fromHook: true,
        ...defined({ systemMessage }),
      };
    }
    default:
      return refuse("is of a type that cannot be written here: custom, custom_message, context_edit, compaction can");
  }
}
