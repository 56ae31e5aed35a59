// What a session holds already, shown when it is opened: the whole way to where it stands, also what a compaction has replaced for the model. Made by
// the interaction. Invariant: however long the session, only its last entries become blocks, and earlier ones as they are asked for; a result never
// comes without its call.

import type { Session } from "../../session/tree/session.ts";
import { plural } from "../../transcript/format.ts";
import { itemOf } from "../../transcript/items.ts";
import type { Block } from "./blocks/block.ts";
import { type BlockSink, TranscriptFold } from "./fold.ts";
import type { Screen } from "./screen.ts";

export const shownEntries = 200;

export class StoredPath {
  session: Pick<Session, "branchIds" | "entry">;
  readonly #ids: readonly string[];
  /** Entries from there on have been shown; those from `#begin` on are next. */
  #end: number;
  #begin: number;

  constructor(session: Pick<Session, "branchIds" | "entry">) {
    this.session = session;
    this.#ids = session.branchIds();
    this.#end = this.#ids.length;
    this.#begin = this.#beginningOf(this.#end - shownEntries);
  }

  /** What is above those that are shown next, in words; empty where nothing is. */
  get aboveText(): string {
    return this.#begin === 0 ? "" : `${plural(this.#begin, "entry", "entries")} above`;
  }

  /** The last ones before those that have been shown; whether there were any. */
  showMore(fold: TranscriptFold): boolean {
    const [begin, end] = [this.#begin, this.#end];
    if (begin === end) return false;
    this.#end = begin;
    this.#begin = this.#beginningOf(begin - shownEntries);
    // What a session begins with is no change of anything.
    let hasBegun = begin > 0;
    for (const id of this.#ids.slice(begin, end)) {
      const entry = this.session.entry(id);
      if (entry === undefined) continue;
      const item = itemOf(entry);
      if (item.kind === "prompt" || item.kind === "answer") hasBegun = true;
      if (item.kind === "model" && !hasBegun) continue;
      fold.takeItem(item, entry);
    }
    fold.endOpen();
    return true;
  }

  #beginningOf(wanted: number): number {
    let from = Math.max(0, wanted);
    while (from > 0) {
      const entry = this.session.entry(this.#ids[from] ?? "");
      if (entry === undefined || itemOf(entry).kind !== "result") break;
      from--;
    }
    return from;
  }
}

/** The path as a screen shows it: above the last of it a line says how much more there is, until that comes in. */
export class ShownPath {
  readonly #screen: Pick<Screen, "add" | "remove" | "kind">;
  readonly #now: () => number;
  #path: StoredPath | undefined;
  #above: Block | undefined;

  constructor(screen: Pick<Screen, "add" | "remove" | "kind">, now: () => number) {
    this.#screen = screen;
    this.#now = now;
  }

  show(session: Pick<Session, "branchIds" | "entry">, fold: TranscriptFold): void {
    this.#path = new StoredPath(session);
    this.#above = undefined;
    if (this.#path.aboveText !== "") {
      const where = this.#screen.kind === "main" ? "/tree has them all" : "scroll up to them, or /tree";
      this.#above = { kind: "notice", isLive: false, level: "info", text: `${this.#path.aboveText}: ${where}`, hint: "" };
      this.#screen.add(this.#above);
    }
    this.#path.showMore(fold);
  }

  /** Read anew: what has not been shown comes from there. */
  renew(session: Pick<Session, "branchIds" | "entry">): void {
    if (this.#path !== undefined) this.#path.session = session;
  }

  showEarlier(sink: BlockSink): boolean {
    if (this.#path === undefined) return false;
    const hadMore = this.#path.showMore(new TranscriptFold(sink, this.#now));
    if (hadMore && this.#above !== undefined) this.#screen.remove(this.#above);
    if (hadMore) this.#above = undefined;
    return hadMore;
  }
}
