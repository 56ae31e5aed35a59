// The words of a shell line as bash reads them: quotes of every kind, expansions, substitutions, patterns. Its user is shell-parser, which reads
// the commands between them and in them. Pure.
// Invariant: what is not understood for certain throws `Unreadable`; the commands of a substitution are always read, by whoever reads commands.

export class Unreadable extends Error {}

export interface Word {
  /** What bash makes of it, as far as it is written out. */
  text: string;
  /** Some of it is known only when it runs: an expansion, a pattern, braces. May then become any words, or none. */
  isComputed: boolean;
  /** It is computed by a pattern of file names alone. */
  isPattern: boolean;
  /** It has quotes of some kind, so it is no reserved word, no option of ours to rewrite. */
  isQuoted: boolean;
  /** It is, or has in it, a command's output as a file. */
  hasProcess: boolean;
}

export interface Redirection {
  operator: string;
  target: Word;
  /** Of a here-document. */
  body?: { text: string; isComputed: boolean };
}

export interface FoundCommand {
  assignments: { name: string; value: Word; hasSubscript: boolean }[];
  words: Word[];
  redirections: Redirection[];
  /** Its standard input is the output of another. */
  isPiped: boolean;
}

export interface ParsedLine {
  commands: FoundCommand[];
  /** Somewhere an expression is calculated, which bash expands once more. */
  hasArithmetic: boolean;
  /** Some text that is data here would be a command where it is expanded once more. */
  hasQuotedSubstitution: boolean;
}

export const maxDepth = 40;

export abstract class ShellWords {
  protected readonly source: string;
  protected readonly found: ParsedLine;
  protected readonly depth: number;
  protected at = 0;

  constructor(source: string, found: ParsedLine, depth: number) {
    if (depth > maxDepth) throw new Unreadable();
    this.source = source;
    this.found = found;
    this.depth = depth;
  }

  /** The commands of a substitution, up to its `)`. */
  protected abstract list(end: ")"): void;

  /** Commands that were written within quotes of their own. */
  protected abstract nested(source: string): void;

  protected get next(): string {
    return this.source[this.at] ?? "";
  }

  protected starts(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  protected take(text: string): boolean {
    if (!this.starts(text)) return false;
    this.at += text.length;
    return true;
  }

  protected skipBlanks(): void {
    while (this.next === " " || this.next === "\t" || this.starts("\\\n")) this.at += this.next === "\\" ? 2 : 1;
  }

  /** The body of an unquoted here-document: true when something in it is expanded. */
  document(): boolean {
    const word = emptyWord();
    while (this.next !== "") this.doubleQuotedPart(word);
    return word.isComputed;
  }

  protected noteData(text: string): void {
    if (/\$[({]|`/.test(text)) this.found.hasQuotedSubstitution = true;
  }

  /** Up to an unquoted blank or operator. @throws Unreadable where there is none. */
  protected word(isTest = false): Word {
    const word = emptyWord();
    const start = this.at;
    let braces = "";
    while (this.next !== "") {
      const next = this.next;
      if (this.starts("<(") || this.starts(">(")) {
        this.at += 2;
        this.list(")");
        word.isComputed = true;
        word.hasProcess = true;
        continue;
      }
      if (/[\s;&|<>]/.test(next) && next !== "\r" && next !== "\v" && next !== "\f" && !isOtherBlank(next)) break;
      if (next === ")" || next === "(") {
        if (next === ")" || (this.at > start && !isTest && /^[^*?@!+]$/.test(this.source[this.at - 1] ?? ""))) break;
        if (isTest && this.at === start) break;
        throw new Unreadable();
      }
      if (next === "\\") {
        this.at++;
        if (this.take("\n")) continue;
        if (this.next === "") throw new Unreadable();
        word.text += this.next;
        word.isQuoted = true;
        this.at++;
      } else if (next === "'") {
        word.text += this.singleQuoted();
        word.isQuoted = true;
      } else if (next === '"') {
        this.at++;
        this.doubleQuoted(word);
      } else if (next === "$") this.dollar(word, false);
      else if (next === "`") this.backticks(word, false);
      else {
        if (next === "*" || next === "?" || next === "[") word.isPattern = true;
        if ("{},".includes(next) || this.starts("..")) braces += next;
        word.text += next;
        this.at++;
      }
    }
    if (this.at === start) throw new Unreadable();
    if (/^[^{]*\{.*[,.]/.test(braces)) word.isComputed = true;
    if (word.isPattern && !word.isComputed) word.isComputed = true;
    else word.isPattern = false;
    if (word.isQuoted) this.noteData(word.text);
    return word;
  }

  protected singleQuoted(): string {
    const end = this.source.indexOf("'", this.at + 1);
    if (end < 0) throw new Unreadable();
    const text = this.source.slice(this.at + 1, end);
    this.at = end + 1;
    return text;
  }

  protected doubleQuoted(word: Word): void {
    word.isQuoted = true;
    while (this.next !== '"') {
      if (this.next === "") throw new Unreadable();
      this.doubleQuotedPart(word);
    }
    this.at++;
  }

  protected doubleQuotedPart(word: Word): void {
    const next = this.next;
    if (next === "\\") {
      const escaped = this.source[this.at + 1] ?? "";
      this.at += 2;
      if (escaped === "\n") return;
      word.text += /[$`"\\]/.test(escaped) ? escaped : `\\${escaped}`;
    } else if (next === "$") this.dollar(word, true);
    else if (next === "`") this.backticks(word, true);
    else {
      word.text += next;
      this.at++;
    }
  }

  protected dollar(word: Word, isQuoted: boolean): void {
    // Bash joins the lines before it looks what is behind the sign.
    if (this.starts("$\\\n")) throw new Unreadable();
    if (this.take("$((")) {
      this.arithmetic("))");
      word.isComputed = true;
    } else if (this.take("$(")) {
      this.list(")");
      word.isComputed = true;
    } else if (this.take("${")) {
      this.parameter(isQuoted);
      word.isComputed = true;
    } else if (this.starts("$[")) throw new Unreadable();
    else if (!isQuoted && this.starts("$'")) {
      this.at += 1;
      word.text += this.ansiQuoted();
      word.isQuoted = true;
    } else if (!isQuoted && this.starts('$"')) {
      this.at += 2;
      this.doubleQuoted(word);
    } else {
      const name = /^\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/.exec(this.source.slice(this.at, this.at + 300));
      this.at += name?.[0].length ?? 1;
      if (name === null) word.text += "$";
      else word.isComputed = true;
    }
  }

  protected ansiQuoted(): string {
    let text = "";
    this.at++;
    for (;;) {
      const next = this.next;
      if (next === "") throw new Unreadable();
      this.at++;
      if (next === "'") return text;
      if (next !== "\\") {
        text += next;
        continue;
      }
      const rest = this.source.slice(this.at, this.at + 9);
      const plain = ansiEscapes[rest[0] ?? ""];
      const number = /^(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3}))/.exec(rest);
      if (plain !== undefined) {
        text += plain;
        this.at++;
      } else if (number !== null) {
        const code =
          number[4] === undefined ? Number.parseInt(number[1] ?? number[2] ?? number[3] ?? "", 16) : Number.parseInt(number[4], 8);
        // A NUL ends the string, and bytes above ASCII make no letters by themselves.
        if (code === 0 || code > 0x7f) throw new Unreadable();
        text += String.fromCharCode(code);
        this.at += number[0].length;
      } else throw new Unreadable();
    }
  }

  protected backticks(word: Word, isQuoted: boolean): void {
    let inner = "";
    this.at++;
    while (this.next !== "`") {
      if (this.next === "") throw new Unreadable();
      if (this.next === "\\") {
        const escaped = this.source[this.at + 1] ?? "";
        const isEscape = escaped === "`" || escaped === "\\" || escaped === "$" || (isQuoted && escaped === '"');
        inner += isEscape ? escaped : `\\${escaped}`;
        this.at += 2;
      } else {
        inner += this.next;
        this.at++;
      }
    }
    this.at++;
    this.nested(inner);
    word.isComputed = true;
  }

  /** `${…}`: what is in it is expanded too. */
  protected parameter(isQuoted: boolean): void {
    // A command in braces of the newest bash; a prompt's text, which is expanded once more.
    if (/^[\s|]/.test(this.next)) throw new Unreadable();
    const inner = emptyWord();
    let written = "";
    while (this.next !== "}") {
      const next = this.next;
      if (next === "" || (isQuoted && next === "'")) throw new Unreadable();
      if (next === "'") inner.text += this.singleQuoted();
      else if (next === '"') {
        this.at++;
        this.doubleQuoted(inner);
      } else if (next === "\\") this.at += 2;
      else if (next === "$") this.dollar(inner, isQuoted);
      else if (next === "`") this.backticks(inner, isQuoted);
      else {
        if (this.starts("<(") || this.starts(">(")) throw new Unreadable();
        written += next;
        this.at++;
      }
    }
    this.at++;
    if (/@P/.test(written)) throw new Unreadable();
    if (/[[:!]/.test(written)) this.found.hasArithmetic = true;
    this.noteData(inner.text);
  }

  /** An expression that bash calculates; substitutions in it run. */
  protected arithmetic(end: string): void {
    this.found.hasArithmetic = true;
    let open = 0;
    const inner = emptyWord();
    for (;;) {
      const next = this.next;
      if (next === "" || next === "'" || next === '"' || next === "\\" || next === "#") throw new Unreadable();
      if (open === 0 && this.take(end)) return;
      if (next === "$") this.dollar(inner, true);
      else if (next === "`") this.backticks(inner, true);
      else {
        // What is not an expression is a list of commands in two pairs of brackets.
        if (!/[A-Za-z0-9_\s+\-*/%<>=!&|?:,~^()[\]]/.test(next)) throw new Unreadable();
        if (next === "(") open++;
        if (next === ")") open--;
        if (open < 0) throw new Unreadable();
        this.at++;
      }
    }
  }
}

const ansiEscapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "?": "?",
};

function isOtherBlank(character: string): boolean {
  return character > "\x7f";
}

export function emptyWord(): Word {
  return { text: "", isComputed: false, isPattern: false, isQuoted: false, hasProcess: false };
}
