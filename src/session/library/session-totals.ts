// What a session's model calls used, call by call, from its file. Called by `pi sessions stats`.
// Invariant: a line is decoded only when it can hold a usage; entries of all branches count, since all were paid for.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import type { Usage } from "../../contracts/usage.ts";
import { lineAround, lineBlocks } from "../lines/line-blocks.ts";
import { decodeEntry } from "../lines/sound-entry.ts";

export interface UsedCall {
  /** The same in every copy of the entry: forks and imports carry entries over with id and time. */
  key: string;
  /** Unix ms; NaN when the entry does not tell. */
  timestampMs: number;
  /** `provider/id`; of a summary or a tool the model in use then. */
  model: string;
  usage: Usage;
  /** An answer of the model, not a summary or a tool's own call. */
  isAnswer: boolean;
}

const marks = ['"usage"', '"model_change"'].map((text) => Buffer.from(text));

/** In file order; of the first so many bytes. Throws Node's errors. */
export function* usedCalls(path: string, maxBytes?: number): Generator<UsedCall> {
  let model = "unknown";
  for (const block of lineBlocks(path, undefined, maxBytes)) {
    for (const text of markedLines(block)) {
      const entry = decodeEntry(text);
      if (entry === undefined) continue;
      if (isA(entry, "model_change")) model = `${entry.provider}/${entry.modelId}`;
      const { usage, model: own, isAnswer } = usageOf(entry);
      if (isAnswer && own !== undefined) model = own;
      if (!isUsage(usage)) continue;
      yield { key: `${entry.id} ${entry.timestamp}`, timestampMs: Date.parse(entry.timestamp), model: own ?? model, usage, isAnswer };
    }
  }
}

function* markedLines(block: Buffer): Generator<string> {
  const hits = marks.map((mark) => block.indexOf(mark));
  for (;;) {
    const hit = Math.min(...hits.map((at) => (at < 0 ? Number.POSITIVE_INFINITY : at)));
    if (hit === Number.POSITIVE_INFINITY) return;
    const { start, end } = lineAround(block, hit);
    yield block.toString("utf8", start, end);
    for (const [which, mark] of marks.entries()) {
      const at = hits[which] ?? -1;
      if (at >= 0 && at < end) hits[which] = block.indexOf(mark, end);
    }
  }
}

function usageOf(entry: AnyEntry): { usage?: unknown; model?: string; isAnswer: boolean } {
  if (isA(entry, "usage")) return { usage: entry.usage, model: `${entry.provider}/${entry.model}`, isAnswer: false };
  if (isA(entry, "compaction") || isA(entry, "branch_summary")) return { usage: entry.usage, isAnswer: false };
  if (!isA(entry, "message")) return { isAnswer: false };
  const { message } = entry;
  if (message?.role === "assistant") return { usage: message.usage, model: `${message.provider}/${message.model}`, isAnswer: true };
  return message?.role === "toolResult" ? { usage: message.usage, isAnswer: false } : { isAnswer: false };
}

function isUsage(usage: unknown): usage is Usage {
  return typeof usage === "object" && usage !== null && typeof (usage as Usage).input === "number";
}

/** Sums of calls. Tokens as in a usage; `cost` in USD. */
export interface UsageTotal {
  answers: number;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  totalTokens: number;
  cost: number;
}

export function emptyTotal(): UsageTotal {
  return { answers: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0, cost: 0 };
}

export function addCall(total: UsageTotal, { usage, isAnswer }: UsedCall): void {
  const count = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
  if (isAnswer) total.answers++;
  total.input += count(usage.input);
  total.output += count(usage.output);
  total.cacheRead += count(usage.cacheRead);
  total.cacheWrite += count(usage.cacheWrite);
  total.totalTokens += count(usage.totalTokens);
  total.cost += count(usage.cost?.total);
}
