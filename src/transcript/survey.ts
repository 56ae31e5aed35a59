// The export's first pass: what the page has to know of all entries before the first one is written. Called by export-html and export-markdown.
// Invariant: a node stands behind its parent, so any branch reads from top to bottom; memory holds a few short texts an entry, never its content.

import type { EntrySource, Surveyed } from "../contracts/entry-source.ts";
import type { AnyEntry } from "../contracts/session-entry.ts";
import { headlineOf, type ToolViews } from "../contracts/tool-view.ts";
import { oneLine } from "./html/escape.ts";
import { callsIn, type Faces, faceOf, itemOf, textOfBlocks } from "./items.ts";
import { stringIn } from "./read-entry.ts";
import { type SessionFacts, SessionFactsFold } from "./session-facts.ts";

/** `step`: an answer that is nothing but tool calls. `quiet`: of interest to programs. */
export type NodeKind = "user" | "assistant" | "step" | "tool" | "shell" | "summary" | "system" | "custom" | "change" | "quiet";

export interface ExportNode {
  readonly row: Surveyed<Glimpse>;
  /** Index of a node; -1 for a root. */
  parent: number;
  children: number[];
  /** The `id` of its element; also in links to it from outside. */
  key: string;
  /** Branches it is away from the one shown first. */
  depth: number;
  label: string | undefined;
  isOnBranch: boolean;
  /** Tool results only: the answer that called, or -1. */
  caller: number;
  /** Answers only: calls that have no result on some branch through here, with the results they have on others. */
  openCalls: Map<string, number[]>;
}

/** What is kept of an entry. */
export interface Glimpse {
  id: string;
  kind: NodeKind;
  /** One line. */
  preview: string;
  /** Tool results: the tool. */
  name: string;
  calls: { id: string; name: string; headline: string }[];
  /** Tool results: the call they answer. */
  answers: string | undefined;
}

export interface SessionMap {
  nodes: ExportNode[];
  /** Where the branch that is shown first ends; -1 in an empty session. */
  leaf: number;
  facts: SessionFacts;
}

export interface ShownOptions {
  /** Last entry of the branch to begin with; default where the session stands. */
  leafId?: string | null;
  /** How calls are shown, by the name of their tool. */
  toolViews: ToolViews;
  /** Outputs that lie beside the session, and not in what is made of it. */
  artifacts?: { count: number; bytes: number };
}

const previewLength = 100;
/** A result this far behind its call is shown by itself. */
const maxStepsToCaller = 1000;

export function surveySession(session: EntrySource, { leafId, toolViews }: ShownOptions): SessionMap {
  let facts = new SessionFactsFold();
  let labels = new Map<string, string>();
  const rows = session.survey(() => {
    facts = new SessionFactsFold();
    labels = new Map();
    return (entry) => {
      facts.take(entry);
      takeLabel(labels, entry);
      return glimpse(entry, toolViews);
    };
  });
  const nodes = inReadingOrder(rows, startOf(rows, leafId ?? session.leafId));
  const leaf = nodes.findLastIndex((node) => node.isOnBranch);
  for (const node of nodes) node.label = labels.get(node.row.taken.id);
  linkCalls(nodes, leaf);
  return { nodes, leaf, facts: facts.facts(session) };
}

function takeLabel(labels: Map<string, string>, entry: AnyEntry): void {
  if (entry.type !== "label") return;
  const { targetId, label } = entry as { targetId?: unknown; label?: unknown };
  if (typeof label === "string" && label !== "") labels.set(stringIn(targetId), oneLine(label, 60));
  else labels.delete(stringIn(targetId));
}

/** Row of the leaf: the last one with its id, else the last row. */
function startOf(rows: readonly Surveyed<Glimpse>[], leafId: string | null): number {
  const found = leafId === null ? -1 : rows.findLastIndex((row) => row.taken.id === leafId);
  return found < 0 ? rows.length - 1 : found;
}

/** Depth first; the branches that were left come before the one that goes on, as they happened. */
function inReadingOrder(rows: readonly Surveyed<Glimpse>[], leafRow: number): ExportNode[] {
  const isOnBranch = new Uint8Array(rows.length);
  for (let at = leafRow; at >= 0; at = rows[at]?.parent ?? -1) isOnBranch[at] = 1;
  const childrenOf: number[][] = rows.map(() => []);
  const roots: number[] = [];
  for (const [at, row] of rows.entries()) (childrenOf[row.parent] ?? roots).push(at);

  const nodes: ExportNode[] = [];
  const keys = new Set<string>();
  const stack: { row: number; parent: number; depth: number }[] = [];
  const push = (siblings: readonly number[], parent: number, depth: number): void => {
    const main = siblings.find((at) => isOnBranch[at] === 1) ?? siblings.at(-1);
    if (main === undefined) return;
    stack.push({ row: main, parent, depth });
    for (const at of siblings.toReversed()) if (at !== main) stack.push({ row: at, parent, depth: depth + 1 });
  };
  push(roots, -1, 0);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const row = rows[next.row];
    if (row === undefined) continue;
    const index = nodes.length;
    nodes[next.parent]?.children.push(index);
    nodes.push({
      row,
      parent: next.parent,
      children: [],
      key: keyOf(row.taken.id, index, keys),
      depth: next.depth,
      label: undefined,
      isOnBranch: isOnBranch[next.row] === 1,
      caller: -1,
      openCalls: new Map(),
    });
    push(childrenOf[next.row] ?? [], index, next.depth);
  }
  return nodes;
}

/** The entry's id where it can stand in an attribute and a link as it is. */
function keyOf(id: string, index: number, taken: Set<string>): string {
  const key = /^[\w-]{1,80}$/.test(id) ? `e-${id}` : `n-${index}`;
  if (taken.has(key)) return `n-${index}`;
  taken.add(key);
  return key;
}

function linkCalls(nodes: readonly ExportNode[], leaf: number): void {
  for (const node of nodes) for (const call of node.row.taken.calls) node.openCalls.set(call.id, []);
  /** Calls with a result on every branch. */
  const answered = new Map<ExportNode, Set<string>>();
  for (const [index, node] of nodes.entries()) {
    const callId = node.row.taken.answers;
    if (callId === undefined) continue;
    let at = node.parent;
    let isOnlyWay = true;
    for (let steps = 0; at >= 0 && steps < maxStepsToCaller; steps++) {
      const ancestor = nodes[at];
      if (ancestor === undefined) break;
      if (ancestor.children.length > 1 || at === leaf) isOnlyWay = false;
      const results = ancestor.openCalls.get(callId);
      if (results !== undefined) {
        node.caller = at;
        results.push(index);
        if (isOnlyWay) answered.set(ancestor, (answered.get(ancestor) ?? new Set()).add(callId));
      }
      if (ancestor.row.taken.calls.length > 0) break;
      at = ancestor.parent;
    }
    node.row.taken.preview ||= previewOfCall(nodes[node.caller], callId);
  }
  for (const [node, calls] of answered) for (const call of calls) node.openCalls.delete(call);
}

function previewOfCall(caller: ExportNode | undefined, callId: string): string {
  return caller?.row.taken.calls.find((call) => call.id === callId)?.headline ?? "";
}

function glimpse(entry: AnyEntry, toolViews: ToolViews): Glimpse {
  const item = itemOf(entry);
  const { kind, preview } = faceOf(previews, item);
  const isText = kind === "summary" || kind === "assistant" || kind === "user";
  return {
    id: entry.id,
    kind,
    preview: oneLine(isText ? preview.slice(0, 1000).replace(/\*\*|`|^#{1,6} /gm, "") : preview, previewLength),
    name: item.kind === "result" ? oneLine(item.toolName, 12) : "",
    calls:
      item.kind !== "answer"
        ? []
        : callsIn(item.blocks).map(({ id, name, args }) => ({
            id,
            name,
            headline: oneLine(headlineOf(toolViews.get(name), args), previewLength),
          })),
    answers: item.kind === "result" ? item.callId : undefined,
  };
}

const previews: Faces<{ kind: NodeKind; preview: string }> = {
  prompt: ({ blocks }) => ({
    kind: "user",
    preview: textOfBlocks(blocks) || (blocks.some((block) => block.kind === "image") ? "(image)" : ""),
  }),
  answer: ({ blocks, stopReason, errorMessage }) => {
    const text = textOfBlocks(blocks);
    const names = callsIn(blocks).map(({ name }) => name);
    const failure = stopReason === "error" || stopReason === "aborted" ? errorMessage || stopReason : "";
    if (text.trim() !== "") return { kind: "assistant", preview: text };
    if (names.length === 0 || failure !== "") return { kind: "assistant", preview: failure || "(thinking)" };
    return { kind: "step", preview: names.join(", ") };
  },
  result: () => ({ kind: "tool", preview: "" }),
  shell: ({ command }) => ({ kind: "shell", preview: command }),
  system: () => ({ kind: "system", preview: "system prompt" }),
  summary: ({ text }) => ({ kind: "summary", preview: text }),
  note: ({ blocks, isHidden }) => ({ kind: isHidden ? "quiet" : "custom", preview: textOfBlocks(blocks) }),
  model: ({ provider, modelId }) => ({ kind: "change", preview: `${provider}/${modelId}` }),
  thinking: ({ level }) => ({ kind: "change", preview: `thinking ${level}` }),
  name: ({ name }) => ({ kind: "quiet", preview: name }),
  label: ({ label }) => ({ kind: "quiet", preview: label }),
  edit: () => ({ kind: "quiet", preview: "" }),
  usage: () => ({ kind: "quiet", preview: "" }),
  data: ({ name, about }) => ({ kind: "quiet", preview: name === "custom" ? about : "" }),
  message: ({ role }) => ({ kind: "quiet", preview: role }),
};
