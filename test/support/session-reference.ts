// A slow, obvious reading of a session file: parse everything, then look. What the session store is compared with.

import { defined } from "../../src/contracts/defined.ts";
import type { SessionContext, SessionOutline } from "../../src/session/tree/session.ts";

export interface Line {
  type: string;
  id: string;
  parentId: string | null;
  timestamp: string;
  // biome-ignore lint/suspicious/noExplicitAny: the fields of any entry type
  [field: string]: any;
}

export function parseLines(text: string): Line[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .slice(1)
    .map((line) => JSON.parse(line));
}

export function pathOf(lines: readonly Line[], leafId: string | null): Line[] {
  const path: Line[] = [];
  const known = new Map(lines.toReversed().map((line) => [line.id, line]));
  // Of two with one id the first.
  for (let line = known.get(leafId ?? ""); line !== undefined; line = known.get(line.parentId ?? "")) path.push(line);
  return path.reverse();
}

/** A path as a fork or an export holds it: behind it the labels of its entries that were set elsewhere and, for an export, the name. A fork has none. */
export function copyOf(lines: readonly Line[], leafId: string | null, { name }: { name: boolean }): Line[] {
  const path = pathOf(lines, leafId);
  const labelIn = (where: readonly Line[], id: string): Line | undefined =>
    where.findLast(({ type, targetId }) => type === "label" && targetId === id);
  const behind = lines.filter((line) => {
    if (path.includes(line)) return false;
    if (line.type === "session_info") return name && path.length > 0 && line === lines.findLast(({ type }) => type === "session_info");
    const isLast = line.type === "label" && line === labelIn(lines, line.targetId) && path.some(({ id }) => id === line.targetId);
    return isLast && Boolean(line.label ?? labelIn(path, line.targetId)?.label);
  });
  // The name comes last.
  behind.sort((one, other) => Number(one.type === "session_info") - Number(other.type === "session_info"));
  const copied = [...path, ...behind].map((line, at, all) => ({ ...line, parentId: all[at - 1]?.id ?? null }));
  if (name) return copied;
  return copied.map(
    (line) => (line.type === "session_info" ? Object.fromEntries(Object.entries(line).filter(([key]) => key !== "name")) : line) as Line,
  );
}

export function contextOf(
  lines: readonly Line[],
  leafId: string | null,
): { ids: (string | null)[]; messages: unknown[]; model: unknown; level: unknown } {
  const path = pathOf(lines, leafId);
  const lastCompaction = path.findLast(({ type }) => type === "compaction");
  let chosen = path;
  if (lastCompaction !== undefined) {
    const at = path.indexOf(lastCompaction);
    const keptFrom = path.slice(0, at).findIndex(({ id }) => id === lastCompaction.firstKeptEntryId);
    const kept = keptFrom < 0 ? [] : path.slice(keptFrom, at);
    chosen = [lastCompaction, ...kept.filter((line) => line.message?.role !== "system"), ...path.slice(at + 1)];
  }
  const found: { id: string | null; message: Record<string, unknown> }[] = [];
  const edits = path.filter(({ type }) => type === "context_edit");
  for (const line of chosen) {
    const edit = edits.findLast(({ targetId }) => targetId === line.id);
    for (const original of messagesOf(line, line === lastCompaction)) {
      if (edit === undefined) found.push({ id: line.id, message: original });
      else if (edit.replacement !== null)
        found.push({ id: line.id, message: edited(original, edit.replacement.content ?? edit.replacement) });
    }
  }
  const answered: typeof found = [];
  for (const [at, one] of found.entries()) {
    answered.push(one);
    const endsResults = found[at + 1]?.message.role !== "toolResult";
    if (!endsResults) continue;
    // The assistant message these results (if any) directly follow.
    let owner = at;
    while (found[owner]?.message.role === "toolResult") owner--;
    const message = found[owner]?.message;
    if (message?.role !== "assistant" || message.stopReason === "error" || message.stopReason === "aborted") continue;
    let next = owner + 1;
    while (next < found.length && found[next]?.message.role !== "assistant") next++;
    const results = found.slice(owner + 1, next).map((other) => other.message.toolCallId);
    for (const block of message.content as Record<string, unknown>[]) {
      if (block.type !== "toolCall" || results.includes(block.id)) continue;
      answered.push({
        id: null,
        message: {
          role: "toolResult",
          toolCallId: block.id,
          toolName: block.name,
          content: [{ type: "text", text: "No result provided" }],
          details: {},
          isError: true,
          timestamp: message.timestamp,
        },
      });
    }
  }
  const answers = path.filter((line) => line.message?.role === "assistant");
  const last = path.findLast((line) => line.type === "model_change" || answers.includes(line));
  const choice = last && (chosenMeanwhile(path, last) ?? last);
  return {
    ids: answered.map(({ id }) => id),
    messages: answered.map(({ message }) => message),
    model: choice && { provider: choice.provider ?? choice.message.provider, modelId: choice.modelId ?? choice.message.model },
    level: path.findLast(({ type }) => type === "thinking_level_change")?.thinkingLevel ?? answers.at(-1)?.message.thinkingLevel,
  };
}

/** The change of the model that was made while an answer came in: with no message between the two. */
function chosenMeanwhile(path: readonly Line[], answer: Line): Line | undefined {
  if (answer.type !== "message") return undefined;
  const before = path.slice(0, path.indexOf(answer));
  const change = before.slice(before.findLastIndex(({ type }) => type === "message") + 1).findLast(({ type }) => type === "model_change");
  return change !== undefined && Date.parse(change.timestamp) > answer.message.timestamp ? change : undefined;
}

function messagesOf(line: Line, isLastCompaction: boolean): Record<string, unknown>[] {
  const timestamp = Date.parse(line.timestamp);
  if (line.type === "message") return [line.message];
  if (line.type === "compaction") {
    const summary = { role: "compactionSummary", summary: line.summary, tokensBefore: line.tokensBefore, timestamp };
    if (!isLastCompaction) return [];
    return line.systemMessage ? [line.systemMessage, summary] : [summary];
  }
  if (line.type === "branch_summary") return [{ role: "branchSummary", summary: line.summary, fromId: line.fromId, timestamp }];
  if (line.type === "custom_message") {
    const { customType, content, display } = line;
    return [{ role: "custom", customType, content, display, timestamp }];
  }
  return [];
}

function edited(message: Record<string, unknown>, replacement: unknown): Record<string, unknown> {
  if (!["user", "custom", "assistant", "toolResult"].includes(message.role as string)) return message;
  if (message.role === "user" || message.role === "custom") return { ...message, content: replacement };
  return { ...message, content: typeof replacement === "string" ? [{ type: "text", text: replacement }] : replacement };
}

export function treeOf(
  lines: readonly Line[],
  parentId: string | null = null,
): { id: string; label: string | undefined; children: unknown[] }[] {
  return lines
    .filter((line) => line.parentId === parentId)
    .map(({ id }) => ({
      id,
      label: lines.findLast(({ type, targetId }) => type === "label" && targetId === id)?.label,
      children: treeOf(lines, id),
    }));
}

/** What is known of a context without most of its messages. */
export function outlineOf({ messages, model, thinkingLevel }: SessionContext): SessionOutline {
  const systemMessages = messages.filter((message) => message.role === "system");
  return { ...defined({ model, thinkingLevel }), systemMessages };
}
