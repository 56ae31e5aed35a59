// The page as a stream of strings: head, header, tree column, articles, script. Called by export-html.
// Invariant: style and script are the two assets, named by their hashes; whatever comes from the session is escaped text or a number.

import type { EntrySource } from "../../contracts/entry-source.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import type { ToolViews } from "../../contracts/tool-view.ts";
import { version } from "../../contracts/version.ts";
import { readAsset } from "../../platform/assets.ts";
import { artifactsLeftOut, dateTime, money, plural, shortCount } from "../format.ts";
import { type Call, callsIn, itemOf } from "../items.ts";
import type { SessionFacts } from "../session-facts.ts";
import { type ExportNode, type SessionMap, type ShownOptions, surveySession } from "../survey.ts";
import { entryHtml } from "./entry-html.ts";
import { escapeHtml, oneLine, safeText } from "./escape.ts";
import { createMarkdownRenderer } from "./markdown-html.ts";
import type { EntryRenderer } from "./pieces.ts";
import { treeRows } from "./tree-column.ts";

/** Marks of the highlighter in one page: on the branch shown first, and on all the others. */
const maxMarks = { shown: 150_000, hidden: 50_000 };
/** Ways on that are listed below an entry. */
const maxWaysListed = 12;

export async function* htmlDocument(session: EntrySource, options: ShownOptions): AsyncGenerator<string> {
  const map = surveySession(session, options);
  yield* head(map.facts.title, await policy());
  yield header(map.facts, artifactsLeftOut(options.artifacts));
  yield navigation(map);
  yield* treeRows(map);
  yield "</div></nav>\n<main>\n";
  yield* articles(session, map, options.toolViews);
  yield `</main>\n<script type="application/json" id="data">${clientData(map)}</script>\n`;
  yield `<script>${readAsset("export/page.js")}</script>\n</body>\n</html>\n`;
}

/** Nothing may be loaded from anywhere, and no script or style runs but ours. */
async function policy(): Promise<string> {
  const { createHash } = await import("node:crypto");
  const hash = (asset: string): string => `'sha256-${createHash("sha256").update(readAsset(asset)).digest("base64")}'`;
  return [
    "default-src 'none'",
    `script-src ${hash("export/page.js")}`,
    `style-src ${hash("export/page.css")}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function* head(title: string, contentPolicy: string): Generator<string> {
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="pi ${escapeHtml(version)}">
<title>${escapeHtml(title)}</title>
`;
  yield `<style>${readAsset("export/page.css")}</style>\n</head>\n<body>\n`;
}

function header(facts: SessionFacts, artifacts: string): string {
  const { tokens } = facts;
  const rows: [string, string][] = [
    ["Directory", facts.cwd],
    ["Session", facts.id],
    ["Models", facts.models.join(", ")],
    ["Messages", `${plural(facts.prompts, "prompt")}, ${plural(facts.answers, "answer")}, ${plural(facts.toolCalls, "tool call")}`],
    [
      "Tokens",
      `${shortCount(tokens.input)} in, ${shortCount(tokens.output)} out, ${shortCount(tokens.cacheRead)} from cache, ${shortCount(tokens.cacheWrite)} to cache`,
    ],
    ["Cost", money(facts.cost)],
    ["Artifacts", artifacts],
    ["Forked from", facts.parentSession ?? ""],
  ];
  const shown = rows.filter(([, value]) => value !== "").map(([name, value]) => `<div><dt>${name}</dt><dd>${safeText(value)}</dd></div>`);
  const dates = `<div><dt>Date</dt><dd>${longTime(facts.startedAt)} – ${longTime(facts.endedAt)}</dd></div>`;
  return `<header id="top"><button type="button" id="menu" aria-label="Show the tree" aria-expanded="false">☰</button>
<h1>${escapeHtml(facts.title)}</h1><dl>${dates}${shown.join("")}</dl></header>
`;
}

function longTime(timestamp: string): string {
  const ms = Date.parse(timestamp);
  const text = safeText(dateTime(timestamp).slice(0, 60));
  return Number.isNaN(ms) ? text : `<time class="long" datetime="${isoTime(ms)}">${text}</time>`;
}

function navigation({ nodes, leaf }: SessionMap): string {
  const end = nodes[leaf];
  const toEnd = end === undefined ? "" : ` · <a href="#${end.key}">to the end</a>`;
  const ends = nodes.filter((node) => node.children.length === 0).length;
  return `<nav id="tree" data-show="talk" aria-label="Entries of the session">
<div class="bar"><input id="find" type="search" placeholder="Find an entry" aria-label="Find an entry" autocomplete="off">
<select id="show" aria-label="Rows to show"><option value="talk">Conversation</option><option value="prompts">Prompts</option><option value="notools">Without tools</option><option value="labels">Labels</option><option value="all">Everything</option></select>
<button type="button" id="fold-thinking" aria-pressed="false">Thinking</button><button type="button" id="fold-tools" aria-pressed="false">Tools</button><button type="button" id="theme" aria-label="Colours: as the system, light or dark">◐</button>
<p>${plural(nodes.length, "entry", "entries")}, ${plural(ends, "branch", "branches")}${toEnd}</p></div>
<div class="list">
`;
}

async function* articles(session: EntrySource, map: SessionMap, toolViews: ToolViews): AsyncGenerator<string> {
  const { nodes } = map;
  const callers = new CallerCache(session, nodes);
  const rendererWith = async (marks: number): Promise<EntryRenderer> => {
    const budget = { left: marks };
    return {
      markdown: await createMarkdownRenderer(budget),
      budget,
      toolViews,
      callOf: (node, callId) => callers.find(node.caller, callId),
      isAnyShown: (indexes) => indexes.some((index) => nodes[index]?.isOnBranch === true),
    };
  };
  const shown = await rendererWith(maxMarks.shown);
  const hidden = await rendererWith(maxMarks.hidden);
  for (const node of nodes) {
    const entry = session.entryAt(node.row);
    const body = entry === undefined ? "" : entryHtml(entry, node, node.isOnBranch ? shown : hidden);
    yield `<article id="${node.key}" class="${node.row.taken.kind}"${node.isOnBranch ? "" : " hidden"}>${body}${waysOn(node, nodes)}</article>\n`;
  }
}

/** Where the session branched: a link to each way on. */
function waysOn({ children }: ExportNode, nodes: readonly ExportNode[]): string {
  if (children.length < 2) return "";
  const links = children.slice(0, maxWaysListed).map((index) => {
    const child = nodes[index];
    if (child === undefined) return "";
    const { preview } = firstWithText(nodes, child).row.taken;
    return `<a href="#${child.key}"${child.isOnBranch ? ' class="on"' : ""} data-way="${index}">${escapeHtml(oneLine(preview, 60) || "(empty)")}</a>`;
  });
  const more = children.length > maxWaysListed ? `<span class="meta">and ${children.length - maxWaysListed} more in the tree</span>` : "";
  return `<div class="ways"><span>${children.length} ways on</span>${links.join("")}${more}</div>`;
}

/** A branch often begins with a model change or the like: what it is about stands a little further on. */
function firstWithText(nodes: readonly ExportNode[], start: ExportNode): ExportNode {
  let node = start;
  for (let steps = 0; steps < 8; steps++) {
    const { kind, preview } = node.row.taken;
    const next = nodes[node.children.at(-1) ?? -1];
    if ((preview !== "" && kind !== "change" && kind !== "quiet" && kind !== "step") || next === undefined) return node;
    node = next;
  }
  return start;
}

/** The calls of the answers seen last: their results stand right behind them, but a branch may come back to an old one. */
class CallerCache {
  readonly #session: EntrySource;
  readonly #nodes: readonly ExportNode[];
  readonly #known = new Map<number, Map<string, Call>>();

  constructor(session: EntrySource, nodes: readonly ExportNode[]) {
    this.#session = session;
    this.#nodes = nodes;
  }

  find(caller: number, callId: string): Call | undefined {
    return this.#callsOf(caller).get(callId);
  }

  #callsOf(caller: number): Map<string, Call> {
    const known = this.#known.get(caller);
    if (known !== undefined) return known;
    const node = this.#nodes[caller];
    const entry = node === undefined ? undefined : this.#session.entryAt(node.row);
    const calls = new Map<string, Call>();
    const item = entry === undefined ? undefined : itemOf(entry);
    for (const call of item?.kind === "answer" ? callsIn(item.blocks) : []) calls.set(call.id, call);
    if (this.#known.size >= 8) this.#known.clear();
    this.#known.set(caller, calls);
    return calls;
  }
}

/** For the script: numbers only. */
function clientData({ nodes, leaf }: SessionMap): string {
  return JSON.stringify({ parents: nodes.map((node) => node.parent), order: nodes.map((node) => node.row.index), leaf });
}
