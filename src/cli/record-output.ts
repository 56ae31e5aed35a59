// Output of a command that lists: lines, one JSON array, or JSON lines, written as they come. Called by the commands.
// Invariant: a reader that goes away ends the listing quietly, with the exit status a broken pipe gives to git and grep.

import { PiError } from "../contracts/error.ts";
import type { Host } from "../platform/host.ts";

export type RecordForm = "text" | "json" | "jsonl";

/** 128 + SIGPIPE. */
const brokenPipeStatus = 141;

/** `status`, or that of a broken pipe. A disk that is full is no reader that went away: that is told where the program ends. */
export function outputStatus(host: Host, status: number): number {
  if (!host.stdout.isClosed) return status;
  return host.stdout.failure === undefined ? brokenPipeStatus : 1;
}

/** After so many characters, or so much time, what is there is handed on and a closed pipe can be noticed. */
const turnCharacters = 64 << 10;
const turnMs = 30;

export class RecordOutput {
  readonly #host: Host;
  readonly #form: RecordForm;
  #sinceTurn = 0;
  #lastTurnMs = 0;
  /** Records so far. */
  count = 0;

  constructor(host: Host, form: RecordForm) {
    this.#host = host;
    this.#form = form;
  }

  /** A text line, or the JSON of a record, without line end. False when nobody reads any more. A promise only now and then: they cost more than lines. */
  add(text: string): boolean | Promise<boolean> {
    const isArray = this.#form === "json";
    const written = isArray ? `${this.count === 0 ? "[\n" : ",\n"}${text}` : `${text}\n`;
    this.count++;
    void this.#host.stdout.write(written, this.#form === "text" ? "drawn" : undefined);
    this.#sinceTurn += written.length;
    return this.turn();
  }

  /** To be called now and then where nothing is added for long. False when nobody reads any more. */
  turn(): boolean | Promise<boolean> {
    const now = this.#host.now();
    const isDue = this.#sinceTurn >= turnCharacters || (this.#sinceTurn > 0 && now - this.#lastTurnMs >= turnMs);
    return isDue ? this.#handOn(now) : !this.#host.stdout.isClosed;
  }

  async #handOn(now: number): Promise<boolean> {
    await this.#host.stdout.flush();
    this.#sinceTurn = 0;
    this.#lastTurnMs = now;
    return !this.#host.stdout.isClosed;
  }

  /** Closes an array. The exit status: `status`, or that of a broken pipe. */
  async end(status = 0): Promise<number> {
    if (this.#form === "json") void this.#host.stdout.write(this.count === 0 ? "[]\n" : "\n]\n");
    await this.#host.stdout.flush();
    return outputStatus(this.#host, status);
  }
}

/** @throws PiError `usage.conflict` for both. */
export function recordForm(flags: { json?: boolean; jsonl?: boolean }): RecordForm {
  if (flags.json && flags.jsonl)
    throw new PiError("usage.conflict", "--json cannot be combined with --jsonl", { hint: "Leave one of them out" });
  return flags.json ? "json" : flags.jsonl ? "jsonl" : "text";
}
