// Going to another entry of the session's tree, with or without a summary of the branch that is left. Called by coding-session.
// Invariant: the leaf moves only when all that was asked for has succeeded.

import { defined } from "../../contracts/defined.ts";
import { isPiError } from "../../contracts/error.ts";
import type { TreePreparation } from "../../contracts/extension-event.ts";
import type { Message, UserContent } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { AnyEntry, FileLists, NewEntry } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import { addUsage, type Usage } from "../../contracts/usage.ts";
import { estimateTokens } from "../conversation/context-tokens.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { entryAt, setLabel } from "./branch.ts";
import type { Compactor } from "./compact.ts";
import { collectFileLists, fileListsIn, withFileLists } from "./file-lists.ts";
import { type Spent, summarize } from "./summarizer.ts";
import { branchInstructions } from "./summary-prompts.ts";

export interface NavigateOptions {
  /** Leave a summary of the branch that is left at the place that is gone to. */
  summarize?: boolean;
  customInstructions?: string;
  /** They stand in place of the usual ones. */
  replaceInstructions?: boolean;
  /** Put on the summary, or on the entry that is gone to where there is none. */
  label?: string;
}

export interface Navigation {
  /** The summary was aborted; nothing has moved. */
  cancelled: boolean;
  /** Of the message gone to, to be sent anew. */
  text?: string;
  summaryEntryId?: string;
}

/**
 * A message of the user's is gone to in order to say it otherwise: the leaf is then what stands before it.
 * Rejects with `session.entry_not_found`, `session.busy_compaction`, `session.summarization_failed`.
 */
export async function navigate(
  entryId: string | null,
  options: NavigateOptions,
  conversation: Conversation,
  compactor: Compactor,
): Promise<Navigation> {
  try {
    // The move too: a prompt that comes meanwhile must find the tree at rest.
    return await compactor.exclusively((signal) => move(entryId, options, signal, conversation));
  } catch (error) {
    if (isPiError(error) && error.code === "session.compaction_cancelled") return { cancelled: true };
    throw error;
  }
}

async function move(
  entryId: string | null,
  options: NavigateOptions,
  signal: AbortSignal,
  conversation: Conversation,
): Promise<Navigation> {
  const { session } = conversation;
  const content = entryId === null ? undefined : ownWords(entryAt(entryId, conversation));
  // Not the entry's own word on its parent: that may be a damaged line.
  const leafId = content === undefined ? entryId : (session.branchIds(entryId).at(-2) ?? null);
  const left = options.summarize ? leftBehind(leafId, conversation) : [];
  const fromId = session.leafId;
  const { interceptor } = conversation.deps;
  const asked = await interceptor?.beforeTree?.({ preparation: preparationOf(entryId, leafId, left, options, conversation), signal });
  if (asked?.cancel === true || signal.aborted) return { cancelled: true };
  const given = left.length > 0 ? asked?.summary : undefined;
  const { customInstructions, replaceInstructions, label } = { ...options, ...defined({ ...asked }) };
  const focus = defined({ customInstructions, replaceInstructions });
  const own = left.length > 0 && given === undefined ? await summarizeBranch(left, focus, signal, conversation) : undefined;
  const summary = given === undefined ? own : { ...given, fromHook: true };
  session.navigate(leafId);
  const entry = summary && session.append({ type: "branch_summary", fromId, ...summary });
  const labelled = entry?.id ?? entryId;
  if (label !== undefined && labelled !== null) setLabel(labelled, label, conversation);
  conversation.choices.forgetRecorded();
  conversation.reload();
  await interceptor?.treeChanged?.({
    newLeafId: session.leafId,
    oldLeafId: fromId,
    fromExtension: given !== undefined,
    ...(isA(entry, "branch_summary") ? { summaryEntry: entry } : {}),
  });
  return {
    cancelled: false,
    ...(content === undefined ? {} : { text: textOf(content) }),
    ...(entry ? { summaryEntryId: entry.id } : {}),
  };
}

/** The entry that says what is left behind where the session goes on from `leafId`; nothing moves. */
export async function summarizeLeft(
  leafId: string | null,
  focus: string | undefined,
  signal: AbortSignal,
  conversation: Conversation,
): Promise<NewEntry | undefined> {
  const left = leftBehind(leafId, conversation);
  if (left.length === 0) return undefined;
  return {
    type: "branch_summary",
    fromId: conversation.session.leafId,
    ...(await summarizeBranch(left, defined({ customInstructions: focus }), signal, conversation)),
  };
}

function preparationOf(
  targetId: string | null,
  leafId: string | null,
  left: readonly Left[],
  { summarize = false, ...wishes }: NavigateOptions,
  { session }: Conversation,
): TreePreparation {
  const there = new Set(session.branchIds(leafId));
  return {
    targetId,
    oldLeafId: session.leafId,
    commonAncestorId: session.branchIds().findLast((id) => there.has(id)) ?? null,
    entriesToSummarize: left.flatMap((one) => session.entry(one.entryId) ?? []),
    userWantsSummary: summarize,
    ...defined(wishes),
  };
}

function ownWords(entry: AnyEntry): string | UserContent[] | undefined {
  if (isA(entry, "message") && entry.message.role === "user") return entry.message.content;
  return isA(entry, "custom_message") ? entry.content : undefined;
}

interface Left {
  message: Message;
  entryId: string;
}

/** What the model was shown on the present branch and is not shown any more at the new leaf. */
function leftBehind(leafId: string | null, { session }: Conversation): Left[] {
  const staying = new Set(session.branchIds(leafId));
  const { messages, entryIds } = session.context();
  return messages.flatMap((message, at) => {
    const entryId = entryIds[at];
    const isLeft = entryId !== undefined && !staying.has(entryId) && message.role !== "system" && estimateTokens(message) > 0;
    return isLeft ? { message, entryId } : [];
  });
}

async function summarizeBranch(
  left: readonly Left[],
  { customInstructions, replaceInstructions = false }: Pick<NavigateOptions, "customInstructions" | "replaceInstructions">,
  signal: AbortSignal,
  conversation: Conversation,
): Promise<{ summary: string; usage: Usage; details: FileLists }> {
  const messages = left.map(({ message }) => message);
  const purpose = { source: "branchSummary" as const };
  const said =
    replaceInstructions && customInstructions !== undefined
      ? { instructions: customInstructions }
      : { instructions: branchInstructions, ...defined({ focus: customInstructions }) };
  const job = { purpose, messages, ...said };
  const spent: Spent[] = [];
  const text = await summarize(job, signal, conversation, spent);
  const usage = spent.map((one) => one.usage).reduce(addUsage);
  const earlier = left.flatMap(({ entryId }) => {
    const entry = conversation.session.entry(entryId);
    return (isA(entry, "branch_summary") || isA(entry, "compaction")) && !entry.fromHook ? fileListsIn(entry.details) : [];
  });
  const details = collectFileLists(messages, earlier);
  return { summary: withFileLists(text, details), usage, details };
}
