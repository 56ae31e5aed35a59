// What can be completed while a text is written: commands and their arguments after `/`, files after `@`, paths on Tab. The editor asks it; extensions put
// theirs in front. Invariant: no key waits for it; what fails offers nothing.

import type { AutocompleteItem, AutocompleteProvider, AutocompleteSuggestions } from "@earendil-works/pi-tui";
import type { Completion } from "../commands/slash-command.ts";
import { bestMatches } from "./match-files.ts";

export interface CompletionSources {
  /** Once they are known. */
  commands(): Promise<readonly { name: string; about: string; argument: string; complete?(): Completion[] | Promise<Completion[]> }[]>;
  /** All files below the working directory, relative to it; directories end in a slash. */
  files(signal: AbortSignal): Promise<readonly string[]>;
  /** What lies in a directory. */
  list(directory: string): readonly string[];
}

const maxOffered = 20;

/** `@` and what stands behind it; with blanks in it within quotes. */
const mention = /(?:^|[\s(])(@(?:"[^"]*|[^\s"]*))$/;
const path = /(?:^|[\s("'=])((?:~|\.{1,2})?[^\s"'(=]*)$/;

export class PromptCompletion implements AutocompleteProvider {
  readonly triggerCharacters = ["@"];
  readonly #sources: CompletionSources;
  #offered: readonly AutocompleteItem[] = [];

  constructor(sources: CompletionSources) {
    this.#sources = sources;
  }

  /** Whether one of the values that were offered stands before the cursor, whole. */
  isWhole(textBefore: string): boolean {
    return this.#offered.some(
      ({ value }) =>
        textBefore.endsWith(value) && (textBefore.length === value.length || /[\s/(]$/.test(textBefore.slice(0, -value.length))),
    );
  }

  async getSuggestions(
    lines: string[],
    cursorLine: number,
    cursorCol: number,
    { signal, force }: { signal: AbortSignal; force?: boolean },
  ): Promise<AutocompleteSuggestions | null> {
    const before = (lines[cursorLine] ?? "").slice(0, cursorCol);
    const found = await this.#find(before, cursorLine === 0, force === true, signal).catch(() => null);
    this.#offered = found?.items ?? [];
    return found;
  }

  applyCompletion(
    lines: string[],
    cursorLine: number,
    cursorCol: number,
    item: AutocompleteItem,
    prefix: string,
  ): { lines: string[]; cursorLine: number; cursorCol: number } {
    const line = lines[cursorLine] ?? "";
    const start = line.slice(0, cursorCol - prefix.length);
    const rest = line.slice(cursorCol);
    const isDirectory = /\/"?$/.test(item.value);
    const gap = isDirectory || rest.startsWith(" ") ? "" : " ";
    const text = `${start}${item.value}${gap}${rest}`;
    // Within a quoted directory one goes on before the quote.
    const column = start.length + item.value.length + gap.length - (isDirectory && item.value.endsWith('"') ? 1 : 0);
    return { lines: lines.map((one, at) => (at === cursorLine ? text : one)), cursorLine, cursorCol: column };
  }

  shouldTriggerFileCompletion(lines: string[], cursorLine: number, cursorCol: number): boolean {
    return !(cursorLine === 0 && /^\/\S*$/.test((lines[0] ?? "").slice(0, cursorCol)));
  }

  async #find(before: string, isFirstLine: boolean, isForced: boolean, signal: AbortSignal): Promise<AutocompleteSuggestions | null> {
    if (isFirstLine && /^\/[^\s/]*$/.test(before)) return this.#commands(before);
    const typed = isFirstLine ? /^\/(\S+)\s+(\S*)$/.exec(before) : null;
    if (typed !== null) {
      const offered = await this.#argument(typed[1] ?? "", typed[2] ?? "");
      if (offered !== null) return offered;
    }
    const at = mention.exec(before)?.[1];
    if (at !== undefined) return this.#files(at, signal);
    const word = isForced ? path.exec(before)?.[1] : undefined;
    return word === undefined ? null : this.#paths(word);
  }

  async #commands(prefix: string): Promise<AutocompleteSuggestions | null> {
    const typed = prefix.slice(1).toLowerCase();
    const all = await this.#sources.commands();
    const starting = all.filter(({ name }) => name.toLowerCase().startsWith(typed));
    const within = all.filter(({ name }) => !name.toLowerCase().startsWith(typed) && name.toLowerCase().includes(typed));
    const items = [...starting, ...within].map(({ name, about, argument }) => ({
      value: `/${name}`,
      label: argument === "" ? name : `${name} ${argument}`,
      description: about,
    }));
    return items.length === 0 ? null : { items, prefix };
  }

  async #argument(name: string, typed: string): Promise<AutocompleteSuggestions | null> {
    const command = (await this.#sources.commands()).find((one) => one.name === name);
    if (command?.complete === undefined) return null;
    const all = await command.complete();
    const items = all
      .filter(({ value, description = "" }) => `${value} ${description}`.toLowerCase().includes(typed.toLowerCase()))
      .slice(0, 200);
    return items.length === 0 ? null : { items, prefix: typed };
  }

  async #files(prefix: string, signal: AbortSignal): Promise<AutocompleteSuggestions | null> {
    const typed = prefix.replace(/^@"?/, "");
    const files = await this.#sources.files(signal);
    if (signal.aborted) return null;
    const items = bestMatches(files, typed, maxOffered).map((file) => ({
      value: file.includes(" ") ? `@"${file}"` : `@${file}`,
      label: file,
    }));
    return items.length === 0 ? null : { items, prefix };
  }

  #paths(prefix: string): AutocompleteSuggestions | null {
    const slash = prefix.lastIndexOf("/") + 1;
    const directory = prefix.slice(0, slash);
    const start = prefix.slice(slash).toLowerCase();
    const names = this.#sources.list(directory === "" ? "." : directory);
    const items = names
      .filter((name) => name.toLowerCase().startsWith(start) && (start.startsWith(".") || !name.startsWith(".")))
      .slice(0, 200)
      .map((name) => ({ value: `${directory}${name}`, label: name }));
    return items.length === 0 ? null : { items, prefix };
  }
}
