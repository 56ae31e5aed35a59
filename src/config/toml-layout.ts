// Where keys and values stand in a TOML text: the parser tells values, this tells places. Used for error positions, for origins and for
// changing a file in place. Invariant: the text is known to be valid TOML; the scan never throws, whatever it is given.

export interface TomlEntry {
  /** Whole path from the root; numbers are places in an array of tables. */
  path: (string | number)[];
  /** Offsets in the text; the value ends before any comment. */
  keyStart: number;
  valueStart: number;
  valueEnd: number;
}

export interface TomlTableHeader {
  path: (string | number)[];
  /** Offset of the `[`. */
  start: number;
  /** Offset of the end of the header's line, line break included. */
  bodyStart: number;
}

export interface TomlLayout {
  entries: TomlEntry[];
  tables: TomlTableHeader[];
}

export interface TextPosition {
  /** Both from 1. */
  line: number;
  column: number;
}

export function tomlLayout(text: string): TomlLayout {
  const scanner = new Scanner(text);
  scanner.document();
  return { entries: scanner.entries, tables: scanner.tables };
}

export function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - (before.lastIndexOf("\n") + 1) + 1 };
}

/** The value of a path, or the nearest thing that stands for it: the header of its table, else the entry that holds it. */
export function findInLayout(layout: TomlLayout, path: readonly (string | number)[]): number | undefined {
  const entry = layout.entries.find((one) => samePath(one.path, path));
  if (entry !== undefined) return entry.valueStart;
  const table = layout.tables.find((one) => samePath(one.path, path));
  if (table !== undefined) return table.start;
  const below = layout.entries.find((one) => path.every((part, index) => one.path[index] === part));
  if (below !== undefined) return below.keyStart;
  return path.length > 1 ? findInLayout(layout, path.slice(0, -1)) : undefined;
}

export function samePath(a: readonly (string | number)[], b: readonly (string | number)[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

class Scanner {
  readonly entries: TomlEntry[] = [];
  readonly tables: TomlTableHeader[] = [];
  readonly #text: string;
  readonly #arrayLengths = new Map<string, number>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    let table: (string | number)[] = [];
    for (;;) {
      this.#skipBlank(true);
      if (this.#at >= this.#text.length) return;
      const before = this.#at;
      if (this.#text[this.#at] === "[") table = this.#header();
      else this.#entry(table);
      if (this.#at === before) this.#at++;
    }
  }

  #header(): (string | number)[] {
    const start = this.#at;
    const isArray = this.#text.startsWith("[[", this.#at);
    this.#at += isArray ? 2 : 1;
    const path = this.#place(this.#keys());
    if (isArray) {
      const key = JSON.stringify(path);
      const index = this.#arrayLengths.get(key) ?? 0;
      this.#arrayLengths.set(key, index + 1);
      path.push(index);
    }
    const lineEnd = this.#text.indexOf("\n", this.#at);
    this.#at = lineEnd < 0 ? this.#text.length : lineEnd + 1;
    this.tables.push({ path, start, bodyStart: this.#at });
    return path;
  }

  /** Puts the index of the last element behind each part that names an array of tables. */
  #place(keys: string[]): (string | number)[] {
    const path: (string | number)[] = [];
    keys.forEach((key, depth) => {
      path.push(key);
      const length = depth < keys.length - 1 ? this.#arrayLengths.get(JSON.stringify(path)) : undefined;
      if (length !== undefined) path.push(length - 1);
    });
    return path;
  }

  #entry(table: (string | number)[]): void {
    const keyStart = this.#at;
    const path = [...table, ...this.#keys()];
    if (this.#text[this.#at] !== "=") {
      this.#skipLine();
      return;
    }
    this.#at++;
    this.#skipBlank(false);
    const valueStart = this.#at;
    const index = this.entries.push({ path, keyStart, valueStart, valueEnd: valueStart }) - 1;
    this.#value(path);
    const entry = this.entries[index];
    if (entry !== undefined) entry.valueEnd = this.#at;
  }

  #keys(): string[] {
    const keys: string[] = [];
    for (;;) {
      this.#skipBlank(false);
      const quote = this.#text[this.#at];
      if (quote === '"' || quote === "'") keys.push(this.#string());
      else {
        const start = this.#at;
        while (this.#at < this.#text.length && !/[\s.=\]#"']/.test(this.#text[this.#at] ?? "")) this.#at++;
        keys.push(this.#text.slice(start, this.#at));
      }
      this.#skipBlank(false);
      if (this.#text[this.#at] !== ".") return keys;
      this.#at++;
    }
  }

  #value(path: (string | number)[]): void {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") this.#string();
    else if (first === "[") this.#array(path);
    else if (first === "{") this.#inlineTable(path);
    else {
      while (this.#at < this.#text.length && !/[,\]}#\n\r]/.test(this.#text[this.#at] ?? "")) this.#at++;
      while (/[ \t]/.test(this.#text[this.#at - 1] ?? "")) this.#at--;
    }
  }

  #array(path: (string | number)[]): void {
    this.#at++;
    for (let index = 0; ; index++) {
      this.#skipBlank(true);
      if (this.#at >= this.#text.length) return;
      if (this.#text[this.#at] === "]") break;
      const valueStart = this.#at;
      const element = [...path, index];
      const place = this.entries.push({ path: element, keyStart: valueStart, valueStart, valueEnd: valueStart }) - 1;
      this.#value(element);
      const entry = this.entries[place];
      if (entry !== undefined) entry.valueEnd = this.#at;
      this.#skipBlank(true);
      if (this.#text[this.#at] === ",") this.#at++;
      else if (this.#text[this.#at] !== "]") return;
    }
    this.#at++;
  }

  #inlineTable(path: (string | number)[]): void {
    this.#at++;
    for (;;) {
      this.#skipBlank(true);
      if (this.#at >= this.#text.length) return;
      if (this.#text[this.#at] === "}") break;
      const before = this.#at;
      this.#entry(path);
      this.#skipBlank(true);
      if (this.#text[this.#at] === ",") this.#at++;
      if (this.#at === before) return;
    }
    this.#at++;
  }

  /** Steps over a string and gives its text; escapes are decoded as JSON's, which covers what keys hold. */
  #string(): string {
    const quote = this.#text[this.#at] ?? "";
    const triple = quote.repeat(3);
    if (this.#text.startsWith(triple, this.#at)) {
      this.#at += 3;
      while (this.#at < this.#text.length && !this.#text.startsWith(triple, this.#at)) this.#at += this.#escapeLength(quote);
      this.#at += 3;
      // Up to two more quotes belong to the string itself.
      while (this.#text[this.#at] === quote) this.#at++;
      return "";
    }
    const start = ++this.#at;
    while (this.#at < this.#text.length && this.#text[this.#at] !== quote && this.#text[this.#at] !== "\n")
      this.#at += this.#escapeLength(quote);
    const inner = this.#text.slice(start, this.#at);
    this.#at++;
    if (quote === "'" || !inner.includes("\\")) return inner;
    try {
      return JSON.parse(`"${inner}"`) as string;
    } catch {
      return inner;
    }
  }

  #escapeLength(quote: string): number {
    return quote === '"' && this.#text[this.#at] === "\\" ? 2 : 1;
  }

  /** Blanks and, where line breaks are allowed, comments too. */
  #skipBlank(linesToo: boolean): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character === " " || character === "\t" || (linesToo && (character === "\n" || character === "\r"))) this.#at++;
      else if (linesToo && character === "#") this.#skipLine();
      else return;
    }
  }

  #skipLine(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }
}
