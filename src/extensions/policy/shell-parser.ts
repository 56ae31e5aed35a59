// Reads a shell line as bash does and finds every command in it, in substitutions and bodies too. Called by shell-line. Pure.
// Invariant: what is not understood for certain throws `Unreadable`, and then counts as anything; a command is never overlooked. The grammar is
// laxer than bash's where that can only find more commands: what bash refuses to run need not be refused here.

export class Unreadable extends Error {}

const hiddenWord = /^(?:for|select|case|\[\[|function|time|esac|coproc|[A-Za-z_][A-Za-z0-9_]*(?:\[.*\])?\+?=.*)$/s;

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

const skippedWords = new Set(["if", "then", "elif", "else", "fi", "while", "until", "do", "done", "{", "}", "!"]);
const timeOption = /^-[p-](?=[ \t\n]|$)/;
const maxDepth = 40;
const maxLength = 100_000;

/** @throws Unreadable */
export function parseShell(source: string, found: ParsedLine = emptyLine(), depth = 0): ParsedLine {
  if (source.length > maxLength || source.includes("\0")) throw new Unreadable();
  new ShellParser(source, found, depth).all();
  return found;
}

function emptyLine(): ParsedLine {
  return { commands: [], hasArithmetic: false, hasQuotedSubstitution: false };
}

interface PendingDocument {
  redirection: Redirection;
  delimiter: string;
  isLiteral: boolean;
  stripsTabs: boolean;
}

class ShellParser {
  readonly #source: string;
  readonly #found: ParsedLine;
  readonly #depth: number;
  #at = 0;
  #nesting = 0;
  #documents: PendingDocument[] = [];

  constructor(source: string, found: ParsedLine, depth: number) {
    if (depth > maxDepth) throw new Unreadable();
    this.#source = source;
    this.#found = found;
    this.#depth = depth;
  }

  all(): void {
    this.#list("end");
    if (this.#documents.length > 0) this.#readDocuments();
  }

  get #next(): string {
    return this.#source[this.#at] ?? "";
  }

  #starts(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#starts(text)) return false;
    this.#at += text.length;
    return true;
  }

  #skipBlanks(): void {
    while (this.#next === " " || this.#next === "\t" || this.#starts("\\\n")) this.#at += this.#next === "\\" ? 2 : 1;
  }

  #newline(): void {
    this.#at++;
    if (this.#documents.length > 0) this.#readDocuments();
  }

  #skipComment(): void {
    while (this.#next !== "" && this.#next !== "\n") this.#at++;
  }

  /** Commands up to where the list ends: the text's end, `)`, or the end of a branch of `case` (which is left to the caller). */
  #list(end: "end" | ")" | "case"): void {
    if (++this.#nesting + this.#depth > maxDepth) throw new Unreadable();
    this.#commands(end);
    this.#nesting--;
  }

  #commands(end: "end" | ")" | "case"): void {
    let isPiped = false;
    for (;;) {
      this.#skipBlanks();
      if (this.#next === "") {
        if (end === "end") return;
        throw new Unreadable();
      }
      if (this.#next === ")") {
        if (end !== ")") throw new Unreadable();
        if (this.#documents.length > 0) throw new Unreadable();
        this.#at++;
        return;
      }
      if (this.#starts(";;") || this.#starts(";&")) {
        if (end !== "case") throw new Unreadable();
        return;
      }
      if (this.#next === "\n") this.#newline();
      else if (this.#next === "#") this.#skipComment();
      else if (this.#take("&&") || this.#take("||") || this.#take(";")) isPiped = false;
      else if (this.#take("|&") || this.#take("|")) isPiped = true;
      else if (this.#next === "&" && !this.#starts("&>")) {
        this.#at++;
        isPiped = false;
      } else if (this.#command(isPiped, end)) return;
    }
  }

  /** One command, or a reserved word before one. True at the `esac` of the caller. */
  #command(isPiped: boolean, end: "end" | ")" | "case"): boolean {
    if (this.#starts("((")) {
      this.#at += 2;
      this.#arithmetic("))");
      return false;
    }
    if (this.#next === "(") {
      this.#at++;
      this.#list(")");
      return false;
    }
    const reserved = this.#reservedWord();
    if (reserved === "esac" && end === "case") return true;
    if (reserved === undefined) {
      this.#simple(isPiped);
      return false;
    }
    this.#at += reserved.length;
    switch (reserved) {
      case "for":
      case "select":
        this.#loop();
        break;
      case "case":
        this.#case();
        break;
      case "[[":
        this.#test();
        break;
      case "function":
        this.#skipBlanks();
        this.#word();
        this.#skipBlanks();
        if (this.#take("(")) {
          this.#skipBlanks();
          if (!this.#take(")")) throw new Unreadable();
        }
        break;
      case "time": {
        this.#skipBlanks();
        for (let option = timeOption; option.test(this.#source.slice(this.#at, this.#at + 3)); this.#skipBlanks()) this.#at += 2;
        break;
      }
      case "esac":
      case "coproc":
      case "in":
        throw new Unreadable();
      default:
    }
    return false;
  }

  #reservedWord(): string | undefined {
    const word = /^(?:\[\[|[a-z]+|[{}!])(?=[\s;&|()<>]|$)/.exec(this.#source.slice(this.#at, this.#at + 12))?.[0];
    if (word === undefined) return undefined;
    const isKnown = skippedWords.has(word) || /^(?:for|select|case|\[\[|function|time|esac|coproc|in)$/.test(word);
    return isKnown ? word : undefined;
  }

  #loop(): void {
    this.#skipBlanks();
    if (this.#take("((")) {
      this.#arithmetic("))");
      return;
    }
    this.#word();
    this.#blankLines();
    if (this.#isWord("in")) {
      this.#at += 2;
      this.#words(() => this.#next === ";" || this.#next === "\n" || this.#next === "");
    }
  }

  #isWord(word: string): boolean {
    return this.#starts(word) && /^[\s;&|()<>]?$/.test(this.#source[this.#at + word.length] ?? "");
  }

  #blankLines(): void {
    for (;;) {
      this.#skipBlanks();
      if (this.#next === "\n") this.#newline();
      else if (this.#next === "#") this.#skipComment();
      else return;
    }
  }

  #words(isEnd: () => boolean): void {
    for (;;) {
      this.#skipBlanks();
      if (isEnd()) return;
      this.#word();
    }
  }

  #case(): void {
    this.#skipBlanks();
    this.#word();
    this.#blankLines();
    if (!this.#isWord("in")) throw new Unreadable();
    this.#at += 2;
    for (;;) {
      this.#blankLines();
      if (this.#isWord("esac")) {
        this.#at += 4;
        return;
      }
      this.#take("(");
      this.#words(() => {
        while (this.#take("|")) this.#skipBlanks();
        return this.#next === ")";
      });
      this.#at++;
      this.#list("case");
      if (this.#isWord("esac")) continue;
      if (!this.#take(";;&") && !this.#take(";;") && !this.#take(";&")) throw new Unreadable();
    }
  }

  /** `[[ … ]]`: words and operators; the words are expanded, nothing in it is a command. */
  #test(): void {
    this.#found.hasArithmetic = true;
    for (;;) {
      this.#blankLines();
      if (this.#isWord("]]")) {
        this.#at += 2;
        return;
      }
      if (this.#next === "") throw new Unreadable();
      if (!this.#starts("<(") && !this.#starts(">(") && /[<>()&|]/.test(this.#next)) this.#at++;
      else {
        // The right side of `=~` has brackets and bars of its own.
        const before = this.#at;
        this.#word(true);
        if (this.#at === before) throw new Unreadable();
      }
    }
  }

  #simple(isPiped: boolean): void {
    const command: FoundCommand = { assignments: [], words: [], redirections: [], isPiped };
    this.#found.commands.push(command);
    for (;;) {
      this.#skipBlanks();
      if (this.#redirection(command)) continue;
      if (this.#next === "" || /[\n;&|)]/.test(this.#next)) break;
      if (this.#next === "#") {
        this.#skipComment();
        break;
      }
      if (this.#next === "(") {
        // `name ()` makes a function, whose body comes next.
        this.#at++;
        this.#skipBlanks();
        if (command.words.length !== 1 || command.assignments.length > 0 || !this.#take(")")) throw new Unreadable();
        this.#found.commands.pop();
        return;
      }
      if (command.words.length === 0 && this.#assignment(command)) continue;
      command.words.push(this.#word());
    }
    const [first] = command.words;
    // Reserved words and assignments that a joined line has hidden.
    if (first !== undefined && !first.isQuoted && (skippedWords.has(first.text) || hiddenWord.test(first.text))) throw new Unreadable();
    if (command.words.length + command.assignments.length + command.redirections.length === 0) throw new Unreadable();
  }

  #assignment(command: FoundCommand): boolean {
    const head = /^([A-Za-z_][A-Za-z0-9_]*)(\[[^\]\s'"`$\\]*\])?\+?=/.exec(this.#source.slice(this.#at, this.#at + 200));
    if (head === null) {
      // A subscript that is computed: an expression that bash calculates.
      if (/^[A-Za-z_][A-Za-z0-9_]*\[/.test(this.#source.slice(this.#at, this.#at + 200))) throw new Unreadable();
      return false;
    }
    this.#at += head[0].length;
    const [, name = "", subscript] = head;
    if (subscript !== undefined) this.#found.hasArithmetic = true;
    if (this.#take("(")) {
      this.#found.hasArithmetic = true;
      for (;;) {
        this.#blankLines();
        if (this.#take(")")) break;
        if (this.#next === "" || /[;&|<>(]/.test(this.#next)) throw new Unreadable();
        this.#word();
      }
      command.assignments.push({ name, value: emptyWord(), hasSubscript: true });
      return true;
    }
    const isEmpty = this.#next === "" || (/[\s;&|)<>]/.test(this.#next) && !this.#starts("<(") && !this.#starts(">("));
    command.assignments.push({ name, value: isEmpty ? emptyWord() : this.#word(), hasSubscript: subscript !== undefined });
    return true;
  }

  #redirection(command: FoundCommand): boolean {
    const match = /^(?:\d+|\{[A-Za-z_][A-Za-z0-9_]*\})?(&>>|&>|<<<|<<-|<<|<>|<&|>>|>&|>\||<|>)/.exec(
      this.#source.slice(this.#at, this.#at + 60),
    );
    const operator = match?.[1];
    if (match === null || operator === undefined) return false;
    const opensProcess = (operator === "<" || operator === ">") && this.#source[this.#at + match[0].length] === "(";
    if (opensProcess) {
      // `2<(…)` is an odd way to write one.
      if (match[0] !== operator) throw new Unreadable();
      return false;
    }
    this.#at += match[0].length;
    this.#skipBlanks();
    if (this.#next === "" || (/[\n;&|)<>]/.test(this.#next) && !this.#starts("<(") && !this.#starts(">("))) throw new Unreadable();
    const start = this.#at;
    const target = this.#word();
    const redirection: Redirection = { operator, target };
    command.redirections.push(redirection);
    if (operator === "<<" || operator === "<<-") {
      const written = this.#source.slice(start, this.#at);
      if (/[$`(){}\n]/.test(written)) throw new Unreadable();
      const isLiteral = /['"\\]/.test(written);
      this.#documents.push({ redirection, delimiter: target.text, isLiteral, stripsTabs: operator === "<<-" });
    }
    return true;
  }

  #readDocuments(): void {
    for (const { redirection, delimiter, isLiteral, stripsTabs } of this.#documents.splice(0)) {
      const lines: string[] = [];
      while (this.#at < this.#source.length) {
        const end = this.#source.indexOf("\n", this.#at);
        const stop = end < 0 ? this.#source.length : end;
        const line = this.#source.slice(this.#at, stop);
        this.#at = end < 0 ? stop : stop + 1;
        const shown = stripsTabs ? line.replace(/^\t+/, "") : line;
        if (shown === delimiter) break;
        // Inside a substitution bash also takes `EOF)` for the end: nobody should rely on what either makes of it.
        if (this.#depth > 0 && shown.startsWith(delimiter)) throw new Unreadable();
        if (!isLiteral && /(?:^|[^\\])(?:\\\\)*\\$/.test(line)) throw new Unreadable();
        lines.push(shown);
      }
      const text = lines.map((line) => `${line}\n`).join("");
      redirection.body = { text, isComputed: false };
      if (isLiteral || !/[$`\\]/.test(text)) this.#noteData(text);
      else redirection.body = { text, isComputed: new ShellParser(text, this.#found, this.#depth + 1).document() };
    }
  }

  /** The body of an unquoted here-document: true when something in it is expanded. */
  document(): boolean {
    const word = emptyWord();
    while (this.#next !== "") this.#doubleQuotedPart(word);
    return word.isComputed;
  }

  #noteData(text: string): void {
    if (/\$[({]|`/.test(text)) this.#found.hasQuotedSubstitution = true;
  }

  /** Up to an unquoted blank or operator. @throws Unreadable where there is none. */
  #word(isTest = false): Word {
    const word = emptyWord();
    const start = this.#at;
    let braces = "";
    while (this.#next !== "") {
      const next = this.#next;
      if (this.#starts("<(") || this.#starts(">(")) {
        this.#at += 2;
        this.#list(")");
        word.isComputed = true;
        word.hasProcess = true;
        continue;
      }
      if (/[\s;&|<>]/.test(next) && next !== "\r" && next !== "\v" && next !== "\f" && !isOtherBlank(next)) break;
      if (next === ")" || next === "(") {
        if (next === ")" || (this.#at > start && !isTest && /^[^*?@!+]$/.test(this.#source[this.#at - 1] ?? ""))) break;
        if (isTest && this.#at === start) break;
        throw new Unreadable();
      }
      if (next === "\\") {
        this.#at++;
        if (this.#take("\n")) continue;
        if (this.#next === "") throw new Unreadable();
        word.text += this.#next;
        word.isQuoted = true;
        this.#at++;
      } else if (next === "'") {
        word.text += this.#singleQuoted();
        word.isQuoted = true;
      } else if (next === '"') {
        this.#at++;
        this.#doubleQuoted(word);
      } else if (next === "$") this.#dollar(word, false);
      else if (next === "`") this.#backticks(word, false);
      else {
        if (next === "*" || next === "?" || next === "[") word.isPattern = true;
        if ("{},".includes(next) || this.#starts("..")) braces += next;
        word.text += next;
        this.#at++;
      }
    }
    if (this.#at === start) throw new Unreadable();
    if (/\{.*[,.]/.test(braces)) word.isComputed = true;
    if (word.isPattern && !word.isComputed) word.isComputed = true;
    else word.isPattern = false;
    if (word.isQuoted) this.#noteData(word.text);
    return word;
  }

  #singleQuoted(): string {
    const end = this.#source.indexOf("'", this.#at + 1);
    if (end < 0) throw new Unreadable();
    const text = this.#source.slice(this.#at + 1, end);
    this.#at = end + 1;
    return text;
  }

  #doubleQuoted(word: Word): void {
    word.isQuoted = true;
    while (this.#next !== '"') {
      if (this.#next === "") throw new Unreadable();
      this.#doubleQuotedPart(word);
    }
    this.#at++;
  }

  #doubleQuotedPart(word: Word): void {
    const next = this.#next;
    if (next === "\\") {
      const escaped = this.#source[this.#at + 1] ?? "";
      this.#at += 2;
      if (escaped === "\n") return;
      word.text += /[$`"\\]/.test(escaped) ? escaped : `\\${escaped}`;
    } else if (next === "$") this.#dollar(word, true);
    else if (next === "`") this.#backticks(word, true);
    else {
      word.text += next;
      this.#at++;
    }
  }

  #dollar(word: Word, isQuoted: boolean): void {
    // Bash joins the lines before it looks what is behind the sign.
    if (this.#starts("$\\\n")) throw new Unreadable();
    if (this.#take("$((")) {
      this.#arithmetic("))");
      word.isComputed = true;
    } else if (this.#take("$(")) {
      this.#list(")");
      word.isComputed = true;
    } else if (this.#take("${")) {
      this.#parameter(isQuoted);
      word.isComputed = true;
    } else if (this.#starts("$[")) throw new Unreadable();
    else if (!isQuoted && this.#starts("$'")) {
      this.#at += 1;
      word.text += this.#ansiQuoted();
      word.isQuoted = true;
    } else if (!isQuoted && this.#starts('$"')) {
      this.#at += 2;
      this.#doubleQuoted(word);
    } else {
      const name = /^\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/.exec(this.#source.slice(this.#at, this.#at + 300));
      this.#at += name?.[0].length ?? 1;
      if (name === null) word.text += "$";
      else word.isComputed = true;
    }
  }

  #ansiQuoted(): string {
    let text = "";
    this.#at++;
    for (;;) {
      const next = this.#next;
      if (next === "") throw new Unreadable();
      this.#at++;
      if (next === "'") return text;
      if (next !== "\\") {
        text += next;
        continue;
      }
      const rest = this.#source.slice(this.#at, this.#at + 9);
      const plain = ansiEscapes[rest[0] ?? ""];
      const number = /^(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3}))/.exec(rest);
      if (plain !== undefined) {
        text += plain;
        this.#at++;
      } else if (number !== null) {
        const code =
          number[4] === undefined ? Number.parseInt(number[1] ?? number[2] ?? number[3] ?? "", 16) : Number.parseInt(number[4], 8);
        // A NUL ends the string, and bytes above ASCII make no letters by themselves.
        if (code === 0 || code > 0x7f) throw new Unreadable();
        text += String.fromCharCode(code);
        this.#at += number[0].length;
      } else throw new Unreadable();
    }
  }

  #backticks(word: Word, isQuoted: boolean): void {
    let inner = "";
    this.#at++;
    while (this.#next !== "`") {
      if (this.#next === "") throw new Unreadable();
      if (this.#next === "\\") {
        const escaped = this.#source[this.#at + 1] ?? "";
        const isEscape = escaped === "`" || escaped === "\\" || escaped === "$" || (isQuoted && escaped === '"');
        inner += isEscape ? escaped : `\\${escaped}`;
        this.#at += 2;
      } else {
        inner += this.#next;
        this.#at++;
      }
    }
    this.#at++;
    parseShell(inner, this.#found, this.#depth + 1);
    word.isComputed = true;
  }

  /** `${…}`: what is in it is expanded too. */
  #parameter(isQuoted: boolean): void {
    // A command in braces of the newest bash; a prompt's text, which is expanded once more.
    if (/^[\s|]/.test(this.#next)) throw new Unreadable();
    const inner = emptyWord();
    let written = "";
    while (this.#next !== "}") {
      const next = this.#next;
      if (next === "" || (isQuoted && next === "'")) throw new Unreadable();
      if (next === "'") inner.text += this.#singleQuoted();
      else if (next === '"') {
        this.#at++;
        this.#doubleQuoted(inner);
      } else if (next === "\\") this.#at += 2;
      else if (next === "$") this.#dollar(inner, isQuoted);
      else if (next === "`") this.#backticks(inner, isQuoted);
      else {
        if (this.#starts("<(") || this.#starts(">(")) throw new Unreadable();
        written += next;
        this.#at++;
      }
    }
    this.#at++;
    if (/@P/.test(written)) throw new Unreadable();
    if (/[[:!]/.test(written)) this.#found.hasArithmetic = true;
    this.#noteData(inner.text);
  }

  /** An expression that bash calculates; substitutions in it run. */
  #arithmetic(end: string): void {
    this.#found.hasArithmetic = true;
    let open = 0;
    const inner = emptyWord();
    for (;;) {
      const next = this.#next;
      if (next === "" || next === "'" || next === '"' || next === "\\" || next === "#") throw new Unreadable();
      if (open === 0 && this.#take(end)) return;
      if (next === "$") this.#dollar(inner, true);
      else if (next === "`") this.#backticks(inner, true);
      else {
        // What is not an expression is a list of commands in two pairs of brackets.
        if (!/[A-Za-z0-9_\s+\-*/%<>=!&|?:,~^()[\]]/.test(next)) throw new Unreadable();
        if (next === "(") open++;
        if (next === ")") open--;
        if (open < 0) throw new Unreadable();
        this.#at++;
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

function emptyWord(): Word {
  return { text: "", isComputed: false, isPattern: false, isQuoted: false, hasProcess: false };
}
