// What a session holds already, shown when it is opened: the whole way to where it stands, also what a compaction has replaced for the model. Made by
// the interaction. Invariant: however long the session, only its last entries become blocks, and earlier ones as they are asked for; a result never
// comes without its call.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import type { PathBatch } from "../../session/tree/path-back.ts";
import type { Session } from "../../session/tree/session.ts";
import { plural } from "../../transcript/format.ts";
import { itemOf } from "../../transcript/items.ts";
import type { Block } from "./blocks/block.ts";
import { type BlockSink, TranscriptFold } from "./fold.ts";
import type { Screen } from "./screen.ts";

export const shownEntries = 200;

type Stored = Pick<Session, "leafId" | "back">;

export class StoredPath {
  readonly #leafId: string | null;
  #back: ReturnType<Session["back"]>;
  /** Read and not shown yet, root first. */
  #held: readonly AnyEntry[] = [];
  #readCount = 0;
  /** Those that have not been read. */
  #above: Pick<PathBatch, "above" | "isGuess"> = { above: 1, isGuess: true };

  constructor(session: Stored) {
    this.#leafId = session.leafId;
    this.#back = session.back({ batch: shownEntries });
  }

  /** What has not been read comes from there. */
  renew(session: Stored): void {
    this.#back = session.back({ leafId: this.#leafId, from: this.#readCount, batch: shownEntries });
  }

  /** The last ones before those that have been shown, and what is above them in words, which is empty where nothing is; no entries: there were none. */
  next(): { entries: readonly AnyEntry[]; aboveText: string } {
    while (this.#held.length < shownEntries && this.#read());
    let begin = Math.max(0, this.#held.length - shownEntries);
    while (isResult(this.#held[begin])) {
      if (begin === 0) {
        const { length } = this.#held;
        if (!this.#read()) break;
        begin = this.#held.length - length;
      }
      begin = Math.max(0, begin - 1);
    }
    const entries = this.#held.slice(begin);
    this.#held = this.#held.slice(0, begin);
    return { entries, aboveText: this.#aboveText };
  }

  get #aboveText(): string {
    const { above, isGuess } = this.#above;
    const count = this.#held.length + above;
    if (count === 0) return "";
    return isGuess ? `About ${rounded(count)} entries above` : `${plural(count, "entry", "entries")} above`;
  }

  #read(): boolean {
    const next = this.#back.next();
    if (next.done === true) {
      this.#above = { above: 0, isGuess: false };
      return false;
    }
    const { entries, ...above } = next.value;
    this.#readCount += entries.length;
    this.#held = [...entries, ...this.#held];
    this.#above = above;
    return true;
  }
}

/** Two digits of it: it is a guess. */
function rounded(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return Math.round(count / unit) * unit;
}

function isResult(entry: AnyEntry | undefined): boolean {
  return entry !== undefined && itemOf(entry).kind === "result";
}

/** `isFirst`: with what the session begins with, which is no change of anything. */
export function showStored(entries: readonly AnyEntry[], isFirst: boolean, fold: TranscriptFold): void {
  let hasBegun = !isFirst;
  for (const entry of entries) {
    const item = itemOf(entry);
    if (item.kind === "prompt" || item.kind === "answer") hasBegun = true;
    if (item.kind === "model" && !hasBegun) continue;
    fold.takeItem(item, entry);
  }
  fold.endOpen();
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

  show(session: Stored, fold: TranscriptFold): void {
    this.#path = new StoredPath(session);
    this.#above = undefined;
    const { entries, aboveText } = this.#path.next();
    if (aboveText !== "") {
      const where = this.#screen.kind === "main" ? "/tree has them all" : "scroll up to them, or /tree";
      this.#above = { kind: "notice", isLive: false, level: "info", text: `${aboveText}: ${where}`, hint: "" };
      this.#screen.add(this.#above);
    }
    showStored(entries, aboveText === "", fold);
  }

  /** Read anew: what has not been shown comes from there. */
  renew(session: Stored): void {
    this.#path?.renew(session);
  }

  showEarlier(sink: BlockSink): boolean {
    if (this.#path === undefined) return false;
    const { entries, aboveText } = this.#path.next();
    if (entries.length === 0) return false;
    showStored(entries, aboveText === "", new TranscriptFold(sink, this.#now));
    if (this.#above !== undefined) this.#screen.remove(this.#above);
    this.#above = undefined;
    return true;
  }
}
