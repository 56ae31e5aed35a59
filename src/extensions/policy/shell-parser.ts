// Reads a shell line as bash does and finds every command in it, in substitutions and bodies too. Called by shell-line. Pure.
// Invariant: what is not understood for certain throws `Unreadable`, and then counts as anything; a command is never overlooked. The grammar is
// laxer than bash's where that can only find more commands: what bash refuses to run need not be refused here.

import { emptyWord, type FoundCommand, maxDepth, type ParsedLine, type Redirection, ShellWords, Unreadable } from "./shell-words.ts";

// Where a backslash joins lines, `reservedWord` does not see these; after all words are read they stand first, and nothing is certain any more.
const hiddenWord = /^(?:for|select|case|\[\[|function|time|esac|coproc|[A-Za-z_][A-Za-z0-9_]*(?:\[.*\])?\+?=.*)$/s;
// They only open and close: what stands between them is found as commands of the same list.
const skippedWords = new Set(["if", "then", "elif", "else", "fi", "while", "until", "do", "done", "{", "}", "!"]);
const timeOption = /^-[p-](?=[ \t\n]|$)/;
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

class ShellParser extends ShellWords {
  private nesting = 0;
  private documents: PendingDocument[] = [];

  all(): void {
    this.list("end");
    if (this.documents.length > 0) this.readDocuments();
  }

  private newline(): void {
    this.at++;
    if (this.documents.length > 0) this.readDocuments();
  }

  private skipComment(): void {
    while (this.next !== "" && this.next !== "\n") this.at++;
  }

  /** Commands up to where the list ends: the text's end, `)`, or the end of a branch of `case` (which is left to the caller). */
  protected list(end: "end" | ")" | "case"): void {
    if (++this.nesting + this.depth > maxDepth) throw new Unreadable();
    this.commands(end);
    this.nesting--;
  }

  private commands(end: "end" | ")" | "case"): void {
    let isPiped = false;
    for (;;) {
      this.skipBlanks();
      if (this.next === "") {
        if (end === "end") return;
        throw new Unreadable();
      }
      if (this.next === ")") {
        if (end !== ")") throw new Unreadable();
        if (this.documents.length > 0) throw new Unreadable();
        this.at++;
        return;
      }
      if (this.starts(";;") || this.starts(";&")) {
        if (end !== "case") throw new Unreadable();
        return;
      }
      if (this.next === "\n") this.newline();
      else if (this.next === "#") this.skipComment();
      else if (this.take("&&") || this.take("||") || this.take(";")) isPiped = false;
      else if (this.take("|&") || this.take("|")) isPiped = true;
      else if (this.next === "&" && !this.starts("&>")) {
        this.at++;
        isPiped = false;
      } else if (this.command(isPiped, end)) return;
    }
  }

  /** One command, or a reserved word before one. True at the `esac` of the caller. */
  private command(isPiped: boolean, end: "end" | ")" | "case"): boolean {
    if (this.starts("((")) {
      this.at += 2;
      this.arithmetic("))");
      return false;
    }
    if (this.next === "(") {
      this.at++;
      this.list(")");
      return false;
    }
    const reserved = this.reservedWord();
    if (reserved === "esac" && end === "case") return true;
    if (reserved === undefined) {
      this.simple(isPiped);
      return false;
    }
    this.at += reserved.length;
    switch (reserved) {
      case "for":
      case "select":
        this.loop();
        break;
      case "case":
        this.case();
        break;
      case "[[":
        this.test();
        break;
      case "function":
        this.skipBlanks();
        this.word();
        this.skipBlanks();
        if (this.take("(")) {
          this.skipBlanks();
          if (!this.take(")")) throw new Unreadable();
        }
        break;
      case "time": {
        this.skipBlanks();
        for (let option = timeOption; option.test(this.source.slice(this.at, this.at + 3)); this.skipBlanks()) this.at += 2;
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

  private reservedWord(): string | undefined {
    const word = /^(?:\[\[|[a-z]+|[{}!])(?=[\s;&|()<>]|$)/.exec(this.source.slice(this.at, this.at + 12))?.[0];
    if (word === undefined) return undefined;
    const isKnown = skippedWords.has(word) || /^(?:for|select|case|\[\[|function|time|esac|coproc|in)$/.test(word);
    return isKnown ? word : undefined;
  }

  private loop(): void {
    this.skipBlanks();
    if (this.take("((")) {
      this.arithmetic("))");
      return;
    }
    this.word();
    this.blankLines();
    if (this.isWord("in")) {
      this.at += 2;
      this.words(() => this.next === ";" || this.next === "\n" || this.next === "");
    }
  }

  private isWord(word: string): boolean {
    return this.starts(word) && /^[\s;&|()<>]?$/.test(this.source[this.at + word.length] ?? "");
  }

  private blankLines(): void {
    for (;;) {
      this.skipBlanks();
      if (this.next === "\n") this.newline();
      else if (this.next === "#") this.skipComment();
      else return;
    }
  }

  private words(isEnd: () => boolean): void {
    for (;;) {
      this.skipBlanks();
      if (isEnd()) return;
      this.word();
    }
  }

  private case(): void {
    this.skipBlanks();
    this.word();
    this.blankLines();
    if (!this.isWord("in")) throw new Unreadable();
    this.at += 2;
    for (;;) {
      this.blankLines();
      if (this.isWord("esac")) {
        this.at += 4;
        return;
      }
      this.take("(");
      this.words(() => {
        while (this.take("|")) this.skipBlanks();
        return this.next === ")";
      });
      this.at++;
      this.list("case");
      if (this.isWord("esac")) continue;
      if (!this.take(";;&") && !this.take(";;") && !this.take(";&")) throw new Unreadable();
    }
  }

  /** `[[ … ]]`: words and operators; the words are expanded, nothing in it is a command. */
  private test(): void {
    this.found.hasArithmetic = true;
    for (;;) {
      this.blankLines();
      if (this.isWord("]]")) {
        this.at += 2;
        return;
      }
      if (this.next === "") throw new Unreadable();
      if (!this.starts("<(") && !this.starts(">(") && /[<>()&|]/.test(this.next)) this.at++;
      else {
        // The right side of `=~` has brackets and bars of its own.
        const before = this.at;
        this.word(true);
        if (this.at === before) throw new Unreadable();
      }
    }
  }

  private simple(isPiped: boolean): void {
    const command: FoundCommand = { assignments: [], words: [], redirections: [], isPiped };
    this.found.commands.push(command);
    for (;;) {
      this.skipBlanks();
      if (this.redirection(command)) continue;
      if (this.next === "" || /[\n;&|)]/.test(this.next)) break;
      if (this.next === "#") {
        this.skipComment();
        break;
      }
      if (this.next === "(") {
        // `name ()` makes a function, whose body comes next.
        this.at++;
        this.skipBlanks();
        if (command.words.length !== 1 || command.assignments.length > 0 || !this.take(")")) throw new Unreadable();
        this.found.commands.pop();
        return;
      }
      if (command.words.length === 0 && this.assignment(command)) continue;
      command.words.push(this.word());
    }
    const [first] = command.words;
    // Reserved words and assignments that a joined line has hidden.
    if (first !== undefined && !first.isQuoted && (skippedWords.has(first.text) || hiddenWord.test(first.text))) throw new Unreadable();
    if (command.words.length + command.assignments.length + command.redirections.length === 0) throw new Unreadable();
  }

  private assignment(command: FoundCommand): boolean {
    const head = /^([A-Za-z_][A-Za-z0-9_]*)(\[[^\]\s'"`$\\]*\])?\+?=/.exec(this.source.slice(this.at, this.at + 200));
    if (head === null) {
      // A subscript that is computed: an expression that bash calculates.
      if (/^[A-Za-z_][A-Za-z0-9_]*\[/.test(this.source.slice(this.at, this.at + 200))) throw new Unreadable();
      return false;
    }
    this.at += head[0].length;
    const [, name = "", subscript] = head;
    if (subscript !== undefined) this.found.hasArithmetic = true;
    if (this.take("(")) {
      this.found.hasArithmetic = true;
      for (;;) {
        this.blankLines();
        if (this.take(")")) break;
        if (this.next === "" || /[;&|<>(]/.test(this.next)) throw new Unreadable();
        this.word();
      }
      command.assignments.push({ name, value: emptyWord(), hasSubscript: true });
      return true;
    }
    const isEmpty = this.next === "" || (/[\s;&|)<>]/.test(this.next) && !this.starts("<(") && !this.starts(">("));
    command.assignments.push({ name, value: isEmpty ? emptyWord() : this.word(), hasSubscript: subscript !== undefined });
    return true;
  }

  private redirection(command: FoundCommand): boolean {
    const match = /^(?:\d+|\{[A-Za-z_][A-Za-z0-9_]*\})?(&>>|&>|<<<|<<-|<<|<>|<&|>>|>&|>\||<|>)/.exec(
      this.source.slice(this.at, this.at + 60),
    );
    const operator = match?.[1];
    if (match === null || operator === undefined) return false;
    const opensProcess = (operator === "<" || operator === ">") && this.source[this.at + match[0].length] === "(";
    if (opensProcess) {
      // `2<(…)` is an odd way to write one.
      if (match[0] !== operator) throw new Unreadable();
      return false;
    }
    this.at += match[0].length;
    this.skipBlanks();
    if (this.next === "" || (/[\n;&|)<>]/.test(this.next) && !this.starts("<(") && !this.starts(">("))) throw new Unreadable();
    const start = this.at;
    const target = this.word();
    const redirection: Redirection = { operator, target };
    command.redirections.push(redirection);
    if (operator === "<<" || operator === "<<-") {
      const written = this.source.slice(start, this.at);
      if (/[$`(){}\n]/.test(written)) throw new Unreadable();
      const isLiteral = /['"\\]/.test(written);
      this.documents.push({ redirection, delimiter: target.text, isLiteral, stripsTabs: operator === "<<-" });
    }
    return true;
  }

  private readDocuments(): void {
    for (const { redirection, delimiter, isLiteral, stripsTabs } of this.documents.splice(0)) {
      const lines: string[] = [];
      while (this.at < this.source.length) {
        const end = this.source.indexOf("\n", this.at);
        const stop = end < 0 ? this.source.length : end;
        const line = this.source.slice(this.at, stop);
        this.at = end < 0 ? stop : stop + 1;
        const shown = stripsTabs ? line.replace(/^\t+/, "") : line;
        if (shown === delimiter) break;
        // Inside a substitution bash also takes `EOF)` for the end: nobody should rely on what either makes of it.
        if (this.depth > 0 && shown.startsWith(delimiter)) throw new Unreadable();
        if (!isLiteral && /(?:^|[^\\])(?:\\\\)*\\$/.test(line)) throw new Unreadable();
        lines.push(shown);
      }
      const text = lines.map((line) => `${line}\n`).join("");
      redirection.body = { text, isComputed: false };
      if (isLiteral || !/[$`\\]/.test(text)) this.noteData(text);
      else redirection.body = { text, isComputed: new ShellParser(text, this.found, this.depth + 1).document() };
    }
  }

  protected nested(source: string): void {
    parseShell(source, this.found, this.depth + 1);
  }
}
