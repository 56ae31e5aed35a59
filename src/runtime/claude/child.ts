// The child process that Claude Code is: records out of it, records into it, and its end. Made for one run by claude-runtime.
// Invariant: a record is handled before the next is read, so a slow host slows the child down; what it leaves behind is ended with it.

import { defined } from "../../contracts/defined.ts";
import { isDeeperThan, maxArgumentLevels } from "../../contracts/depth.ts";
import { LineSplitter, type SplitLine } from "../../platform/pipes/line-splitter.ts";
import { type ChildProgram, startChildProgram } from "../../platform/processes/child-program.ts";
import { findFamily, findTagged, signalAll, tagVariable } from "../../platform/processes/process-tree.ts";

export type ClaudeRecord = Readonly<Record<string, unknown>>;

export interface ChildStart {
  command: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Of each record, in order. */
  onRecord(record: ClaudeRecord): Promise<void> | void;
}

export interface ChildEnd {
  code: number | null;
  signal: string | null;
  /** It could not be started. */
  error?: Error;
  /** Why it was given up: it does not speak its protocol. */
  protocolProblem?: string;
}

const maxLineBytes = 32 * 1024 * 1024;
/** Lines that are no records, such as what a wrapper prints. */
const maxForeignLines = 20;
/** What a call may have, and what stands around it. */
const maxLevels = maxArgumentLevels + 20;
const maxStderr = 8192;
/** Between one way to end it and the next. */
const graceMs = 2000;

export class ClaudeChild {
  readonly ended: Promise<ChildEnd>;
  readonly #child: ChildProgram;
  readonly #tag = `claude-${crypto.randomUUID()}`;
  readonly #lines = new LineSplitter(maxLineBytes);
  readonly #onRecord: ChildStart["onRecord"];
  #stderr = "";
  #foreignLines = 0;
  #problem: string | undefined;
  #handling: Promise<void> = Promise.resolve();
  #hasEnded = false;
  recordCount = 0;

  constructor({ command, args, cwd, env, onRecord }: ChildStart) {
    this.#onRecord = onRecord;
    this.#child = startChildProgram({
      command,
      args,
      cwd,
      env: { ...env, [tagVariable]: env[tagVariable] === undefined ? this.#tag : `${env[tagVariable]},${this.#tag}` },
      isApart: true,
      onStdout: (chunk) => this.#take(this.#lines.push(chunk)),
      onStderr: (text) => {
        this.#stderr = (this.#stderr + text).slice(-maxStderr);
      },
    });
    this.ended = this.#child.exited.then(async (end) => {
      await this.#take(this.#lines.end());
      this.#hasEnded = true;
      this.killAllNow();
      return { ...end, ...defined({ protocolProblem: this.#problem }) };
    });
  }

  /** The end of what it said on stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  send(record: object): void {
    this.#child.write(`${JSON.stringify(record)}\n`);
  }

  /** No more input will come: it ends by itself. */
  close(): void {
    this.#child.end();
  }

  /** Ends it in order: `ask` for its own end, then TERM, then KILL. Resolves when it is gone. */
  async stop(ask: () => void): Promise<void> {
    if (this.#hasEnded) return;
    ask();
    if (await this.#isGoneWithin(graceMs)) return;
    this.#child.end();
    this.#child.kill("SIGTERM");
    if (await this.#isGoneWithin(graceMs)) return;
    this.killAllNow();
    await this.ended;
  }

  /** KILL to it and to all that it has started. */
  killAllNow(): void {
    const { pid } = this.#child;
    // Its number may be another's by then.
    if (this.#hasEnded) signalAll(undefined, findTagged(this.#tag), "SIGKILL");
    else if (pid !== undefined) signalAll(pid, findFamily(pid, this.#tag), "SIGKILL");
  }

  async #isGoneWithin(ms: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    try {
      return await Promise.race([this.ended.then(() => true), over]);
    } finally {
      clearTimeout(timer);
    }
  }

  #take(lines: readonly SplitLine[]): Promise<void> | undefined {
    if (lines.length === 0) return undefined;
    this.#handling = this.#handling.then(async () => {
      for (const line of lines) await this.#handle(line);
    });
    return this.#handling;
  }

  async #handle({ text, isTooLong }: SplitLine): Promise<void> {
    if (this.#problem !== undefined) return;
    if (isTooLong) return this.#giveUp(`a line of it is longer than ${maxLineBytes / 1024 / 1024} MB`);
    if (text.trim() === "") return;
    const record = recordOf(text);
    if (record === undefined) {
      this.#foreignLines++;
      if (this.#foreignLines > maxForeignLines) this.#giveUp(`more than ${maxForeignLines} lines of it are no JSON records`);
      return;
    }
    this.recordCount++;
    if (isDeeperThan(record, maxLevels)) return this.#giveUp(`a record of it is nested deeper than ${maxLevels} levels`);
    await this.#onRecord(record);
  }

  #giveUp(why: string): void {
    this.#problem = why;
    this.killAllNow();
  }
}

function recordOf(text: string): ClaudeRecord | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as ClaudeRecord) : undefined;
  } catch {
    return undefined;
  }
}
