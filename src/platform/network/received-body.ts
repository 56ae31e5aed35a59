// The body of an answer on Node as far as a body is read: the runtime's own streams of the web are compiled at their first use, which takes a tenth of a short
// run. Made by node-transport. Invariant: it is read, ended, failed and cancelled as the standard's stream of bytes; what else that can do, one of the
// runtime's does over it. Source: https://streams.spec.whatwg.org, read 2026-11.

import type { IncomingMessage } from "node:http";

type Result = { done: false; value: Uint8Array } | { done: true; value: undefined };
type WebStream = ReadableStream<Uint8Array>;

/** As many pieces lie here unread, the others in the connection. */
const mostWaiting = 4;

const over: Result = { done: true, value: undefined };

export class ReceivedBody implements AsyncIterable<Uint8Array> {
  readonly #message: IncomingMessage;
  readonly #source: NodeJS.ReadableStream;
  readonly #waiting: Uint8Array[] = [];
  #asked: { resolve(result: Result): void; reject(error: unknown): void }[] = [];
  #end: { error?: unknown } | undefined;
  #reader: BodyReader | undefined;

  /** `source`: the message, or what unpacks it. */
  constructor(message: IncomingMessage, source: NodeJS.ReadableStream) {
    this.#message = message;
    this.#source = source;
    source.on("data", (chunk: Buffer) => this.#take(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
    source.once("end", () => this.#finish({}));
    source.once("error", (error: Error) => this.#finish({ error }));
    message.once("close", () => {
      if (!message.complete)
        this.#finish({ error: message.errored ?? Object.assign(new Error("The connection was closed"), { code: "ECONNRESET" }) });
    });
  }

  get locked(): boolean {
    return this.#reader !== undefined;
  }

  getReader(): BodyReader {
    if (this.locked) throw new TypeError("The body has a reader already");
    this.#reader = new BodyReader({
      read: () => this.#read(),
      cancel: () => this.#cancel(),
      release: () => {
        this.#reader = undefined;
        for (const { reject } of this.#asked.splice(0)) reject(new TypeError("The reader was released"));
      },
    });
    return this.#reader;
  }

  async cancel(): Promise<void> {
    if (this.locked) throw new TypeError("The body has a reader, which alone can cancel it");
    this.#cancel();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> & AsyncIterable<Uint8Array> {
    const reader = this.getReader();
    const iterator = {
      next: async () => {
        const result = await reader.read();
        if (result.done) reader.releaseLock();
        return result;
      },
      return: async () => {
        void reader.cancel();
        reader.releaseLock();
        return over as { done: true; value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  values(): AsyncIterator<Uint8Array, undefined> & AsyncIterable<Uint8Array> {
    return this[Symbol.asyncIterator]();
  }

  tee(): ReturnType<WebStream["tee"]> {
    return this.#asWebStream().tee();
  }

  pipeThrough(...to: Parameters<WebStream["pipeThrough"]>): ReadableStream {
    return this.#asWebStream().pipeThrough(...to);
  }

  pipeTo(...to: Parameters<WebStream["pipeTo"]>): Promise<void> {
    return this.#asWebStream().pipeTo(...to);
  }

  #asWebStream(): WebStream {
    const reader = this.getReader();
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => reader.cancel(),
      },
      { highWaterMark: 0 },
    );
  }

  #take(bytes: Uint8Array): void {
    if (this.#end !== undefined) return;
    const asked = this.#asked.shift();
    if (asked !== undefined) asked.resolve({ done: false, value: bytes });
    else if (this.#waiting.push(bytes) >= mostWaiting) this.#source.pause();
  }

  #finish(end: { error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    // An error is told at once, as by the runtime's: what is unread then is part of nothing.
    if ("error" in end) this.#waiting.length = 0;
    for (const { resolve, reject } of this.#asked.splice(0)) "error" in end ? reject(end.error) : resolve(over);
  }

  #read(): Promise<Result> {
    const value = this.#waiting.shift();
    if (value !== undefined) {
      if (this.#end === undefined && this.#waiting.length < mostWaiting) this.#source.resume();
      return Promise.resolve({ done: false, value });
    }
    if (this.#end !== undefined) return "error" in this.#end ? Promise.reject(this.#end.error) : Promise.resolve(over);
    return new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
  }

  #cancel(): void {
    this.#waiting.length = 0;
    if (this.#end !== undefined) return;
    this.#finish({});
    this.#message.destroy();
  }
}

interface ReaderOf {
  read(): Promise<Result>;
  cancel(): void;
  release(): void;
}

class BodyReader {
  #of: ReaderOf | undefined;

  constructor(of: ReaderOf) {
    this.#of = of;
  }

  async read(): Promise<Result> {
    return this.#held().read();
  }

  async cancel(): Promise<void> {
    this.#held().cancel();
  }

  releaseLock(): void {
    this.#of?.release();
    this.#of = undefined;
  }

  #held(): ReaderOf {
    if (this.#of === undefined) throw new TypeError("The reader was released");
    return this.#of;
  }
}
