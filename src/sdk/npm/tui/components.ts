// Components that extensions build views of: each gives lines for a width. Imported by extensions, which also render them without a terminal.
// Invariant: no line is wider than asked for.

import { matchesKey } from "./keys.ts";
import { truncateToWidth, visibleWidth, wrapTextWithAnsi } from "./text.ts";

export interface Component {
  render(width: number): string[];
  handleInput?(data: string): void;
  invalidate?(): void;
}

type Paint = (text: string) => string;

const asIs: Paint = (text) => text;

function padded(lines: readonly string[], width: number, paddingX: number, paddingY: number, paint: Paint | undefined): string[] {
  const left = " ".repeat(paddingX);
  const blank = Array.from({ length: paddingY }, () => " ".repeat(width));
  const filled = lines.map((line) => left + line + " ".repeat(Math.max(0, width - paddingX - visibleWidth(line))));
  return [...blank, ...filled, ...blank].map(paint ?? asIs);
}

export class Container implements Component {
  children: Component[] = [];

  addChild(component: Component): void {
    this.children.push(component);
  }

  removeChild(component: Component): void {
    this.children = this.children.filter((one) => one !== component);
  }

  clear(): void {
    this.children = [];
  }

  invalidate(): void {
    for (const child of this.children) child.invalidate?.();
  }

  render(width: number): string[] {
    return this.children.flatMap((child) => child.render(width));
  }
}

export class Box extends Container {
  readonly #paddingX: number;
  readonly #paddingY: number;
  #paint: Paint | undefined;

  constructor(paddingX = 1, paddingY = 1, bgFn?: Paint) {
    super();
    this.#paddingX = paddingX;
    this.#paddingY = paddingY;
    this.#paint = bgFn;
  }

  setBgFn(bgFn?: Paint): void {
    this.#paint = bgFn;
  }

  override render(width: number): string[] {
    if (this.children.length === 0) return [];
    const inner = super.render(Math.max(1, width - 2 * this.#paddingX));
    return padded(inner, width, this.#paddingX, this.#paddingY, this.#paint);
  }
}

export class Text implements Component {
  #text: string;
  readonly #paddingX: number;
  readonly #paddingY: number;
  #paint: Paint | undefined;

  constructor(text = "", paddingX = 1, paddingY = 1, customBgFn?: Paint) {
    this.#text = text;
    this.#paddingX = paddingX;
    this.#paddingY = paddingY;
    this.#paint = customBgFn;
  }

  setText(text: string): void {
    this.#text = text;
  }

  setCustomBgFn(customBgFn?: Paint): void {
    this.#paint = customBgFn;
  }

  invalidate(): void {}

  render(width: number): string[] {
    if (this.#text.trim() === "") return [];
    const lines = wrapTextWithAnsi(this.#text.replaceAll("\t", "   "), Math.max(1, width - 2 * this.#paddingX));
    return padded(lines, width, this.#paddingX, this.#paddingY, this.#paint);
  }
}

export class TruncatedText implements Component {
  readonly #text: string;
  readonly #paddingX: number;
  readonly #paddingY: number;

  constructor(text: string, paddingX = 0, paddingY = 0) {
    this.#text = text;
    this.#paddingX = paddingX;
    this.#paddingY = paddingY;
  }

  invalidate(): void {}

  render(width: number): string[] {
    const line = truncateToWidth(this.#text.split("\n", 1)[0] ?? "", Math.max(1, width - 2 * this.#paddingX));
    return padded([line], width, this.#paddingX, this.#paddingY, undefined);
  }
}

export class Spacer implements Component {
  #lines: number;

  constructor(lines = 1) {
    this.#lines = lines;
  }

  setLines(lines: number): void {
    this.#lines = lines;
  }

  invalidate(): void {}

  render(): string[] {
    return Array.from({ length: this.#lines }, () => "");
  }
}

/** The text as it is written, wrapped: Markdown reads well without being set. */
export class Markdown extends Text {
  constructor(text = "", paddingX = 1, paddingY = 0, _theme?: unknown, defaultTextStyle?: { bgColor?: Paint }) {
    super(text, paddingX, paddingY, defaultTextStyle?.bgColor);
  }
}

/** In words, since nothing here draws. */
export class Image implements Component {
  readonly #mimeType: string;
  readonly #theme: { fallbackColor?: Paint } | undefined;

  constructor(_base64Data: string, mimeType: string, theme?: { fallbackColor?: Paint }) {
    this.#mimeType = mimeType;
    this.#theme = theme;
  }

  invalidate(): void {}

  render(width: number): string[] {
    return [(this.#theme?.fallbackColor ?? asIs)(truncateToWidth(`[Image: ${this.#mimeType}]`, width))];
  }
}

export class Loader extends Text {
  constructor(_ui: unknown, _spinnerColor: Paint = asIs, messageColor: Paint = asIs, message = "Loading...") {
    super(messageColor(message), 1, 0);
  }

  setMessage(message: string): void {
    this.setText(message);
  }

  start(): void {}
  stop(): void {}
}

export interface SelectItem {
  value: string;
  label: string;
  description?: string;
}

/** The rows around the chosen one. */
function windowOf<T>(items: readonly T[], selected: number, size: number): { rows: readonly T[]; start: number } {
  const start = Math.max(0, Math.min(selected - Math.floor(size / 2), items.length - size));
  return { rows: items.slice(start, start + size), start };
}

interface ListTheme {
  selectedText?: Paint;
  description?: Paint;
  noMatch?: Paint;
}

export class SelectList implements Component {
  onSelect?: (item: SelectItem) => void;
  onCancel?: () => void;
  onSelectionChange?: (item: SelectItem) => void;
  readonly #items: readonly SelectItem[];
  readonly #maxVisible: number;
  readonly #theme: ListTheme;
  #shown: readonly SelectItem[];
  #selected = 0;

  constructor(items: readonly SelectItem[], maxVisible = 10, theme: ListTheme = {}) {
    this.#items = items;
    this.#shown = items;
    this.#maxVisible = maxVisible;
    this.#theme = theme;
  }

  setFilter(filter: string): void {
    this.#shown = this.#items.filter(({ value, label }) => `${value} ${label}`.toLowerCase().includes(filter.toLowerCase()));
    this.#selected = 0;
  }

  setSelectedIndex(index: number): void {
    this.#selected = Math.max(0, Math.min(index, this.#shown.length - 1));
  }

  getSelectedItem(): SelectItem | null {
    return this.#shown[this.#selected] ?? null;
  }

  invalidate(): void {}

  render(width: number): string[] {
    if (this.#shown.length === 0) return [(this.#theme.noMatch ?? asIs)(truncateToWidth("  Nothing matches", width))];
    const { rows, start } = windowOf(this.#shown, this.#selected, this.#maxVisible);
    return rows.map(({ label, value, description }, at) => {
      const isSelected = start + at === this.#selected;
      const name = `${isSelected ? "→ " : "  "}${label || value}`;
      const line = truncateToWidth(description === undefined ? name : `${name}  ${description}`, width);
      return isSelected ? (this.#theme.selectedText ?? asIs)(line) : line;
    });
  }

  handleInput(data: string): void {
    const item = this.getSelectedItem();
    if (matchesKey(data, "enter")) {
      if (item !== null) this.onSelect?.(item);
    } else if (matchesKey(data, "escape") || matchesKey(data, "ctrl+c")) this.onCancel?.();
    else this.#move(matchesKey(data, "up") ? -1 : matchesKey(data, "down") ? 1 : 0);
  }

  #move(by: number): void {
    if (by === 0 || this.#shown.length === 0) return;
    this.#selected = (this.#selected + by + this.#shown.length) % this.#shown.length;
    const item = this.getSelectedItem();
    if (item !== null) this.onSelectionChange?.(item);
  }
}

export interface SettingItem {
  id: string;
  label: string;
  description?: string;
  currentValue: string;
  values?: string[];
}

export class SettingsList implements Component {
  readonly #items: SettingItem[];
  readonly #maxVisible: number;
  readonly #onChange: (id: string, value: string) => void;
  readonly #onCancel: () => void;
  #selected = 0;

  constructor(
    items: SettingItem[],
    maxVisible: number,
    _theme: unknown,
    onChange: (id: string, value: string) => void = () => {},
    onCancel: () => void = () => {},
  ) {
    this.#items = items;
    this.#maxVisible = maxVisible;
    this.#onChange = onChange;
    this.#onCancel = onCancel;
  }

  updateValue(id: string, value: string): void {
    const item = this.#items.find((one) => one.id === id);
    if (item !== undefined) item.currentValue = value;
  }

  invalidate(): void {}

  render(width: number): string[] {
    const { rows, start } = windowOf(this.#items, this.#selected, this.#maxVisible);
    return rows.map(({ label, currentValue }, at) =>
      truncateToWidth(`${start + at === this.#selected ? "→ " : "  "}${label}  ${currentValue}`, width),
    );
  }

  handleInput(data: string): void {
    const count = this.#items.length;
    if (matchesKey(data, "escape") || matchesKey(data, "ctrl+c")) this.#onCancel();
    else if (matchesKey(data, "up")) this.#selected = (this.#selected - 1 + count) % count;
    else if (matchesKey(data, "down")) this.#selected = (this.#selected + 1) % count;
    else if (matchesKey(data, "enter") || matchesKey(data, "space")) this.#nextValue();
  }

  #nextValue(): void {
    const item = this.#items[this.#selected];
    const values = item?.values;
    if (item === undefined || values === undefined || values.length === 0) return;
    item.currentValue = values[(values.indexOf(item.currentValue) + 1) % values.length] ?? item.currentValue;
    this.#onChange(item.id, item.currentValue);
  }
}

/** A line that is typed. */
export class Input implements Component {
  focused = false;
  onSubmit?: (value: string) => void;
  onEscape?: () => void;
  #value = "";

  getValue(): string {
    return this.#value;
  }

  setValue(value: string): void {
    this.#value = value;
  }

  invalidate(): void {}

  render(width: number): string[] {
    return [truncateToWidth(`> ${this.#value}`, width)];
  }

  handleInput(data: string): void {
    if (matchesKey(data, "enter")) this.onSubmit?.(this.#value);
    else if (matchesKey(data, "escape")) this.onEscape?.();
    else if (matchesKey(data, "backspace")) this.#value = [...this.#value].slice(0, -1).join("");
    else if (!/[\x00-\x1f\x7f]/.test(data)) this.#value += data;
  }
}

/** A text that is typed; `enter` hands it over, `alt+enter` begins a line. */
export class Editor implements Component {
  focused = false;
  disableSubmit = false;
  borderColor: Paint;
  onSubmit?: (text: string) => void;
  onChange?: (text: string) => void;
  #text = "";

  constructor(_tui?: unknown, theme?: { borderColor?: Paint }) {
    this.borderColor = theme?.borderColor ?? asIs;
  }

  getText(): string {
    return this.#text;
  }

  getExpandedText(): string {
    return this.#text;
  }

  getLines(): string[] {
    return this.#text.split("\n");
  }

  setText(text: string): void {
    this.#text = text;
    this.onChange?.(text);
  }

  insertTextAtCursor(text: string): void {
    this.setText(this.#text + text);
  }

  addToHistory(_text: string): void {}
  setAutocompleteProvider(_provider: unknown): void {}
  setPaddingX(_padding: number): void {}
  invalidate(): void {}

  isShowingAutocomplete(): boolean {
    return false;
  }

  render(width: number): string[] {
    const border = this.borderColor("─".repeat(width));
    return [border, ...wrapTextWithAnsi(this.#text, width), border];
  }

  handleInput(data: string): void {
    if (matchesKey(data, "alt+enter") || matchesKey(data, "shift+enter")) this.setText(`${this.#text}\n`);
    else if (matchesKey(data, "enter")) this.#submit();
    else if (matchesKey(data, "backspace")) this.setText([...this.#text].slice(0, -1).join(""));
    else if (!/[\x00-\x08\x0b-\x1f\x7f]/.test(data)) this.setText(this.#text + data);
  }

  #submit(): void {
    if (this.disableSubmit) return;
    const text = this.#text;
    this.#text = "";
    this.onSubmit?.(text);
  }
}
