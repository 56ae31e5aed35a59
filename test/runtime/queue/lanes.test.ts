// Lanes: order, width, abort, clearing, draining and runs within runs.

import { afterEach, expect, test, vi } from "vitest";
import { createLanes } from "../../../src/runtime/queue/in-process.ts";
import type { LaneWait } from "../../../src/runtime/queue/queue.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** A task that goes on until it is let go, and says when it has begun. */
function gate() {
  let open = (): void => {};
  let isBegun = false;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const task = async (): Promise<void> => {
    isBegun = true;
    await opened;
  };
  return { task, open: () => open(), isBegun: () => isBegun };
}

const turnOfEvents = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("runs of a session are one at a time, in order; a lane takes as many as it is wide", async () => {
  const lanes = createLanes({ main: 2 });
  const order: string[] = [];
  const going = new Map<string, number>();
  let most = 0;
  const run = (session: string, index: number) =>
    lanes.run(
      async () => {
        going.set(session, (going.get(session) ?? 0) + 1);
        expect(going.get(session)).toBe(1);
        most = Math.max(
          most,
          [...going.values()].reduce((sum, one) => sum + one, 0),
        );
        order.push(`${session}${index}`);
        await turnOfEvents();
        going.set(session, 0);
        return index;
      },
      { sessionKey: session },
    );
  const results = await Promise.all(["a", "b", "c"].flatMap((session) => [0, 1, 2, 3].map((index) => run(session, index))));
  expect(results).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  for (const session of ["a", "b", "c"])
    expect(order.filter((one) => one.startsWith(session))).toEqual([0, 1, 2, 3].map((index) => `${session}${index}`));
  expect(most).toBe(2);
  expect(lanes.state()).toEqual({
    lanes: {
      main: { width: 2, running: 0, waiting: 0 },
      cron: { width: 1, running: 0, waiting: 0 },
      subagent: { width: 8, running: 0, waiting: 0 },
    },
    sessions: {},
  });
});

test("a run that waits for its session takes no place of a lane", async () => {
  const lanes = createLanes({ main: 2 });
  const [first, second, other] = [gate(), gate(), gate()];
  const all = [
    lanes.run(first.task, { sessionKey: "a" }),
    lanes.run(second.task, { sessionKey: "a" }),
    lanes.run(other.task, { sessionKey: "b" }),
  ];
  await turnOfEvents();
  expect([first.isBegun(), second.isBegun(), other.isBegun()]).toEqual([true, false, true]);
  for (const one of [first, second, other]) one.open();
  await Promise.all(all);
});

test("a session may be called as a lane is: the end of a run in the one leaves the other alone", async () => {
  const lanes = createLanes();
  const [holder, second] = [gate(), gate()];
  const held = lanes.run(holder.task, { sessionKey: "cron" });
  await lanes.run(() => "over", { lane: "cron" });
  const waiting = lanes.run(second.task, { sessionKey: "cron" });
  await turnOfEvents();
  expect([second.isBegun(), lanes.state().sessions]).toEqual([false, { cron: { width: 1, running: 1, waiting: 1 } }]);
  for (const one of [holder, second]) one.open();
  await Promise.all([held, waiting]);
});

test("what throws, at once or later, frees its place", async () => {
  const lanes = createLanes({ main: 1 });
  const failing = lanes.run(() => {
    throw new Error("at once");
  });
  const later = lanes.run(async () => {
    await turnOfEvents();
    throw new Error("later");
  });
  await expect(failing).rejects.toThrow("at once");
  await expect(later).rejects.toThrow("later");
  expect(await lanes.run(() => "on")).toBe("on");
});

test("who is stopped while waiting does not begin, and the next does; who runs is left alone", async () => {
  const lanes = createLanes({ main: 1 });
  const [holder, stopped] = [gate(), gate()];
  const ending = new AbortController();
  const held = lanes.run(holder.task, { signal: ending.signal });
  const waiting = lanes.run(stopped.task, { sessionKey: "s", signal: ending.signal });
  const next = lanes.run(() => "next", { sessionKey: "s" });
  await turnOfEvents();
  ending.abort();
  await expect(waiting).rejects.toMatchObject({ code: "runtime.aborted_waiting" });
  await expect(lanes.run(stopped.task, { sessionKey: "t", signal: ending.signal })).rejects.toMatchObject({
    code: "runtime.aborted_waiting",
  });
  holder.open();
  await held;
  expect(await next).toBe("next");
  expect(stopped.isBegun()).toBe(false);
  expect(lanes.state().sessions).toEqual({});
});

test("clearing sends away those who wait, for the lane or for their session, and no other", async () => {
  const lanes = createLanes({ main: 1 });
  const holder = gate();
  const held = lanes.run(holder.task, { sessionKey: "a" });
  const cleared = [lanes.run(() => 1, { sessionKey: "a" }), lanes.run(() => 2, { sessionKey: "b" }), lanes.run(() => 3)];
  const outcomes = Promise.allSettled(cleared);
  await turnOfEvents();
  expect(lanes.clear("main")).toBe(3);
  expect((await outcomes).map((one) => one.status === "rejected" && one.reason.code)).toEqual(Array(3).fill("runtime.lane_cleared"));
  const own = lanes.run(() => 4, { sessionKey: "a" });
  const other = lanes.run(() => 5, { sessionKey: "b" });
  const ownEnd = expect(own).rejects.toMatchObject({ code: "runtime.lane_cleared" });
  await turnOfEvents();
  expect(lanes.clearSession("a")).toBe(1);
  await ownEnd;
  holder.open();
  await held;
  expect(await other).toBe(5);
});

test("draining ends what was taken and takes nothing new but what that begins", async () => {
  const lanes = createLanes({ main: 1 });
  const holder = gate();
  const held = lanes.run(async () => {
    await holder.task();
    return lanes.run(() => "child", { spawnedBy: "a" });
  });
  const waiting = lanes.run(() => "waited");
  const drained = lanes.drain();
  await expect(lanes.run(() => "new")).rejects.toMatchObject({ code: "runtime.draining" });
  holder.open();
  await drained;
  expect([await held, await waiting]).toEqual(["child", "waited"]);
  await lanes.drain();
});

test("a run within a run of the same session is refused at once; another session or lane is not", async () => {
  const lanes = createLanes();
  const within = await lanes.run(
    async () => [
      await lanes.run(() => "same", { sessionKey: "a" }).catch((error) => error.code),
      await lanes.run(() => "subagent", { spawnedBy: "a" }),
      await lanes.run(() => lanes.run(() => "deep", { sessionKey: "a" }).catch((error) => error.code), { sessionKey: "b" }),
    ],
    { sessionKey: "a" },
  );
  expect(within).toEqual(["runtime.lane_nested", "subagent", "runtime.lane_nested"]);
});

test("what an ended run left behind is no run within it", async () => {
  const lanes = createLanes();
  let later: Promise<string> | undefined;
  const after = gate();
  await lanes.run(
    () => {
      later = after.task().then(() => lanes.run(() => "ran", { sessionKey: "a" }));
    },
    { sessionKey: "a" },
  );
  after.open();
  expect(await later).toBe("ran");
});

test("runs that have taken all places and each begin another do not wait for ever", async () => {
  const lanes = createLanes({ main: 2 });
  const begin = (session: string) =>
    lanes.run(
      async () => {
        await turnOfEvents();
        return lanes.run(() => "ran", { sessionKey: `${session} child` }).catch((error) => error.code);
      },
      { sessionKey: session },
    );
  expect((await Promise.all([begin("a"), begin("b")])).sort()).toEqual(["ran", "runtime.lane_nested"]);
});

test("two sessions that begin runs in each other do not wait for ever", async () => {
  const lanes = createLanes();
  const begin = (own: string, other: string) =>
    lanes.run(
      async () => {
        await turnOfEvents();
        return lanes.run(() => "ran", { sessionKey: other }).catch((error) => error.code);
      },
      { sessionKey: own },
    );
  expect((await Promise.all([begin("a", "b"), begin("b", "a")])).sort()).toEqual(["ran", "runtime.lane_nested"]);
});

test("a host's own queue stands in place of both", async () => {
  const lanes = createLanes({ main: 1 });
  const holder = gate();
  const held = lanes.run(holder.task, { sessionKey: "a" });
  expect(await lanes.run(() => "own", { sessionKey: "a", enqueue: async (task) => task() })).toBe("own");
  holder.open();
  await held;
});

test("a long wait is told once, with what is waited for", async () => {
  vi.useFakeTimers();
  const lanes = createLanes();
  const holder = gate();
  const held = lanes.run(holder.task, { sessionKey: "a" });
  const waits: LaneWait[] = [];
  const waiting = lanes.run(() => {}, { sessionKey: "a", onWait: (wait) => waits.push(wait) });
  await vi.advanceTimersByTimeAsync(1999);
  expect(waits).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(waits).toEqual([{ name: "a", isSession: true, waitedMs: 2000 }]);
  holder.open();
  await Promise.all([held, waiting]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a wait that is over in time is not told, and leaves no timer behind", async () => {
  vi.useFakeTimers();
  const lanes = createLanes();
  const holder = gate();
  const ending = new AbortController();
  const held = lanes.run(holder.task, { sessionKey: "a" });
  const waits: LaneWait[] = [];
  const how = { sessionKey: "a", onWait: (wait: LaneWait) => void waits.push(wait) };
  const waiting = lanes.run(() => "ran", how);
  const stopped = lanes.run(() => "never", { ...how, signal: ending.signal });
  ending.abort();
  await expect(stopped).rejects.toMatchObject({ code: "runtime.aborted_waiting" });
  holder.open();
  expect([await waiting, await held]).toEqual(["ran", undefined]);
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(waits).toEqual([]);
});

test("an unknown lane and a width that is none are refused by name", async () => {
  await expect(createLanes().run(() => {}, { lane: "fast" })).rejects.toMatchObject({
    code: "usage.bad_value",
    hint: "There are main, cron, subagent.",
  });
  expect(() => createLanes({ main: 0 })).toThrow(expect.objectContaining({ code: "usage.bad_value", message: "Lane main is 0 wide" }));
});

test("a thousand sessions with ten waiting runs each keep their order", async () => {
  const lanes = createLanes();
  const seen = new Map<number, number[]>();
  const runs: Promise<void>[] = [];
  for (let index = 0; index < 10; index++)
    for (let session = 0; session < 1000; session++)
      runs.push(lanes.run(() => void seen.set(session, [...(seen.get(session) ?? []), index]), { sessionKey: String(session) }));
  await Promise.all(runs);
  for (const order of seen.values()) expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a queue of the host's own starts a run once, and one that starts none, or too late, has sent it away", async () => {
  const lanes = createLanes();
  let runs = 0;
  const task = async (): Promise<string> => `run ${++runs}`;
  const twice = async <T>(given: () => Promise<T> | T): Promise<T> => {
    await given();
    return given();
  };
  expect(await lanes.run(task, { enqueue: twice })).toBe("run 1");
  // It waits for nobody, and answers with nothing.
  const loose = async (given: () => unknown): Promise<never> => void given() as never;
  expect(await lanes.run(task, { enqueue: loose })).toBe("run 2");
  await expect(lanes.run(() => Promise.reject(new Error("broken")), { enqueue: loose })).rejects.toThrow("broken");
  let late: (() => unknown) | undefined;
  const never = async (given: () => unknown): Promise<never> => {
    late = given;
    return undefined as never;
  };
  await expect(lanes.run(task, { enqueue: never })).rejects.toMatchObject({ code: "runtime.lane_cleared" });
  await expect(late?.()).rejects.toMatchObject({ code: "runtime.lane_cleared" });
  expect(runs).toBe(2);
  await lanes.drain();
});
