// A stream that one side pushes into and the other reads, with a result at the end; the shape in which extensions' providers answer.
// Imported by extensions. Invariant: what is pushed is read once, in order; nothing is taken after the last event.

import type { AssistantMessage } from "../../contracts/message.ts";

export class EventStream<T, R = T> implements AsyncIterable<T> {
  readonly #isLast: (event: T) => boolean;
  readonly #resultOf: (event: T) => R;
  readonly #events: T[] = [];
  readonly #result: Promise<R>;
  #resolve: (result: R) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #failure: { error: unknown } | undefined;
  #waiting: (() => void)[] = [];
  #isOver = false;

  constructor(isComplete: (event: T) => boolean, extractResult: (event: T) => R) {
    this.#isLast = isComplete;
    this.#resultOf = extractResult;
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever reads the events is told there.
    this.#result.catch(() => undefined);
  }

  push(event: T): void {
    if (this.#isOver) return;
    this.#events.push(event);
    if (this.#isLast(event)) {
      this.#isOver = true;
      this.#resolve(this.#resultOf(event));
    }
    this.#wake();
  }

  end(result?: R): void {
    this.#isOver = true;
    if (result !== undefined) this.#resolve(result);
    this.#wake();
  }

  /** Whoever reads has what was pushed, then this error; so has who waits for the result. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = { error };
    this.#reject(error);
    this.#wake();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  result(): Promise<R> {
    return this.#result;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      else if (this.#failure !== undefined) throw this.#failure.error;
      else if (this.#isOver) return;
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export type AnswerEvent =
  | { type: "done"; reason: string; message: AssistantMessage }
  | { type: "error"; reason: string; error: AssistantMessage }
  | { type: string; contentIndex?: number; [field: string]: unknown };

export class AssistantMessageEventStream extends EventStream<AnswerEvent, AssistantMessage> {
  constructor() {
    super(
      ({ type }) => type === "done" || type === "error",
      (event) => ("message" in event ? event.message : "error" in event ? event.error : undefined) as AssistantMessage,
    );
  }
}

export function createAssistantMessageEventStream(): AssistantMessageEventStream {
  return new AssistantMessageEventStream();
}
