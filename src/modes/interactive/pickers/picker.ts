// The one list that everything is chosen from: type to filter, arrows, pages, Enter, Escape. Opened by commands and by dialogs of extensions.
// Invariant: what is not shown costs nothing to draw; the filter is `"exact"`, `re:…` or letters in their order; keys that a picker adds come first.

import { type Component, type Focusable, fuzzyFilter, truncateToWidth, visibleWidth } from "@earendil-works/pi-tui";
import { LineInput } from "../../../tui/line-input.ts";
import { markedPaste } from "../../../tui/paste-gate.ts";
import { shownLine } from "../../../tui/shown-text.ts";
import type { Theme } from "../../../tui/theme/theme.ts";
import type { KnownKeys } from "../keymap.ts";
import { questionRows } from "./question-rows.ts";

export interface PickerItem {
  value: string;
  label: string;
  description?: string;
  /** Of a list of switches: whether it is on. */
  isOn?: boolean;
  /** What the filter looks at; default: label and description. */
  searched?: string;
}

export interface PickerOptions {
  title: string | (() => string);
  items: readonly PickerItem[];
  theme(): Theme;
  keys: KnownKeys;
  rows(): number;
  /** The value that is chosen at first. */
  chosen?: string;
  /** Typed into it already. */
  filter?: string;
  /** Below the list. */
  hint?: string;
  /** Whether there is a line to type into. Default true. */
  hasFilter?: boolean;
  take(item: PickerItem): void;
  cancel(): void;
  /** Other items, or another hint: not by a key. */
  changed?(): void;
  /** A key of the picker's own; true: it was one. */
  onKey?(data: string, item: PickerItem | undefined, filter: string): boolean;
  /** The chosen one is another. */
  moved?(item: PickerItem | undefined): void;
}

/** Borders, the line to type into, what is said below, the footer. */
const rowsBeside = 7;
/** With fewer the list itself has the room. */
const roomyRows = 16;

export class Picker implements Component, Focusable {
  readonly capturesViewportInput = true;
  readonly #options: PickerOptions;
  readonly #filter = new LineInput({ prompt: "" });
  #items: readonly PickerItem[];
  #shown: readonly PickerItem[];
  #at = 0;
  #hint: string;
  focused = false;

  constructor(options: PickerOptions) {
    this.#options = options;
    this.#items = options.items;
    this.#shown = options.items;
    this.#hint = options.hint ?? "";
    this.#at = Math.max(
      0,
      this.#shown.findIndex(({ value }) => value === options.chosen),
    );
    if (options.filter) this.setFilter(options.filter);
  }

  get selected(): PickerItem | undefined {
    return this.#shown[this.#at];
  }

  /** Others in their place; what was chosen stays so where it is still there. */
  setItems(items: readonly PickerItem[], chosen = this.selected?.value): void {
    this.#items = items;
    this.#apply(chosen);
    this.#options.changed?.();
  }

  setFilter(text: string): void {
    this.#filter.setValue("");
    // As if it had been typed: the cursor is behind it.
    if (text !== "") this.#filter.handleInput(markedPaste(text));
    this.#apply(undefined);
  }

  setHint(hint: string): void {
    this.#hint = hint;
    this.#options.changed?.();
  }

  invalidate(): void {}

  handleInput(data: string): void {
    const { keys, onKey, take, cancel } = this.#options;
    if (onKey?.(data, this.selected, this.#filter.getValue()) === true) return;
    const size = this.#size();
    if (keys.matches(data, "tui.select.cancel")) cancel();
    else if (keys.matches(data, "tui.select.confirm")) {
      if (this.selected !== undefined) take(this.selected);
    } else if (keys.matches(data, "tui.select.up")) this.#move(this.#at === 0 ? this.#shown.length - 1 : this.#at - 1);
    else if (keys.matches(data, "tui.select.down")) this.#move(this.#at === this.#shown.length - 1 ? 0 : this.#at + 1);
    else if (keys.matches(data, "tui.select.pageUp")) this.#move(Math.max(0, this.#at - size));
    else if (keys.matches(data, "tui.select.pageDown")) this.#move(Math.min(this.#shown.length - 1, this.#at + size));
    else if (this.#options.hasFilter !== false) {
      const before = this.#filter.getValue();
      this.#filter.handleInput(data);
      if (this.#filter.getValue() !== before) this.#apply(undefined);
    }
  }

  render(width: number): string[] {
    const theme = this.#options.theme();
    const border = theme.fg("borderAccent", "─".repeat(width));
    const { title } = this.#options;
    const size = this.#size();
    const below = Math.min(size, Math.max(1, this.#items.length)) + rowsBeside;
    const lines = [
      border,
      ...questionRows(typeof title === "string" ? title : title(), width, theme, { rows: this.#options.rows(), below }),
    ];
    if (this.#options.hasFilter !== false) {
      this.#filter.focused = this.focused;
      lines.push(`${theme.fg("accent", "› ")}${this.#filter.render(Math.max(1, width - 2))[0] ?? ""}`);
    }
    const start = Math.max(0, Math.min(this.#at - Math.floor(size / 2), this.#shown.length - size));
    const rows = this.#shown.slice(start, start + size);
    const labels = Math.min(Math.floor(width * 0.6), Math.max(0, ...rows.map((item) => visibleWidth(markedLabel(item)))));
    for (const [offset, item] of rows.entries()) lines.push(this.#row(item, start + offset === this.#at, labels, width));
    if (this.#shown.length === 0) lines.push(theme.fg("muted", "  Nothing matches"));
    const place = this.#shown.length > size ? `${this.#at + 1}/${this.#shown.length}` : "";
    const foot = inRows([place, ...this.#hint.split(" · ")], width).slice(0, this.#options.rows() < roomyRows ? 1 : 3);
    for (const row of foot) lines.push(truncateToWidth(theme.fg("dim", row), width));
    lines.push(border);
    return lines;
  }

  #row(item: PickerItem, isChosen: boolean, labels: number, width: number): string {
    const theme = this.#options.theme();
    const label = truncateToWidth(markedLabel(item), Math.max(1, width - 2));
    const about = item.description === undefined ? "" : shownLine(item.description);
    const gap = " ".repeat(Math.max(1, labels - visibleWidth(label) + 2));
    const room = width - 2 - visibleWidth(label) - gap.length;
    const rest = about === "" || room < 8 ? "" : `${gap}${theme.fg("muted", truncateToWidth(about, room))}`;
    return isChosen ? `${theme.fg("accent", "❯ ")}${theme.fg("accent", theme.bold(label))}${rest}` : `  ${label}${rest}`;
  }

  /** Rows of the list: what a screen has beside title, filter, borders, and a little of what is above. */
  #size(): number {
    return Math.max(3, Math.min(15, this.#options.rows() - 8));
  }

  #move(to: number): void {
    this.#at = Math.max(0, to);
    this.#options.moved?.(this.selected);
  }

  #apply(chosen: string | undefined): void {
    this.#shown = filtered(this.#items, this.#filter.getValue().trim());
    const at = chosen === undefined ? 0 : this.#shown.findIndex(({ value }) => value === chosen);
    this.#move(at < 0 ? Math.min(this.#at, Math.max(0, this.#shown.length - 1)) : at);
  }
}

function markedLabel({ label, isOn }: PickerItem): string {
  return `${isOn === undefined ? "" : isOn ? "✓ " : "  "}${shownLine(label)}`;
}

/** Parts as they fit beside each other, none of them cut. */
export function inRows(parts: readonly string[], width: number): string[] {
  const rows: string[] = [];
  for (const part of parts.filter((one) => one !== "")) {
    const longer = rows.length === 0 ? part : `${rows.at(-1)} · ${part}`;
    if (rows.length > 0 && visibleWidth(longer) > width) rows.push(part);
    else rows[Math.max(0, rows.length - 1)] = longer;
  }
  return rows;
}

export function filtered(items: readonly PickerItem[], filter: string): readonly PickerItem[] {
  if (filter === "") return items;
  const textOf = ({ label, description, searched }: PickerItem): string => searched ?? `${label} ${description ?? ""}`;
  if (filter.startsWith("re:")) {
    const pattern = patternOf(filter.slice(3));
    return pattern === undefined ? [] : items.filter((item) => pattern.test(textOf(item).slice(0, 2000)));
  }
  const exact = /^"([^"]*)"?$/.exec(filter)?.[1]?.toLowerCase();
  if (exact !== undefined) return items.filter((item) => textOf(item).toLowerCase().includes(exact));
  return fuzzyFilter([...items], filter, textOf);
}

/** While it is being typed it is seldom one. */
function patternOf(source: string): RegExp | undefined {
  try {
    return new RegExp(source, "i");
  } catch {
    return undefined;
  }
}
