// RPC mode: command lines from stdin, answers and events on stdout. Made by rpc-mode.
// Invariants: every line that can be answered is answered once; `seq` has no gaps; nothing but records on stdout; a reader that is slow
// slows everything down, also the reading of commands; the end of stdin lets finish what was accepted.

import type { AgentEvent, RpcOnlyEvent } from "../../contracts/agent-event.ts";
import { lineOf, messageOf } from "../../contracts/error.ts";
import type { ExtensionError } from "../../contracts/extension.ts";
import type { JsonSchema } from "../../contracts/schema.ts";
import { objectSchema, problemOf } from "../../contracts/schema.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import type { InputStream } from "../../platform/host.ts";
import { IdleMemory } from "../../platform/idle-memory.ts";
import type { OutputStream } from "../../platform/pipes/descriptor-output.ts";
import { LineSplitter, type SplitLine } from "../../platform/pipes/line-splitter.ts";
import { startIsOver } from "../../platform/start-pace.ts";
import { EventEncoder, mustBeOut } from "../event-encoder.ts";
import { dialogUi, ExtensionDialogs } from "./extension-dialogs.ts";
import type { Method, MethodContext } from "./method.ts";
import { methodsByName } from "./methods.ts";
import { PromptIds } from "./prompt-ids.ts";
import type { ExtensionUiResponse, RpcResponse } from "./records.ts";

/** Of one command line; far more than any model takes. */
export const maxLineBytes = 128 * 1024 * 1024;

/** So many are a service at work; before them, code that is compiled for speed is memory for nothing. A request counts as well (`platform/network`). */
const manyLines = 64;

/** Commands that take their time, together: more are refused, so that whoever never waits for an answer cannot fill the memory. */
const maxPending = { count: 10_000, length: 256 * 1024 * 1024 };

export interface RpcServerDeps {
  sessions: SessionHost;
  stdout: Pick<OutputStream, "write" | "together" | "flush">;
  /** One line for stderr. */
  warn(line: string): void;
  newId(): string;
  maxLineBytes?: number;
  /** An extension wants the end: nothing is accepted any more once all that was is done. */
  onShutdown?(): void;
}

/** A command that has been understood. */
interface Command {
  id: unknown;
  method: Method;
  params: Record<string, unknown>;
  /** What its method has made ready. */
  prepared?: unknown;
  /** Of its line. */
  length: number;
}

export class RpcServer {
  readonly dialogs: ExtensionDialogs;
  readonly #deps: RpcServerDeps;
  readonly #methods = methodsByName();
  readonly #schemas = new Map<string, JsonSchema>();
  readonly #encoder = new EventEncoder();
  readonly #promptIds = new PromptIds();
  readonly #pending = new Set<Promise<void>>();
  #pendingLength = 0;
  /** What commands that go in turn wait for: the last one before them that takes time to begin, or that is a change. */
  #turn: Promise<void> | undefined;
  /** Events kept back until an answer is out. */
  #held: string[] | undefined;
  /** Set while the reader of stdout is slow. */
  #slow: Promise<void> | undefined;
  readonly #idleMemory = new IdleMemory(() => this.#pending.size > 0 || this.#deps.sessions.coding.isStreaming);
  #lineCount = 0;
  #isClosing = false;

  constructor(deps: RpcServerDeps) {
    this.#deps = deps;
    this.dialogs = new ExtensionDialogs({ send: (request) => void this.#write(`${JSON.stringify(request)}\n`), newId: deps.newId });
    deps.sessions.subscribe((event) => {
      this.#idleMemory.worked();
      const slow = this.emit(event);
      this.#promptIds.leave(event);
      return slow;
    });
    const { extensions } = deps.sessions;
    const uiContext = dialogUi(this.dialogs);
    if (extensions.loaded === undefined) extensions.lend({ uiContext, mode: "rpc" });
    else {
      const onError = (error: ExtensionError): void => void this.emit({ type: "extension_error", ...error });
      // What is asked meanwhile waits: a session that has not started takes no prompts.
      const shutdownHandler = (): void => void this.#idle().then(() => deps.onShutdown?.());
      const bound = extensions.bind({ uiContext, mode: "rpc", onError, shutdownHandler });
      this.#takeTurn(
        Promise.resolve(bound).catch((error: unknown) => deps.warn(lineOf(error))),
        { length: 0 },
      );
    }
  }

  /** Until the end of stdin; `settled` then says when all that was accepted is done. */
  async read(stdin: Pick<InputStream, "chunks">): Promise<void> {
    const splitter = new LineSplitter(this.#deps.maxLineBytes ?? maxLineBytes);
    for await (const chunk of stdin.chunks("ours")) {
      const slow = this.#takeAll(splitter.push(chunk));
      if (slow !== undefined) await slow;
    }
    await this.#takeAll(splitter.end());
  }

  #takeAll(lines: SplitLine[]): Promise<void> | undefined {
    this.#idleMemory.touched();
    const before = this.#lineCount;
    this.#lineCount += lines.length;
    if (before < manyLines && this.#lineCount >= manyLines) startIsOver();
    let at = 0;
    this.#deps.stdout.together(() => {
      while (at < lines.length && this.#slow === undefined) this.take(lines[at++] as SplitLine);
    });
    return at === lines.length ? this.#slow : this.#slow?.then(() => this.#takeAll(lines.slice(at)));
  }

  /** The process is about to end: commands that come now are refused. */
  close(): void {
    this.#isClosing = true;
    this.dialogs.close();
  }

  /** No answer is outstanding and nothing runs. */
  async settled(): Promise<void> {
    this.dialogs.close();
    await this.#idle();
  }

  async #idle(): Promise<void> {
    do {
      await Promise.all(this.#pending);
      await this.#deps.sessions.coding.waitForIdle();
    } while (this.#pending.size > 0 || this.#deps.sessions.coding.isStreaming);
  }

  emit(event: AgentEvent | RpcOnlyEvent): Promise<void> | undefined {
    const line = this.#encoder.encode(event, this.#promptIds.current);
    if (this.#held !== undefined) {
      this.#held.push(line);
      return undefined;
    }
    const slow = this.#write(line);
    return mustBeOut(event) ? this.#deps.stdout.flush() : slow;
  }

  /** One command line. */
  take({ text, isTooLong }: SplitLine): void {
    if (isTooLong) {
      this.#fail("parse", undefined, `Failed to parse command: the line is longer than ${this.#deps.maxLineBytes ?? maxLineBytes} bytes`);
      return;
    }
    if (/^[ \t\r]*$/.test(text)) return;
    let record: unknown;
    try {
      record = JSON.parse(text);
    } catch (error) {
      this.#fail("parse", undefined, `Failed to parse command: ${shortened(messageOf(error))}`);
      return;
    }
    const command = this.#understand(record, text.length);
    if (command !== undefined) this.#dispatch(command);
  }

  #understand(record: unknown, length: number): Command | undefined {
    const { type, id: given, ...params } = (typeof record === "object" && record !== null ? record : {}) as Record<string, unknown>;
    const id = canBeRepeated(given) ? given : undefined;
    if (typeof type !== "string") {
      this.#fail(undefined, id, "Unknown command: undefined");
      return undefined;
    }
    if (type === "extension_ui_response") {
      this.dialogs.answer({ ...params, type, id: String(id) } as ExtensionUiResponse);
      return undefined;
    }
    const method = this.#methods.get(type);
    if (method === undefined) {
      this.#fail(type, id, `Unknown command: ${shortened(type)}`);
      return undefined;
    }
    if (this.#isClosing && method.order !== "at once") {
      this.#fail(type, id, "pi is shutting down");
      return undefined;
    }
    if (this.#isFull(length) && method.order !== "at once") {
      this.#fail(type, id, "Too many commands are waiting for their answer. Send it again when some have come");
      return undefined;
    }
    const schema = this.#schemaOf(method);
    for (const name of Object.keys(params)) if (params[name] === null && !schema.required?.includes(name)) delete params[name];
    const problem = problemOf(schema, params);
    if (problem === undefined) return { id, method, params, length };
    this.#fail(type, id, `${type}: ${shortened(problem)}`);
    return undefined;
  }

  #isFull(length: number): boolean {
    if (this.#pending.size >= maxPending.count) return true;
    return this.#pending.size > 0 && this.#pendingLength + length > maxPending.length;
  }

  #schemaOf(method: Method): JsonSchema {
    let schema = this.#schemas.get(method.name);
    if (schema === undefined) {
      schema = objectSchema(method.params);
      this.#schemas.set(method.name, schema);
    }
    return schema;
  }

  #dispatch(command: Command): void {
    const { order } = command.method;
    const before = order === "at once" ? undefined : this.#turn;
    const prepared = before === undefined ? this.#prepare(command) : before.then(() => this.#whenRead(() => this.#prepare(command)));
    if (prepared instanceof Promise) {
      // What comes behind it waits until it has begun, a change until it has ended.
      const turn = prepared.then((ready) => {
        const running = ready && this.#run(ready);
        if (running !== undefined) this.#track(running, command);
        return order === "change" ? running : undefined;
      });
      this.#takeTurn(turn, command);
      return;
    }
    const running = prepared && this.#run(prepared);
    if (running === undefined) return;
    if (order === "change") this.#takeTurn(running, command);
    else this.#track(running, command);
  }

  #takeTurn(turn: Promise<void>, command: Pick<Command, "length">): void {
    this.#turn = turn;
    this.#track(turn, command);
    void turn.then(() => {
      if (this.#turn === turn) this.#turn = undefined;
    });
  }

  #track(running: Promise<void>, { length }: Pick<Command, "length">): void {
    this.#pending.add(running);
    this.#pendingLength += length;
    void running.then(() => {
      this.#pending.delete(running);
      this.#pendingLength -= length;
      // What takes its time has loaded or read something for it.
      this.#idleMemory.worked();
    });
  }

  /** What makes an answer is not begun while the reader has not taken those before. */
  #whenRead<T>(act: () => T | Promise<T>): T | Promise<T> {
    return this.#slow === undefined ? act() : this.#slow.then(() => this.#whenRead(act));
  }

  /** The command with what its method has made ready; nothing where that failed, which is answered. */
  #prepare(command: Command): Promise<Command | undefined> | Command | undefined {
    const { method, id } = command;
    if (method.prepare === undefined) return command;
    const failed = (error: unknown): undefined => this.#fail(method.name, id, lineOf(error));
    try {
      const prepared = method.prepare(command.params as never, this.#contextOf(command));
      if (!(prepared instanceof Promise)) return { ...command, prepared };
      return prepared.then((ready) => ({ ...command, prepared: ready }), failed);
    } catch (error) {
      return failed(error);
    }
  }

  #contextOf({ id }: Command): MethodContext {
    return {
      sessions: this.#deps.sessions,
      promptIds: this.#promptIds,
      id: typeof id === "string" ? id : undefined,
      before: this.#turn,
      emit: (event) => this.emit(event),
      warn: this.#deps.warn,
    };
  }

  /** A promise only where the method takes its time; never rejects. */
  #run(command: Command): Promise<void> | undefined {
    const { method, params, id, prepared } = command;
    if (method.answersFirst !== undefined) this.#held = [];
    try {
      const result = method.run(params as never, this.#contextOf(command), prepared);
      if (result instanceof Promise) {
        // What cannot be written as JSON is refused, too.
        return result
          .then((data) => this.#whenRead(() => this.#answer(command, data)))
          .catch((error: unknown) => this.#fail(method.name, id, lineOf(error)));
      }
      if (method.answersFirst?.(result) !== true) this.#release();
      this.#answer(command, result);
    } catch (error) {
      this.#fail(method.name, id, lineOf(error));
    } finally {
      this.#release();
    }
    return undefined;
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined && held.length > 0) void this.#write(held.join(""));
  }

  #answer({ id, method }: Command, data: unknown): void {
    const head = id === undefined ? "{" : `{"id":${JSON.stringify(id)},`;
    const body = data === undefined ? "" : `,"data":${method.encode?.(data) ?? JSON.stringify(data)}`;
    void this.#write(`${head}"type":"response","command":"${method.name}","success":true${body}}\n`);
  }

  /** `command` is what was asked for, as far as it could be made out. */
  #fail(command: string | undefined, id: unknown, error: string): undefined {
    const response: RpcResponse = {
      ...(id === undefined ? {} : { id: id as string }),
      type: "response",
      ...(command === undefined ? {} : { command: shortened(command) }),
      success: false,
      error,
    };
    void this.#write(`${JSON.stringify(response)}\n`);
  }

  #write(line: string): Promise<void> | undefined {
    const slow = this.#deps.stdout.write(line);
    if (slow !== undefined && this.#slow === undefined) {
      const waiting = slow.finally(() => {
        this.#slow = undefined;
      });
      this.#slow = waiting;
    }
    return slow;
  }
}

const maxQuoted = 500;

/** An answer must not repeat 50 MB of what it refuses. */
function shortened(text: string): string {
  return text.length > maxQuoted ? `${text.slice(0, maxQuoted)}…` : text;
}

/** Any JSON is given back as `id`, but one that is nested so deep that it cannot be written. */
function canBeRepeated(id: unknown): boolean {
  if (typeof id !== "object" || id === null) return true;
  try {
    JSON.stringify(id);
    return true;
  } catch {
    return false;
  }
}
