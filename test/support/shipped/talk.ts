// A conversation with the program in RPC mode, in which somebody is there to answer what extensions ask.
// Used by the tests of shipped extensions. Invariant: waiting is for a record, never for time to pass.

import { onTestFailed, onTestFinished } from "vitest";
import type { ProgramResult, RunningProgram } from "../program.ts";
import type { Json } from "../world.ts";

/** What is answered to a dialog; nothing: it is cancelled. */
export type Answer = (request: Json) => object | undefined;

export class Talk {
  readonly #program: RunningProgram;
  readonly #waiting = new Set<{ fits(record: Json): boolean; resolve(record: Json): void; reject(error: Error): void }>();
  readonly records: Json[] = [];
  /** Set by the test as it goes on. */
  answer: Answer = () => undefined;
  #rest = "";
  #count = 0;

  constructor(program: RunningProgram) {
    this.#program = program;
    const decoder = new TextDecoder();
    program.child.stdout?.on("data", (chunk: Uint8Array) => {
      const lines = (this.#rest + decoder.decode(chunk, { stream: true })).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#take(JSON.parse(line));
    });
    program.child.once("close", () => {
      for (const one of this.#waiting) one.reject(new Error(`the program ended; it said ${JSON.stringify(this.records.slice(-5))}`));
    });
    onTestFailed(() =>
      console.error(
        this.records
          .slice(-12)
          .map((record) => JSON.stringify(record).slice(0, 400))
          .join("\n"),
      ),
    );
    onTestFinished(() => void program.child.kill("SIGKILL"));
  }

  #take(record: Json): void {
    this.records.push(record);
    if (record.type === "extension_ui_request" && ["select", "confirm", "input", "editor"].includes(record.method))
      this.#send({ type: "extension_ui_response", id: record.id, ...(this.answer(record) ?? { cancelled: true }) });
    for (const one of this.#waiting) {
      if (!one.fits(record)) continue;
      this.#waiting.delete(one);
      one.resolve(record);
    }
  }

  #send(record: object): void {
    this.#program.child.stdin?.write(`${JSON.stringify(record)}\n`);
  }

  /** The first record that fits, one that was there before included. */
  until(fits: (record: Json) => boolean): Promise<Json> {
    const known = this.records.find(fits);
    return known !== undefined ? Promise.resolve(known) : this.next(fits);
  }

  /** The next record that fits, from now on. */
  next(fits: (record: Json) => boolean): Promise<Json> {
    return new Promise((resolve, reject) => this.#waiting.add({ fits, resolve, reject }));
  }

  /** One command, and its answer. */
  async ask(type: string, params: object = {}): Promise<Json> {
    const id = `command-${this.#count++}`;
    const answered = this.next((record) => record.type === "response" && record.id === id);
    this.#send({ id, type, ...params });
    return await answered;
  }

  /** A `/name` of an extension. */
  command(message: string): Promise<Json> {
    return this.ask("prompt", { message });
  }

  /** A prompt, until all that follows from it is done. */
  async prompt(message: string): Promise<void> {
    const settled = this.next(({ type }) => type === "agent_settled");
    const { success, error } = await this.ask("prompt", { message });
    if (!success) throw new Error(error);
    await settled;
  }

  /** Something shown to the user by way of this method that holds the text. */
  shown(text: RegExp, method = "notify"): Promise<Json> {
    return this.until(
      (record) =>
        record.type === "extension_ui_request" &&
        record.method === method &&
        text.test([record.message, record.statusText, record.title, record.text, ...(record.widgetLines ?? [])].filter(Boolean).join("\n")),
    );
  }

  async entries(): Promise<Json[]> {
    return (await this.ask("get_entries")).data.entries;
  }

  end(): Promise<ProgramResult> {
    this.#program.child.stdin?.end();
    return this.#program.result;
  }
}
