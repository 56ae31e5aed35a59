// What a conversation is made of, as people are shown it: one item for each entry, with its shape checked. Every rendering begins here, that of
// stored sessions and that of running ones. Invariant: an entry always has an item, whatever it holds, and nothing here throws.

import type { Message } from "../contracts/message.ts";
import type { AnyEntry, EntryType } from "../contracts/session-entry.ts";
import { type Block, blocksOf, type Fields, fieldsOf, numberIn, stringIn } from "./read-entry.ts";

export type Call = Extract<Block, { kind: "call" }>;

export interface ItemShapes {
  prompt: { blocks: Block[] };
  answer: {
    model: string;
    provider: string;
    blocks: Block[];
    stopReason: string;
    /** Why it failed, as the service says it; may be there without a failure. */
    errorMessage: string;
    usage: Fields;
    durationMs: number;
  };
  result: { callId: string; toolName: string; blocks: Block[]; isError: boolean; details: unknown; durationMs: number };
  /** A command that the user ran. `exitCode` 0 also where it is not told. */
  shell: { command: string; output: string; exitCode: number; isCancelled: boolean };
  system: { texts: string[]; sections: Fields; toolsAdded: Fields[]; toolsRemoved: string[] };
  /** `message`: one that an extension or an old file has among the messages. */
  summary: { of: "compaction" | "branch" | "message"; text: string; tokensBefore: number | undefined; details: unknown };
  /** What an extension says. */
  note: { name: string; blocks: Block[]; isHidden: boolean; isEntry: boolean };
  model: { provider: string; modelId: string };
  thinking: { level: string };
  /** `value`, here and below: what the entry holds. */
  edit: { targetId: string; isRemoval: boolean; value: Fields };
  usage: { what: string; model: string; value: Fields };
  label: { targetId: string; label: string };
  name: { name: string };
  /** Of interest to programs, or of a kind that is not known here. */
  data: { name: string; about: string; value: Fields };
  /** A message of a role that is not known here. */
  message: { role: string; value: unknown };
}

export type ItemKind = keyof ItemShapes;
export type ItemOf<K extends ItemKind> = { kind: K; id: string; timestamp: string } & ItemShapes[K];
export type Item = { [K in ItemKind]: ItemOf<K> }[ItemKind];

/** How each kind of item is rendered; a kind without a face does not compile. */
export type Faces<R, A extends readonly unknown[] = []> = { readonly [K in ItemKind]: (item: ItemOf<K>, ...more: A) => R };

/** The item by the face of its kind. */
export function faceOf<R, A extends readonly unknown[]>(faces: Faces<R, A>, item: Item, ...more: A): R {
  return (faces[item.kind] as (item: Item, ...more: A) => R)(item, ...more);
}

type Body = { [K in ItemKind]: { kind: K } & ItemShapes[K] }[ItemKind];

export function itemOf(entry: AnyEntry): Item {
  const read = Object.hasOwn(entryItems, entry.type) ? entryItems[entry.type as EntryType] : data;
  return withHead(read(entry), entry);
}

/** Of a message that is no entry yet. */
export function itemOfMessage(message: Message, id = ""): Item {
  return withHead(messageItem(message), { id, timestamp: "" });
}

function withHead(body: Body, { id, timestamp }: { id: unknown; timestamp: unknown }): Item {
  return { id: stringIn(id), timestamp: stringIn(timestamp), ...body };
}

const entryItems: { readonly [T in EntryType]: (entry: Fields) => Body } = {
  message: ({ message }) => messageItem(message),
  model_change: ({ provider, modelId }) => ({ kind: "model", provider: stringIn(provider), modelId: stringIn(modelId) }),
  thinking_level_change: ({ thinkingLevel }) => ({ kind: "thinking", level: stringIn(thinkingLevel) }),
  compaction: (entry) => summary("compaction", entry),
  branch_summary: (entry) => summary("branch", entry),
  context_edit: (entry) => ({
    kind: "edit",
    targetId: stringIn(entry.targetId),
    isRemoval: entry.replacement === null,
    value: ownFields(entry),
  }),
  usage: (entry) => ({
    kind: "usage",
    what: stringIn(entry.kind),
    model: `${stringIn(entry.provider)}/${stringIn(entry.model)}`,
    value: ownFields(entry),
  }),
  custom: data,
  custom_message: (entry) => note(entry, true),
  label: ({ targetId, label }) => ({ kind: "label", targetId: stringIn(targetId), label: stringIn(label) }),
  session_info: ({ name }) => ({ kind: "name", name: stringIn(name) }),
};

const messageItems: { readonly [R in Message["role"]]: (message: Fields) => Body } = {
  system: (message) => ({
    kind: "system",
    texts: blocksOf(message.content).flatMap((block) => (block.kind === "text" ? [block.text] : [])),
    sections: fieldsOf(message.sections),
    toolsAdded: Array.isArray(message.toolsAdded) ? message.toolsAdded.map(fieldsOf) : [],
    toolsRemoved: Array.isArray(message.toolsRemoved) ? message.toolsRemoved.map((tool) => stringIn(fieldsOf(tool).name)) : [],
  }),
  user: ({ content }) => ({ kind: "prompt", blocks: blocksOf(content) }),
  assistant: (message) => ({
    kind: "answer",
    model: stringIn(message.model),
    provider: stringIn(message.provider),
    blocks: blocksOf(message.content),
    stopReason: stringIn(message.stopReason),
    errorMessage: stringIn(message.errorMessage),
    usage: fieldsOf(message.usage),
    durationMs: numberIn(message.durationMs),
  }),
  toolResult: (message) => ({
    kind: "result",
    callId: stringIn(message.toolCallId),
    toolName: stringIn(message.toolName),
    blocks: blocksOf(message.content),
    isError: message.isError === true,
    details: message.details,
    durationMs: numberIn(message.durationMs),
  }),
  bashExecution: (message) => ({
    kind: "shell",
    command: stringIn(message.command),
    output: stringIn(message.output),
    exitCode: numberIn(message.exitCode),
    isCancelled: message.cancelled === true,
  }),
  custom: (message) => note(message, false),
  branchSummary: (message) => summary("message", message),
  compactionSummary: (message) => summary("message", message),
};

function messageItem(value: unknown): Body {
  const message = fieldsOf(value);
  const role = stringIn(message.role);
  const read = Object.hasOwn(messageItems, role) ? messageItems[role as Message["role"]] : undefined;
  return read?.(message) ?? { kind: "message", role, value };
}

function summary(of: ItemShapes["summary"]["of"], { summary: text, tokensBefore, details }: Fields): Body {
  return { kind: "summary", of, text: stringIn(text), tokensBefore: typeof tokensBefore === "number" ? tokensBefore : undefined, details };
}

function note({ customType, content, display }: Fields, isEntry: boolean): Body {
  return { kind: "note", name: stringIn(customType), blocks: blocksOf(content), isHidden: display === false, isEntry };
}

function data(entry: Fields): Body {
  return { kind: "data", name: String(entry.type), about: stringIn(entry.customType), value: ownFields(entry) };
}

/** Without what every entry has. */
function ownFields(entry: Fields): Fields {
  const { id: _id, parentId: _parentId, timestamp: _timestamp, type: _type, ...own } = entry;
  return own;
}

/** The texts of blocks, one LF between them. */
export function textOfBlocks(blocks: readonly Block[]): string {
  return blocks.flatMap((block) => (block.kind === "text" ? [block.text] : [])).join("\n");
}

export function callsIn(blocks: readonly Block[]): Call[] {
  return blocks.filter((block) => block.kind === "call");
}
