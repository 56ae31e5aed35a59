// A list of switches by lines: several are switched at once, by their numbers, or all that are shown. Made by the questions that are asked by lines.
// Invariant: a line with anything wrong in it switches nothing.

import { filtered, type PickerItem } from "../pickers/picker.ts";
import { numbered } from "./numbered.ts";

const how = "Which ones? Numbers (1 3 5-7), all, none, words to look for, * for the whole list, or an empty line when it is right.";

export class SwitchList {
  readonly #title: string;
  readonly #flip: (values: readonly string[]) => readonly PickerItem[];
  #items: readonly PickerItem[];
  /** What the numbers stand for, by value: what is switched may change its place in the list. */
  #shown: readonly string[];

  constructor(title: string, items: readonly PickerItem[], flip: (values: readonly string[]) => readonly PickerItem[]) {
    this.#title = title;
    this.#items = items;
    this.#shown = items.map(({ value }) => value);
    this.#flip = flip;
  }

  text(): string {
    return [this.#title, ...numbered(this.#listed()), how].join("\n");
  }

  /** What is to be said of the line. */
  take(line: string): string {
    if (line === "*") this.#shown = this.#items.map(({ value }) => value);
    else if (line === "all" || line === "none") this.#switch(this.#listed().filter(({ isOn = false }) => isOn === (line === "none")));
    else if (/^[\d\s,-]+$/.test(line)) {
      const meant = this.#numbered(line);
      if (typeof meant === "string") return `There is no ${meant} among them: nothing was switched`;
      this.#switch(meant);
    } else {
      const found = filtered(this.#items, line);
      if (found.length === 0) return `Nothing there is ${JSON.stringify(line)}`;
      this.#shown = found.map(({ value }) => value);
    }
    return this.text();
  }

  #switch(items: readonly PickerItem[]): void {
    if (items.length > 0) this.#items = this.#flip(items.map(({ value }) => value));
  }

  #listed(): PickerItem[] {
    const byValue = new Map(this.#items.map((item) => [item.value, item]));
    return this.#shown.flatMap((value) => byValue.get(value) ?? []);
  }

  /** In the order in which they were named, each once; or what is no number of one. */
  #numbered(line: string): PickerItem[] | string {
    const listed = this.#listed();
    const meant = new Set<PickerItem>();
    for (const part of line.split(/[\s,]+/).filter((one) => one !== "")) {
      const range = /^(\d+)(?:-(\d+))?$/.exec(part);
      const from = Number(range?.[1] ?? 0);
      const to = Number(range?.[2] ?? from);
      if (from < 1 || to < from || to > listed.length) return part;
      for (const item of listed.slice(from - 1, to)) meant.add(item);
    }
    return [...meant];
  }
}
