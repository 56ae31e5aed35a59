// Stored sessions on show, and the keys that change what is shown of them. Used by /resume and by the list that extensions import; each says what it can do.
// Invariants: deleting asks; of several loads, and of several searches, the newest counts.

import { basename } from "node:path";
import { shortAge } from "../../../contracts/text/terminal-text.ts";
import { homePath } from "../home-path.ts";
import type { KnownKeys } from "../keymap.ts";
import type { Picker, PickerItem } from "./picker.ts";

/** What there is to know of a session for a line of the list. */
export interface ListedSession {
  path: string;
  cwd: string;
  modifiedMs: number;
  /** Where all have one, they can be ordered by it. */
  sizeBytes?: number | undefined;
  name?: string | undefined;
  firstPrompt?: string | undefined;
  messageCount?: number | undefined;
}

export interface SessionListDeps {
  keys: KnownKeys;
  homeDir: string;
  /** `all`: of every directory. */
  load(all: boolean): Promise<readonly ListedSession[]>;
  /** The line of each session that holds the text, by its path. */
  search?: (text: string, all: boolean) => Promise<ReadonlyMap<string, string>>;
  bySize?: boolean;
  /** Asks for a name; nothing where it stays as it is. */
  rename?: ((session: ListedSession) => Promise<unknown>) | undefined;
  remove(path: string): Promise<unknown>;
  fail(error: unknown): void;
}

type Shown = Pick<Picker, "setItems" | "setHint" | "setFilter">;

export class SessionList {
  readonly #deps: SessionListDeps;
  #stored: readonly ListedSession[] = [];
  #all = false;
  #path = false;
  #bySize = false;
  #named = false;
  /** What was searched for, and the line of each session that holds it. */
  #search: { text: string; lines: ReadonlyMap<string, string> } | undefined;
  /** Asked about once; the same key again does it. */
  #doomed: string | undefined;
  #loads = 0;
  #searches = 0;

  constructor(deps: SessionListDeps) {
    this.#deps = deps;
  }

  get isEmpty(): boolean {
    return this.#stored.length === 0;
  }

  get items(): PickerItem[] {
    const { lines } = this.#search ?? {};
    const shown = this.#stored.filter(({ name, path }) => (!this.#named || name !== undefined) && lines?.has(path) !== false);
    const sorted = this.#bySize ? [...shown].sort((one, other) => (other.sizeBytes ?? 0) - (one.sizeBytes ?? 0)) : shown;
    return sorted.map((one) => {
      const age = shortAge(one.modifiedMs, Date.now());
      const place = this.#path ? one.path : this.#all ? homePath(one.cwd, this.#deps.homeDir) : "";
      return {
        value: one.path,
        label: one.name ?? one.firstPrompt ?? "(nothing said)",
        description: [lines?.get(one.path) ?? "", age, one.messageCount === undefined ? "" : `${one.messageCount} messages`, place]
          .filter((part) => part !== "")
          .join(" · "),
        // Of where it lies only what is shown: a few letters are found in any path.
        searched: [one.name, one.firstPrompt, basename(one.path), place].filter((part) => part !== undefined).join(" "),
      };
    });
  }

  get hint(): string {
    const { keys, search, bySize, rename } = this.#deps;
    if (this.#doomed !== undefined) return `${keys.keyOf("app.session.delete")} again deletes it for good`;
    const found = this.#search === undefined ? [] : [`${JSON.stringify(this.#search.text)} in ${this.#search.lines.size}`];
    const hints = [
      ["app.session.search", search && "search in them"],
      ["app.session.toggleNamedFilter", "named"],
      ["app.session.toggleSort", bySize && "sort"],
      ["app.session.togglePath", "path"],
      ["app.session.rename", rename && "rename"],
      ["app.session.delete", "delete"],
    ] as const;
    const told = hints.flatMap(([id, about]) => (about && keys.keyOf(id) !== "" ? [`${keys.keyOf(id)} ${about}`] : []));
    return [...found, `tab ${this.#all ? "this folder" : "all folders"}`, ...told].join(" · ");
  }

  /** `all`: from now on of every directory, or of this one. Nothing is drawn without a picker. */
  async load({ all = this.#all, picker, chosen }: { all?: boolean; picker?: Shown; chosen?: string | undefined } = {}): Promise<void> {
    this.#all = all;
    const mine = ++this.#loads;
    const isNewest = (): boolean => mine === this.#loads;
    const stored = await this.#deps.load(all).catch((error: unknown) => {
      if (isNewest()) throw error;
    });
    if (stored === undefined || !isNewest()) return;
    this.#stored = stored;
    if (picker === undefined) return;
    if (this.#search !== undefined) await this.#searchFor(this.#search.text, picker);
    else this.#show(picker, chosen);
  }

  /** Whether the key was one of the list's. */
  press(data: string, item: PickerItem | undefined, typed: string, picker: Shown): boolean {
    const { keys, search, bySize, rename } = this.#deps;
    const is = (id: string): boolean => keys.matches(data, id);
    const before = this.#doomed;
    this.#doomed = undefined;
    if (item !== undefined && (is("app.session.delete") || (typed === "" && is("app.session.deleteNoninvasive")))) {
      if (before !== item.value) this.#doomed = item.value;
      else this.#change(this.#deps.remove(item.value), picker);
    } else if (item !== undefined && rename !== undefined && is("app.session.rename")) {
      const session = this.#stored.find(({ path }) => path === item.value);
      if (session !== undefined) this.#change(rename(session), picker);
    } else if (is("tui.input.tab")) this.#run(this.load({ all: !this.#all, picker }));
    else if (search !== undefined && is("app.session.search")) {
      this.#searches++;
      this.#search = undefined;
      picker.setFilter("");
      this.#show(picker);
      if (typed.trim() !== "") this.#run(this.#searchFor(typed.trim(), picker));
      return true;
    } else if (is("app.session.toggleNamedFilter")) this.#named = !this.#named;
    else if (bySize === true && is("app.session.toggleSort")) this.#bySize = !this.#bySize;
    else if (is("app.session.togglePath")) this.#path = !this.#path;
    else {
      if (before !== undefined) picker.setHint(this.hint);
      return false;
    }
    this.#show(picker);
    return true;
  }

  async #searchFor(text: string, picker: Shown): Promise<void> {
    const mine = ++this.#searches;
    picker.setHint(`searching for ${JSON.stringify(text)} …`);
    const found = this.#deps.search?.(text, this.#all).finally(() => {
      if (mine === this.#searches) picker.setHint(this.hint);
    });
    const lines = (await found) ?? new Map<string, string>();
    if (mine !== this.#searches) return;
    this.#search = { text, lines };
    this.#show(picker);
  }

  #change(work: Promise<unknown>, picker: Shown): void {
    this.#run(work.then(() => this.load({ picker })));
  }

  #run(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#deps.fail(error));
  }

  #show(picker: Shown, chosen?: string): void {
    picker.setItems(this.items, chosen);
    picker.setHint(this.hint);
  }
}
