// Entries of other writers in the shape that ours have: what is missing or of another kind becomes something neutral, blocks that nobody here
// can read are left out, and all that is said stays. Called wherever a stored entry is decoded; the file keeps its bytes.
// Invariant: never throws; an entry as we write them comes back as it is.

import { isDeeperThan, maxArgumentLevels } from "../../contracts/depth.ts";
import { isAmount, isAssistantContent, isUsage, isUserContent } from "../../contracts/given-message.ts";
import type { AnyEntry } from "../../contracts/session-entry.ts";
import { emptyUsage } from "../../contracts/usage.ts";
import { isEntry } from "./line-codec.ts";
import { withoutNote } from "./opening-note.ts";
import { decodeStored } from "./salvage.ts";

type Fields = Record<string, unknown>;

/** The entry on a line, or nothing where there is none. */
export function decodeEntry(text: string): AnyEntry | undefined {
  const record = decodeStored(text);
  return isEntry(record) ? soundEntry(record) : undefined;
}

/** The entries of a text that is a list of so many of them in JSON, which is read faster than one by one; nothing where it is something else. */
export function decodeEntries(list: string, count: number): AnyEntry[] | undefined {
  let records: unknown;
  try {
    records = JSON.parse(list);
  } catch {
    return undefined;
  }
  if (!Array.isArray(records) || records.length !== count) return undefined;
  for (let at = 0; at < count; at++) {
    const record: unknown = records[at];
    if (!isRecord(record) || !isEntry(record)) return undefined;
    records[at] = soundEntry(record);
  }
  return records;
}

export function soundEntry(stored: AnyEntry): AnyEntry {
  const shape = Object.hasOwn(entryShapes, stored.type) ? entryShapes[stored.type] : undefined;
  if (shape === undefined) return stored;
  const entry = stored.type === "compaction" ? withoutNote(stored) : stored;
  const timestamp = typeof entry.timestamp === "string" ? entry.timestamp : "";
  const fixed = shape(entry as Fields, timestamp);
  if (timestamp === entry.timestamp) return fixed === undefined ? entry : ({ ...entry, ...fixed } as AnyEntry);
  return { ...entry, ...fixed, timestamp } as AnyEntry;
}

/** What of an entry, or of a message, must be put right; nothing where all is. `timestamp`: the entry's, or an empty text. */
type Shape = (fields: Fields, timestamp: string) => Fields | undefined;

/** Unix milliseconds; 0 where it is none. Not worked out before it is needed: it would cost as much as all else here. */
function timeOf(timestamp: string): number {
  return Date.parse(timestamp) || 0;
}

const entryShapes: Record<string, Shape | undefined> = {
  message: ({ message }, timestamp) => {
    // Of no role: nobody says it.
    if (!isRecord(message)) return { message: { role: "", timestamp: timeOf(timestamp) } };
    const shape = Object.hasOwn(messageShapes, message.role as string) ? messageShapes[message.role as string] : undefined;
    const fixed = shape?.(message, timestamp);
    if (typeof message.timestamp === "number") return fixed && { message: { ...message, ...fixed } };
    return { message: { ...message, timestamp: timeOf(timestamp), ...fixed } };
  },
  compaction: (fields, timestamp) => {
    const { systemMessage } = fields;
    const isOdd = systemMessage !== undefined && !(isRecord(systemMessage) && systemMessage.role === "system");
    const system = isRecord(systemMessage) ? messageShapes.system?.(systemMessage, timestamp) : undefined;
    return merged(
      texts(fields, "summary", "firstKeptEntryId"),
      numbers(fields, "tokensBefore"),
      isOdd ? { systemMessage: undefined } : system && { systemMessage: { ...(systemMessage as Fields), ...system } },
      fields.usage === undefined ? undefined : usageOf(fields),
    );
  },
  branch_summary: (fields) => merged(texts(fields, "summary"), fields.usage === undefined ? undefined : usageOf(fields)),
  custom_message: (fields) => merged(texts(fields, "customType"), contentOf(fields)),
  usage: (fields) => merged(texts(fields, "kind", "provider", "model"), usageOf(fields)),
  model_change: (fields) => texts(fields, "provider", "modelId"),
  context_edit: (fields) => {
    const { replacement } = fields;
    if (replacement === null || typeof replacement === "string" || Array.isArray(replacement)) return undefined;
    // Without a new content there is nothing to replace it with: the edit has no target.
    if (!isRecord(replacement) || replacement.content === undefined) return { targetId: "", replacement: { content: "" } };
    const content = contentOf(replacement);
    return content && { replacement: { ...replacement, ...content } };
  },
  label: (fields) => (fields.label === undefined || typeof fields.label === "string" ? texts(fields, "targetId") : { label: undefined }),
  session_info: ({ name }) => (name === undefined || typeof name === "string" ? undefined : { name: undefined }),
};

const messageShapes: Record<string, Shape | undefined> = {
  system: (fields) => merged(contentOf(fields), loadoutOf(fields)),
  user: (fields) => contentOf(fields),
  custom: (fields) => merged(texts(fields, "customType"), contentOf(fields)),
  assistant: (fields) => {
    const content = blocksOf(fields.content, isAssistantContent, argumentsOf);
    const usage = usageOf(fields);
    const hasTexts = typeof fields.api === "string" && typeof fields.provider === "string" && typeof fields.model === "string";
    if (content === fields.content && usage === undefined && hasTexts && typeof fields.stopReason === "string") return undefined;
    return merged(
      content === fields.content ? undefined : { content },
      texts(fields, "api", "provider", "model"),
      typeof fields.stopReason === "string" ? undefined : { stopReason: "stop" },
      usage,
    );
  },
  toolResult: (fields) => {
    const content = blocksOf(fields.content, isUserContent);
    return merged(
      content === fields.content ? undefined : { content },
      texts(fields, "toolCallId", "toolName"),
      typeof fields.isError === "boolean" ? undefined : { isError: false },
      fields.usage === undefined ? undefined : usageOf(fields),
    );
  },
  bashExecution: (fields) => texts(fields, "command", "output"),
  branchSummary: (fields) => texts(fields, "summary"),
  compactionSummary: (fields) => merged(texts(fields, "summary"), numbers(fields, "tokensBefore")),
};

function merged(...parts: (Fields | undefined)[]): Fields | undefined {
  let all: Fields | undefined;
  for (const part of parts) if (part !== undefined) all = all === undefined ? part : { ...all, ...part };
  return all;
}

function texts(fields: Fields, ...names: readonly string[]): Fields | undefined {
  let fixed: Fields | undefined;
  for (const name of names) if (typeof fields[name] !== "string") fixed = { ...fixed, [name]: "" };
  return fixed;
}

function numbers(fields: Fields, name: string): Fields | undefined {
  return isAmount(fields[name]) ? undefined : { [name]: 0 };
}

/** A string, or blocks. */
function contentOf(fields: Fields): Fields | undefined {
  if (typeof fields.content === "string") return undefined;
  const content = blocksOf(fields.content, isUserContent);
  return content === fields.content ? undefined : { content };
}

/** The very list where all its blocks are sound. */
function blocksOf(
  content: unknown,
  isSound: (block: unknown) => boolean,
  fix: (block: Fields) => Fields | undefined = () => undefined,
): unknown {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  if (!Array.isArray(content)) return isRecord(content) ? blocksOf([content], isSound, fix) : [];
  let fixed: unknown[] | undefined;
  for (let at = 0; at < content.length; at++) {
    const block: unknown = content[at];
    const isKept = isSound(block);
    const better = isKept ? fix(block as Fields) : undefined;
    if (fixed === undefined && isKept && better === undefined) continue;
    fixed ??= content.slice(0, at);
    const said = isKept ? undefined : saidIn(block);
    if (isKept) fixed.push(better ?? block);
    else if (said !== undefined) fixed.push({ type: "text", text: said });
  }
  return fixed ?? content;
}

/** Of a bare string, and of other formats' words for a text: `input_text`, `output_text`. */
function saidIn(block: unknown): string | undefined {
  if (typeof block === "string") return block;
  return isRecord(block) && /_text$/.test(String(block.type)) && typeof block.text === "string" ? block.text : undefined;
}

function argumentsOf(call: Fields): Fields | undefined {
  if (call.type !== "toolCall") return undefined;
  if (isRecord(call.arguments)) {
    const writable = writableOf(call.arguments);
    return writable === call.arguments ? undefined : { ...call, arguments: writable };
  }
  try {
    const parsed: unknown = typeof call.arguments === "string" ? JSON.parse(call.arguments) : undefined;
    return { ...call, arguments: isRecord(parsed) ? writableOf(parsed) : {} };
  } catch {
    return { ...call, arguments: {} };
  }
}

/** Without what can be read and, for its depth, not be written again. Hardly any argument is more than a text. */
function writableOf(args: Fields): Fields {
  let hasDeep = false;
  for (const name in args) hasDeep ||= typeof args[name] === "object" && isDeeperThan(args[name], maxArgumentLevels);
  return hasDeep ? Object.fromEntries(Object.entries(args).filter(([, value]) => !isDeeperThan(value, maxArgumentLevels))) : args;
}

function usageOf({ usage }: Fields): Fields | undefined {
  if (!isRecord(usage)) return { usage: emptyUsage() };
  if (isUsage(usage)) return undefined;
  const { cost } = usage as Fields;
  const counts = withNumbers(usage, countNames);
  return {
    usage: {
      ...counts,
      totalTokens: isAmount(usage.totalTokens) ? usage.totalTokens : counts.input + counts.output + counts.cacheRead + counts.cacheWrite,
      cost: isRecord(cost) ? { ...cost, ...withNumbers(cost, costNames) } : emptyUsage().cost,
    },
  };
}

const countNames = ["input", "output", "cacheRead", "cacheWrite", "totalTokens"] as const;
const costNames = ["input", "output", "cacheRead", "cacheWrite", "total"] as const;

function withNumbers<N extends string>(fields: Fields, names: readonly N[]): Fields & Record<N, number> {
  const fixed: Fields = { ...fields };
  for (const name of names) if (!isAmount(fixed[name])) fixed[name] = 0;
  return fixed as Fields & Record<N, number>;
}

function loadoutOf({ sections, toolsAdded, toolsRemoved }: Fields): Fields | undefined {
  const hasName = (tool: unknown): boolean => isRecord(tool) && typeof tool.name === "string";
  const isList = (list: unknown): boolean => list === undefined || (Array.isArray(list) && list.every(hasName));
  return merged(
    sections === undefined || isRecord(sections) ? undefined : { sections: undefined },
    isList(toolsAdded) ? undefined : { toolsAdded: Array.isArray(toolsAdded) ? toolsAdded.filter(hasName) : undefined },
    isList(toolsRemoved) ? undefined : { toolsRemoved: Array.isArray(toolsRemoved) ? toolsRemoved.filter(hasName) : undefined },
  );
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
