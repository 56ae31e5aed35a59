import { getEventListeners } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { streamTurn } from "../../src/agent/stream-turn.ts";
import type { LoopEvent } from "../../src/contracts/agent-event.ts";
import type { StreamEvent, StreamPart } from "../../src/contracts/stream-event.ts";
import { steppingClock } from "../support/coding-bench.ts";
import { failed, testModel, textEvents } from "../support/model-script.ts";

const stop: StreamEvent = { type: "finish", stopReason: "stop" };

async function turn(
  stream: (signal: AbortSignal) => AsyncIterable<StreamPart>,
  options: { signal?: AbortSignal; stallTimeoutMs?: number; emit?: (event: LoopEvent) => Promise<void> | undefined } = {},
) {
  const events: LoopEvent[] = [];
  const { signal = new AbortController().signal, stallTimeoutMs = 0 } = options;
  const setup = {
    model: testModel,
    thinkingLevel: "off" as const,
    stallTimeoutMs,
    stream: (_: unknown, linked: AbortSignal) => stream(linked),
  };
  const assembly = await streamTurn(setup, [], signal, {
    now: steppingClock(0).now,
    emit: (event) => {
      events.push(structuredClone(event));
      return options.emit?.(event);
    },
  });
  return { assembly, events, types: events.map(({ type }) => type) };
}

async function* of(...events: StreamEvent[]): AsyncIterable<StreamEvent> {
  yield* events;
}

const aborts = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

function fakeTime(): void {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

test("start, updates, end; the start is empty and pending, the end has its duration", async () => {
  const { events, types, assembly } = await turn(() => of(...textEvents("hi"), stop));
  expect(types).toEqual(["message_start", "message_update", "message_update", "message_update", "message_end"]);
  expect(events[0]).toMatchObject({ message: { content: [], stopReason: "pending", timestamp: 0 } });
  expect(events.at(-1)).toMatchObject({ message: { content: [{ text: "hi" }], stopReason: "stop", durationMs: 1 } });
  expect(assembly.message).toEqual((events.at(-1) as { message: unknown }).message);
});

test("an answer without anything to see still begins and ends", async () => {
  expect((await turn(() => of(stop))).types).toEqual(["message_start", "message_end"]);
});

test("a stream without an end, one that throws, one that goes on after its end", async () => {
  const endless = await turn(() => of(...textEvents("hi")));
  expect(endless.assembly.failure).toEqual({ code: "network", message: "The model's stream ended without an end" });
  const throwing = await turn(async function* () {
    yield* textEvents("hi");
    throw new Error("broken promise");
  });
  expect(throwing.assembly.failure).toEqual({ code: "network", message: "broken promise" });
  expect(throwing.types.at(-1)).toBe("message_end");
  const chatty = await turn(() => of(...textEvents("hi"), stop, ...textEvents("more", 1), failed("network", "late")));
  expect(chatty.assembly.failure).toBe(undefined);
  expect(chatty.assembly.message.content).toHaveLength(1);
});

test("an end is the end, even when the connection stays open; the stream is told to let go", async () => {
  let released = false;
  const { assembly } = await turn(async function* () {
    try {
      yield* textEvents("hi");
      yield stop;
      await new Promise(() => {});
    } finally {
      released = true;
    }
  });
  expect(assembly.message.stopReason).toBe("stop");
  expect(released).toBe(true);
});

test("aborted before and in the middle", async () => {
  for (const middle of [true, false]) {
    const abort = new AbortController();
    if (!middle) abort.abort();
    const { assembly } = await turn(
      async function* (signal) {
        yield* textEvents("half");
        if (middle) abort.abort();
        await aborts(signal);
        yield failed("aborted", "Request was aborted");
      },
      { signal: abort.signal },
    );
    expect(assembly.failure?.code).toBe("aborted");
    expect(assembly.message).toMatchObject({ stopReason: "aborted", content: [{ text: "half" }] });
  }
  const abort = new AbortController();
  const quiet = await turn(
    async function* (signal) {
      abort.abort();
      await aborts(signal);
      yield* [];
    },
    { signal: abort.signal },
  );
  expect(quiet.assembly.failure?.code).toBe("aborted");
});

test("events that come together are told one by one, each at the listener's pace", async () => {
  const answer = [...textEvents("hi"), ...textEvents("there", 1), stop];
  const alone = await turn(() => of(...answer));
  for (const parts of [[answer], [answer.slice(0, 2), answer.slice(2)], [[], answer.slice(0, 1), ...answer.slice(1)]]) {
    let telling = 0;
    const together = await turn(
      async function* () {
        yield* parts;
      },
      {
        emit: async () => {
          expect(++telling).toBe(1);
          await Promise.resolve();
          telling--;
        },
      },
    );
    expect(together.events).toEqual(alone.events);
  }
});

test("an abort at one event of several: the others are not told, not even the end", async () => {
  const abort = new AbortController();
  let isLeft = false;
  const { assembly, types } = await turn(
    async function* (signal) {
      yield [...textEvents("half"), ...textEvents("more", 1), stop];
      isLeft = signal.aborted;
      yield failed("aborted", "Request was aborted");
    },
    {
      signal: abort.signal,
      emit: async (event) => {
        if (event.type === "message_update" && event.assistantMessageEvent.type === "text_delta") abort.abort();
      },
    },
  );
  expect(assembly.failure?.code).toBe("aborted");
  expect(assembly.message).toMatchObject({ stopReason: "aborted", content: [{ text: "half" }] });
  expect(types).toEqual(["message_start", "message_update", "message_update", "message_end"]);
  expect(isLeft).toBe(true);
});

test("silence beyond the limit is a stall, whatever the provider calls it; every event starts it anew", async () => {
  fakeTime();
  const running = turn(
    async function* (signal) {
      for (const event of textEvents("hi")) {
        await new Promise((resolve) => setTimeout(resolve, 900));
        yield event;
      }
      await aborts(signal);
      yield failed("aborted", "Request was aborted");
    },
    { stallTimeoutMs: 1000 },
  );
  let isOver = false;
  void running.then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(2700);
  await vi.advanceTimersByTimeAsync(999);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  const { assembly } = await running;
  expect(assembly.failure).toEqual({ code: "stalled", message: "test/test-1 sent nothing for 1 s" });
  expect(assembly.message).toMatchObject({ stopReason: "error", content: [{ text: "hi" }] });
  expect(vi.getTimerCount()).toBe(0);
});

test("silence from the very beginning is a stall, and a limit of more than a timer can hold is a long one", async () => {
  fakeTime();
  const silent = async function* (signal: AbortSignal): AsyncIterable<StreamEvent> {
    await aborts(signal);
    yield failed("aborted", "Request was aborted");
  };
  const stalled = turn(silent, { stallTimeoutMs: 1000 });
  await vi.advanceTimersByTimeAsync(1000);
  expect((await stalled).assembly.failure?.code).toBe("stalled");
  const slow = turn(
    async function* (signal) {
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      yield signal.aborted ? failed("aborted", "Request was aborted") : stop;
    },
    { stallTimeoutMs: 30 * 86_400_000 },
  );
  await vi.advanceTimersByTimeAsync(60_000);
  expect((await slow).assembly.message.stopReason).toBe("stop");
});

test("silence behind an event that was told slowly is a stall as well", async () => {
  fakeTime();
  const running = turn(
    async function* (signal) {
      yield { type: "text_start", contentIndex: 0 };
      await aborts(signal);
      yield failed("aborted", "Request was aborted");
    },
    { stallTimeoutMs: 1000 },
  );
  await vi.advanceTimersByTimeAsync(1000);
  expect((await running).assembly.failure?.code).toBe("stalled");
});

test("what is silent after an abort was aborted; what takes its time to let go of a whole answer has given it", async () => {
  fakeTime();
  const abort = new AbortController();
  const aborted = turn(() => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }), {
    signal: abort.signal,
    stallTimeoutMs: 1000,
  });
  abort.abort();
  await vi.advanceTimersByTimeAsync(2000);
  expect((await aborted).assembly.failure?.code).toBe("aborted");
  const whole = turn(
    async function* (signal) {
      try {
        yield stop;
      } finally {
        await aborts(signal);
      }
    },
    { stallTimeoutMs: 1000 },
  );
  await vi.advanceTimersByTimeAsync(1000);
  expect((await whole).assembly).toMatchObject({ failure: undefined, message: { stopReason: "stop" } });
});

test("a slow reader holds the stream up and is no silence of the model's", async () => {
  fakeTime();
  let given = 0;
  const running = turn(
    async function* () {
      for (const event of [...textEvents("hi"), stop]) {
        given++;
        yield event;
      }
    },
    {
      stallTimeoutMs: 1000,
      emit: ({ type }) => (type === "message_update" ? new Promise((resolve) => setTimeout(resolve, 5000)) : undefined),
    },
  );
  await vi.advanceTimersByTimeAsync(4999);
  expect(given).toBe(1);
  await vi.advanceTimersByTimeAsync(10_001);
  expect((await running).assembly.message.stopReason).toBe("stop");
});

test("a stream that does not listen to a signal that has fired before it is left behind as well", async () => {
  fakeTime();
  const running = turn(
    async function* () {
      yield* textEvents("half");
      await new Promise(() => {});
    },
    { signal: AbortSignal.abort() },
  );
  await vi.advanceTimersByTimeAsync(2_000);
  expect((await running).assembly.message).toMatchObject({ stopReason: "aborted" });
  expect(vi.getTimerCount()).toBe(0);
});

test("a stream that does not listen to its signal does not hold up the abort for ever, and nobody hears of what it says later", async () => {
  fakeTime();
  const abort = new AbortController();
  let answerLate = (): void => {};
  const late = new Promise<void>((resolve) => {
    answerLate = resolve;
  });
  const running = turn(
    async function* () {
      yield* textEvents("half");
      abort.abort();
      await late;
      yield* textEvents("late");
    },
    { signal: abort.signal, stallTimeoutMs: 60_000 },
  );
  await vi.advanceTimersByTimeAsync(2_000);
  const { assembly, events } = await running;
  expect(assembly.message).toMatchObject({ stopReason: "aborted", content: [{ text: "half" }] });
  const told = events.length;
  answerLate();
  await vi.advanceTimersByTimeAsync(0);
  expect(events).toHaveLength(told);
  expect(assembly.message.content).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(abort.signal, "abort")).toEqual([]);
});
