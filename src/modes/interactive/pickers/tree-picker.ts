// The tree of the session: every branch, what to show of it, labels, and a move to another entry, with a summary of what is left behind if wanted.
// Opened by /tree. Invariant: moving asks about the summary first, and only where something is left behind.

import { defined } from "../../../contracts/defined.ts";
import { type ToolViews, viewsOf } from "../../../contracts/tool-view.ts";
import { atOnce, inSlices } from "../../../platform/in-slices.ts";
import { entryLine } from "../../../transcript/text/entry-line.ts";
import { call } from "../commands/call.ts";
import type { KnownKeys } from "../keymap.ts";
import type { CommandHost } from "../surface.ts";
import type { PickerItem } from "./picker.ts";

export type TreeNode = ReturnType<CommandHost["sessions"]["coding"]["session"]["tree"]>[number];

export interface Row {
  id: string;
  depth: number;
  who: string;
  text: string;
  label: string;
  isAside: boolean;
  hasChildren: boolean;
  /** Rows right below it that are its own. */
  isFork: boolean;
}

const filters = ["default", "noTools", "userOnly", "labeledOnly", "all"] as const;
export type Filter = (typeof filters)[number];

export interface TreeOf {
  rows: readonly Row[];
  /** From the beginning to where it stands. */
  way: Iterable<string>;
  leafId: string | null;
}

/** What its keys do. */
export interface TreeKeys {
  keys: Pick<KnownKeys, "matches">;
  /** What is on show has changed. */
  show(): void;
  /** Nothing, where nothing is chosen. */
  copy?: ((text: string | undefined) => void) | undefined;
  label(entryId: string, before: string): void;
}

/** What is on show of a tree, and the keys that change it. */
export class TreeView {
  #filter: Filter;
  readonly #folded = new Set<string>();
  #rows: readonly Row[] = [];
  #way: ReadonlySet<string> = new Set();
  #here: string | undefined;
  #items: PickerItem[] | undefined;

  constructor(tree: TreeOf, filter: Filter = "default") {
    this.#filter = filter;
    this.renew(tree);
  }

  /** The same view of what has become of it. */
  renew({ rows, way, leafId }: TreeOf): void {
    this.#rows = rows;
    this.#items = undefined;
    this.#way = new Set(way);
    const said = this.#rows.findLast(({ id, isAside }) => !isAside && this.#way.has(id));
    this.#here = said?.id ?? leafId ?? undefined;
  }

  /** Where the conversation stands: what was said last, whatever was marked or set since. */
  get here(): string | undefined {
    return this.#here;
  }

  get items(): PickerItem[] {
    this.#items ??= shownItems(this.#rows, this.#filter, this.#folded, this.#way, this.#here);
    return this.#items;
  }

  /** The one that is chosen at first. */
  get chosen(): string {
    return this.items.findLast(({ value }) => this.#way.has(value))?.value ?? "";
  }

  hint(keyOf: (id: string) => string): string {
    const named = this.#filter === "default" ? "" : `${this.#filter} · `;
    return `${named}${keyOf("app.tree.filter.cycleForward")} view · ${keyOf("app.tree.foldOrUp")} fold · ${keyOf("app.tree.editLabel")} label · ${keyOf("app.message.copy")} copy`;
  }

  /** Where nobody reads it anew. */
  relabel(entryId: string, label: string): void {
    this.#rows = this.#rows.map((row) => (row.id === entryId ? { ...row, label } : row));
    this.#items = undefined;
  }

  /** Whether the key was one of the tree's. */
  press(data: string, entryId: string | undefined, typed: string, { keys, show, copy, label }: TreeKeys): boolean {
    const is = (id: string): boolean => keys.matches(data, id);
    const row = this.#rows.find(({ id }) => id === entryId);
    if (this.#turn(is, entryId)) {
      this.#items = undefined;
      show();
    } else if (copy !== undefined && is("app.message.copy")) copy(row?.text);
    else if (row !== undefined && typed === "" && is("app.tree.editLabel")) label(row.id, row.label);
    else return false;
    return true;
  }

  #turn(is: (id: string) => boolean, entryId: string | undefined): boolean {
    const chosen = filters.find((one) => is(`app.tree.filter.${one}`));
    const step = is("app.tree.filter.cycleForward") ? 1 : is("app.tree.filter.cycleBackward") ? -1 : 0;
    if (chosen !== undefined || step !== 0) {
      const next = chosen ?? filters.at((filters.indexOf(this.#filter) + step) % filters.length) ?? "default";
      this.#filter = next === this.#filter && chosen !== undefined ? "default" : next;
      return true;
    }
    if (entryId === undefined) return false;
    if (is("app.tree.foldOrUp")) this.#folded.add(entryId);
    else if (is("app.tree.unfoldOrDown")) this.#folded.delete(entryId);
    else return false;
    return true;
  }
}

/** A long one is read while the keys are the editor's; who has typed meanwhile is not interrupted. */
export async function openTreePicker(at: CommandHost): Promise<void> {
  const { session } = at.sessions.coding;
  if (session.isIndexed && session.entryCount === 0) {
    at.hint("Nothing has been said yet");
    return;
  }
  const typed = (): string | undefined => at.surface?.screen.editor.getExpandedText();
  const draft = typed();
  const stands = await read(at);
  if (stands === undefined) return;
  const tree = new TreeView(stands);
  const { keyOf } = at.keys;
  at.choose({
    isOffered: typed() !== draft,
    title: "Tree",
    items: tree.items,
    hint: tree.hint(keyOf),
    chosen: tree.chosen,
    take: (id) => (id === tree.here ? undefined : move(id, at)),
    onKey: (data, item, typed, picker) => {
      const show = (): void => {
        picker.setItems(tree.items);
        picker.setHint(tree.hint(keyOf));
      };
      return tree.press(data, item?.value, typed, {
        keys: at.keys,
        show,
        copy: (text) => {
          if (text !== undefined) void at.copy(text).catch((error: unknown) => at.fail(error));
        },
        label: (entryId, before) =>
          void label(entryId, before, at)
            .then(() => read(at))
            .then((renewed) => {
              if (renewed === undefined) return;
              tree.renew(renewed);
              show();
            })
            .catch((error: unknown) => at.fail(error)),
      });
    },
  });
}

/** Nothing where another session has taken its place meanwhile. */
async function read(at: CommandHost): Promise<TreeOf | undefined> {
  const { session, conversation } = at.sessions.coding;
  const steps = function* (): Generator<undefined, Row[]> {
    return yield* rowSteps(yield* session.treeSteps(), viewsOf(conversation.tools));
  };
  const say = (): void => {
    at.hint("Reading the tree …");
    // The next thing that is done may take longer than a frame.
    at.surface?.screen.tui.renderNow();
  };
  const saysAtOnce = !session.isIndexed;
  if (saysAtOnce) say();
  const rows = await inSlices(steps(), {
    isWanted: () => at.sessions.coding.session === session && !session.isClosed,
    ...(!saysAtOnce && { waits: say }),
  });
  return rows && { rows, way: session.branchIds(), leafId: session.leafId };
}

async function label(entryId: string, before: string, at: CommandHost): Promise<void> {
  const text = await at.dialogs.input("Label", before);
  if (text !== undefined) await call("set_label", { entryId, ...(text.trim() !== "" && { label: text.trim() }) }, at);
}

async function move(entryId: string, at: CommandHost): Promise<void> {
  const { session } = at.sessions.coding;
  if (entryId === session.leafId) return;
  // Going on from where one is leaves nothing behind.
  const leavesSomething = !session.branchIds(entryId).includes(session.leafId ?? "");
  const isAsked = leavesSomething && !at.sessions.launch.config.values.branchSummary.skipPrompt;
  const how = isAsked
    ? await at.dialogs.select("What is left behind", ["No summary", "Sum it up", "Sum it up, looking to …"])
    : "No summary";
  if (how === undefined) return;
  const instructions = how.endsWith("…") ? await at.dialogs.input("What the summary should look to") : undefined;
  if (how.endsWith("…") && instructions === undefined) return;
  const end = how === "No summary" ? undefined : at.status.begin("summing up");
  try {
    const result = await call(
      "navigate",
      { entryId, summarize: how !== "No summary", ...defined({ customInstructions: instructions }) },
      at,
    );
    at.showSession();
    if (result.cancelled) at.hint("Called off");
    else if (result.text !== undefined && result.text !== "") at.composer.giveBack(result.text);
  } finally {
    end?.();
  }
}

export function rowsOf(roots: readonly TreeNode[], views: ToolViews): readonly Row[] {
  return atOnce(rowSteps(roots, views));
}

/** Depth grows where branches part, not with every entry. */
function* rowSteps(roots: readonly TreeNode[], views: ToolViews): Generator<undefined, Row[]> {
  const rows: Row[] = [];
  const waiting = [...roots].reverse().map((node) => ({ node, depth: 0, isFork: roots.length > 1 }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, depth, isFork } = next;
    const { who, text, isAside } = entryLine(node.entry, views);
    rows.push({ id: node.entry.id, depth, who, text, label: node.label ?? "", isAside, hasChildren: node.children.length > 0, isFork });
    if (rows.length % rowsAStep === 0) yield;
    const isParting = node.children.length > 1;
    for (const child of [...node.children].reverse())
      waiting.push({ node: child, depth: isParting ? depth + 1 : depth, isFork: isParting });
  }
  return rows;
}

const rowsAStep = 256;

const people = new Set(["user", "assistant", "branch summary", "compaction", "summary"]);

function isShown({ who, label, isAside, isFork }: Row, filter: Filter): boolean {
  if (filter === "all") return true;
  if (filter === "labeledOnly") return label !== "";
  if (filter === "userOnly") return who === "user";
  if (filter === "noTools") return !isAside && people.has(who);
  return !isAside || isFork || label !== "";
}

function shownItems(
  rows: readonly Row[],
  filter: Filter,
  folded: ReadonlySet<string>,
  way: ReadonlySet<string>,
  here: string | undefined,
): PickerItem[] {
  const items: PickerItem[] = [];
  let hiddenBelow: number | undefined;
  for (const [index, row] of rows.entries()) {
    // What hangs on a folded one: all until its own depth comes up again beside it.
    if (hiddenBelow !== undefined) {
      if (row.depth > hiddenBelow || (row.depth === hiddenBelow && !row.isFork)) continue;
      hiddenBelow = undefined;
    }
    if (folded.has(row.id)) hiddenBelow = row.depth;
    if (!isShown(row, filter) && row.id !== here) continue;
    const indent = "  ".repeat(Math.min(row.depth, 10));
    const mark = row.id === here ? "◆ " : way.has(row.id) ? "• " : "  ";
    const sign = folded.has(row.id) && index < rows.length - 1 ? "▸ " : "";
    const named = row.label === "" ? "" : `[${row.label}] `;
    items.push({
      value: row.id,
      label: `${indent}${mark}${sign}${named}${row.who}: ${row.text}`,
      searched: `${row.label} ${row.who} ${row.text}`,
    });
  }
  return items;
}
