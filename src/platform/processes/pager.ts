// Standard output of a command that may have more to show than the screen holds: then through a program in which it can be read. Made by
// cli/main for such commands, on a terminal only.
// Invariants: what fits on the screen is shown as it is, once all of it is known; nothing is lost where the pager cannot be started; a pager that
// was left is a reader that has gone.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { textWidth } from "../../contracts/text/terminal-text.ts";
import type { Env } from "../paths.ts";
import { type OutputForm, type OutputStream, textAtTerminal } from "../pipes/descriptor-output.ts";

/** The program of `PI_PAGER`, else of `PAGER`, else `less`; nothing where one of them is empty or `cat`, or the terminal can do too little. */
export function pagerIn(env: Env): string | undefined {
  if (env.TERM === "dumb") return undefined;
  const said = env.PI_PAGER ?? env.PAGER;
  if (said !== undefined) return said.trim() === "" || said.trim() === "cat" ? undefined : said;
  const hasLess = (env.PATH ?? "").split(":").some((directory) => directory.startsWith("/") && existsSync(join(directory, "less")));
  return hasLess ? "less" : undefined;
}

export interface PagerOptions {
  pager: string;
  env: Env;
  /** Of the screen. */
  rows: number;
}

export class PagedOutput implements OutputStream {
  readonly isTerminal = true;
  readonly columns: number;
  readonly rows: number;
  readonly #terminal: OutputStream;
  readonly #options: PagerOptions;
  readonly #pieces: { text: string; form: OutputForm | undefined }[] = [];
  readonly #listeners: (() => void)[] = [];
  #usedRows = 0;
  #line = "";
  #pager: { child: ChildProcess; ended: Promise<number> } | undefined;
  #hasGone = false;

  constructor(terminal: OutputStream, options: PagerOptions) {
    this.#terminal = terminal;
    this.columns = terminal.columns;
    this.rows = options.rows;
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#hasGone || this.#terminal.isClosed;
  }

  get failure(): Error | undefined {
    return this.#terminal.failure;
  }

  write(text: string, form?: OutputForm): Promise<void> | undefined {
    if (this.isClosed || text === "") return undefined;
    this.#pieces.push({ text, form });
    if (this.#pager !== undefined) return this.#hand(textAtTerminal(text, form));
    this.#count(textAtTerminal(text, form));
    // The last row is the prompt's.
    if (this.#usedRows < this.rows - 1) return undefined;
    this.#pager = this.#start();
    return this.#hand(this.#pieces.map((piece) => textAtTerminal(piece.text, piece.form)).join(""));
  }

  together(act: () => void): void {
    act();
  }

  async flush(): Promise<void> {
    const input = this.#pager?.child.stdin;
    if (!input || input.writableLength === 0 || this.#hasGone) return;
    await new Promise<void>((resolve) => {
      input.once("drain", resolve);
      this.onClosed(resolve);
    });
  }

  onClosed(listener: () => void): void {
    if (this.isClosed) listener();
    else {
      this.#listeners.push(listener);
      this.#terminal.onClosed(listener);
    }
  }

  watchReader(): () => void {
    return () => {};
  }

  /** Whether the user has left the pager before the end. */
  get isLeft(): boolean {
    return this.#hasGone;
  }

  /** Everything is shown, and the pager has been left. */
  async end(): Promise<void> {
    if (this.#pager !== undefined) {
      this.#pager.child.stdin?.end();
      const status = await this.#pager.ended;
      // The shell has not found it, or may not run it.
      if (status !== 126 && status !== 127) return;
    }
    for (const { text, form } of this.#pieces) await this.#terminal.write(text, form);
    await this.#terminal.flush();
  }

  #count(text: string): void {
    const lines = `${this.#line}${text}`.split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) {
      const width = textWidth(line.replace(/\x1b\[[0-9;]*m/g, ""));
      this.#usedRows += Math.max(1, Math.ceil(width / this.columns));
    }
  }

  #hand(text: string): Promise<void> | undefined {
    const input = this.#pager?.child.stdin;
    return !input || input.write(text) ? undefined : this.flush();
  }

  #start(): { child: ChildProcess; ended: Promise<number> } {
    const { pager, env } = this.#options;
    // Colours, and what was read stays on the screen; as git has it.
    const withDefaults = { ...env, LESS: env.LESS ?? "FRX", LV: env.LV ?? "-c" };
    const child = spawn("/bin/sh", ["-c", pager], { stdio: ["pipe", "inherit", "inherit"], env: withDefaults });
    child.stdin.on("error", () => this.#leave());
    const ended = new Promise<number>((resolve) => {
      child.once("error", () => resolve(127));
      child.once("close", (code) => resolve(code ?? 1));
    });
    void ended.then((status) => (status === 126 || status === 127 ? undefined : this.#leave()));
    return { child, ended };
  }

  #leave(): void {
    if (this.#hasGone) return;
    this.#hasGone = true;
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
