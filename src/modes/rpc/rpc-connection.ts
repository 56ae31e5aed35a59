// One child that speaks the protocol, from its start to its end: framing, answers to their calls, everything else to the taker. Made by the
// client, one for each start. Invariant: a call settles once: by its answer, its time limit, or the end of the child, whichever comes first.

import { timerMs } from "../../contracts/duration.ts";
import { PiError } from "../../contracts/error.ts";
import type { ErrorCode } from "../../contracts/error-codes.ts";
import { LineSplitter } from "../../platform/pipes/line-splitter.ts";
import { type ChildProgram, type ChildProgramOptions, startChildProgram } from "../../platform/processes/child-program.ts";

export interface RpcConnectionOptions extends Pick<ChildProgramOptions, "command" | "args" | "cwd" | "env"> {
  /** Each record that is no answer. */
  onRecord(record: { type: string }): void;
}

export interface CallOptions {
  /** Absent: as long as it takes. */
  limitMs?: number;
  /** With the data of a success, before any record behind the answer is told. */
  onAnswer?(data: unknown): void;
}

interface PendingCall {
  resolve(data: unknown): void;
  reject(error: Error): void;
  onAnswer: ((data: unknown) => void) | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

interface Answer {
  type: string;
  id?: unknown;
  success?: unknown;
  data?: unknown;
  error?: unknown;
}

const maxLineBytes = 512 * 1024 * 1024;
const keptStderr = 64 * 1024;
const quotedStderr = 500;

export class RpcConnection {
  readonly #child: ChildProgram;
  readonly #onRecord: RpcConnectionOptions["onRecord"];
  readonly #splitter = new LineSplitter(maxLineBytes);
  readonly #pending = new Map<string, PendingCall>();
  #callCount = 0;
  #stderr = "";
  #endError: PiError | undefined;
  /** With how the child ended; all calls are settled then. Never rejects. */
  readonly ended: Promise<PiError>;

  constructor({ onRecord, ...program }: RpcConnectionOptions) {
    this.#onRecord = onRecord;
    this.#child = startChildProgram({
      ...program,
      onStdout: (chunk) => {
        for (const { text } of this.#splitter.push(chunk)) this.#take(text);
      },
      onStderr: (text) => {
        this.#stderr = (this.#stderr + text).slice(-keptStderr);
      },
    });
    this.ended = this.#child.exited.then(({ error, code, signal }) => {
      const end =
        error === undefined
          ? this.#failure("rpc.exited", `pi has ended (${signal ?? `exit status ${code}`})`)
          : this.#failure("rpc.exited", `pi could not be started (${error.message})`);
      this.#endError = end;
      for (const call of this.#pending.values()) {
        clearTimeout(call.timer);
        call.reject(end);
      }
      this.#pending.clear();
      return end;
    });
  }

  /** The newest 64 KiB of it. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves with the data of the answer. Errors: `rpc.exited`, `rpc.timeout`, `rpc.refused` with the answer's text. */
  call(type: string, params: object, { limitMs, onAnswer }: CallOptions = {}): Promise<unknown> {
    const id = `call-${++this.#callCount}`;
    return new Promise((resolve, reject) => {
      if (this.#endError !== undefined) throw this.#endError;
      // Before it counts as pending: parameters may be what JSON cannot say.
      const line = `${JSON.stringify({ id, type, ...params })}\n`;
      const isLate = (): void => {
        this.#pending.delete(id);
        reject(this.#failure("rpc.timeout", `${type} was not answered within ${limitMs} ms`));
      };
      const timer = limitMs === undefined ? undefined : setTimeout(isLate, timerMs(limitMs));
      this.#pending.set(id, { resolve, reject, onAnswer, timer });
      this.#child.write(line);
    });
  }

  /** A record that wants no answer. */
  send(record: object): void {
    this.#child.write(`${JSON.stringify(record)}\n`);
  }

  /** No more input will come: the child finishes what it has accepted. */
  finish(): void {
    this.#child.end();
  }

  kill(signal: "SIGTERM" | "SIGKILL"): void {
    this.#child.kill(signal);
  }

  #take(text: string): void {
    const record = recordIn(text);
    if (record === undefined) return;
    if (record.type === "response") this.#settle(record);
    else this.#onRecord(record);
  }

  #settle({ id, success, data, error }: Answer): void {
    const call = typeof id === "string" ? this.#pending.get(id) : undefined;
    if (call === undefined) return;
    this.#pending.delete(id as string);
    clearTimeout(call.timer);
    if (success !== true) {
      call.reject(new PiError("rpc.refused", typeof error === "string" ? error : "The command was refused"));
      return;
    }
    call.onAnswer?.(data);
    call.resolve(data);
  }

  #failure(code: ErrorCode, message: string): PiError {
    const said = this.#stderr.trim().slice(-quotedStderr);
    return new PiError(code, message, said === "" ? {} : { hint: said });
  }
}

/** Nothing where something else than the protocol writes to the pipe. */
function recordIn(text: string): { type: string } | undefined {
  try {
    const record: unknown = JSON.parse(text);
    return typeof (record as { type?: unknown } | null)?.type === "string" ? (record as { type: string }) : undefined;
  } catch {
    return undefined;
  }
}
