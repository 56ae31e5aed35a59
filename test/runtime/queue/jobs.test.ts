// Jobs in this process: order, places, priorities, times, loss, giving back, cancelling, results, schedules.

import { afterEach, expect, test, vi } from "vitest";
import type { Claim, JobView, LaneQueue, NewJob } from "../../../src/runtime/queue/jobs.ts";
import { createLaneQueue } from "../../../src/runtime/queue/jobs-in-process.ts";
import { quickestMs } from "../../support/quickest.ts";

afterEach(() => {
  vi.useRealTimers();
});

const run = { prompt: "p", workspaceDir: "/w", sessionKey: "k" };
const job = (id: string, more: Partial<NewJob> = {}): NewJob => ({ id, run, ...more });
const done = { outcome: "done" } as const;
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A worker of so many places that hands over what it has claimed. */
function worker(queue: LaneQueue, limit = 10) {
  const stopping = new AbortController();
  const claims: Claim[] = [];
  const ended = (async () => {
    for await (const claim of queue.claims(limit, stopping.signal)) claims.push(claim);
  })();
  return { claims, ids: () => claims.map((one) => one.job.id), stop: () => stopping.abort(), ended };
}

async function listed(views: AsyncIterable<JobView>): Promise<string[]> {
  const ids: string[] = [];
  for await (const view of views) ids.push(view.job.id);
  return ids;
}

test("one of a lane at a time, in the order of adding, over all workers; those without a lane wait for nobody", async () => {
  const queue = createLaneQueue();
  await queue.add([job("a1", { lane: "a" }), job("a2", { lane: "a" }), job("b1", { lane: "b" }), job("x"), job("y")]);
  const [first, second] = [worker(queue), worker(queue)];
  await soon();
  const all = (): Claim[] => [...first.claims, ...second.claims];
  expect(
    all()
      .map((one) => one.job.id)
      .sort(),
  ).toEqual(["a1", "b1", "x", "y"]);
  const a1 = all().find((one) => one.job.id === "a1");
  expect(await a1?.settle(done)).toBe(true);
  await soon();
  expect(
    all()
      .map((one) => one.job.id)
      .sort(),
  ).toEqual(["a1", "a2", "b1", "x", "y"]);
  expect(await a1?.settle(done)).toBe(false);
});

test("what comes while one of its lane runs waits for that, also where another that waited has been cancelled meanwhile", async () => {
  const queue = createLaneQueue();
  await queue.add([job("a1", { lane: "a" })]);
  const { claims, ids } = worker(queue);
  await soon();
  await queue.add([job("a2", { lane: "a" }), job("a3", { lane: "a" })]);
  await soon();
  expect(ids()).toEqual(["a1"]);
  await queue.cancel(["a2"]);
  await soon();
  await queue.cancel(["a3"]);
  await queue.add([job("a4", { lane: "a" })]);
  await soon();
  expect(ids()).toEqual(["a1"]);
  await claims[0]?.settle(done);
  await soon();
  expect(ids()).toEqual(["a1", "a4"]);
});

test("a worker has no more than its places, and ends with its signal or with the queue", async () => {
  const queue = createLaneQueue();
  await queue.add(["1", "2", "3"].map((id) => job(id)));
  const one = worker(queue, 2);
  await soon();
  expect(one.ids()).toEqual(["1", "2"]);
  await one.claims[0]?.settle(done);
  await soon();
  expect(one.ids()).toEqual(["1", "2", "3"]);
  one.stop();
  await one.ended;
  const other = worker(queue);
  await queue.close();
  await other.ended;
  expect(await one.claims[2]?.settle(done)).toBe(true);
  await expect(worker(queue, 0).ended).rejects.toMatchObject({ code: "usage.bad_value" });
});

test("larger priorities first among lanes, never within one", async () => {
  const queue = createLaneQueue();
  await queue.add([
    job("low", { lane: "a" }),
    job("high-behind", { lane: "a", priority: 9 }),
    job("mid", { priority: 1 }),
    job("top", { priority: 5 }),
  ]);
  const { ids, claims } = worker(queue, 1);
  for (let at = 0; at < 4; at++) {
    await soon();
    await claims.at(-1)?.settle(done);
  }
  expect(ids()).toEqual(["top", "mid", "low", "high-behind"]);
});

test("the same id again adds nothing; ids that are not given are made", async () => {
  const queue = createLaneQueue();
  expect(await queue.add([job("a"), job("a"), { run }])).toEqual([
    { id: "a", isNew: true },
    { id: "a", isNew: false },
    { id: expect.any(String), isNew: true },
  ]);
});

test("a job waits for its time, and its lane with it", async () => {
  vi.useFakeTimers();
  const queue = createLaneQueue();
  await queue.add([job("late", { lane: "a", notBefore: Date.now() + 5000 }), job("behind", { lane: "a" }), job("now")]);
  const { ids } = worker(queue);
  await vi.advanceTimersByTimeAsync(4999);
  expect(ids()).toEqual(["now"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(ids()).toEqual(["now", "late"]);
});

test("what is given back comes first again, costs no attempt, and holds its lane until its time", async () => {
  vi.useFakeTimers();
  const queue = createLaneQueue();
  await queue.add([job("a1", { lane: "a" }), job("a2", { lane: "a" })]);
  const { claims, ids } = worker(queue);
  await vi.advanceTimersByTimeAsync(0);
  await claims[0]?.giveBack(Date.now() + 1000);
  expect(await claims[0]?.settle(done)).toBe(false);
  await vi.advanceTimersByTimeAsync(999);
  expect(ids()).toEqual(["a1"]);
  await vi.advanceTimersByTimeAsync(1);
  expect([ids(), claims[1]?.attempt]).toEqual([["a1", "a1"], 1]);
  expect((await queue.get("a1"))?.attempts).toBe(1);
});

test("who has a job that is cancelled has lost it; one that waits is never claimed; the lane goes on", async () => {
  const queue = createLaneQueue();
  await queue.add([job("a1", { lane: "a" }), job("a2", { lane: "a" }), job("a3", { lane: "a" })]);
  const { claims, ids } = worker(queue);
  await soon();
  expect(await queue.cancel(["a1", "a2", "none"])).toBe(2);
  expect(claims[0]?.lost.aborted).toBe(true);
  expect(await claims[0]?.settle(done)).toBe(false);
  await soon();
  expect(ids()).toEqual(["a1", "a3"]);
  expect(await queue.cancel(["a1"])).toBe(0);
  await claims[0]?.giveBack();
  await claims[1]?.settle(done);
  await soon();
  expect([ids(), (await queue.get("a1"))?.state]).toEqual([["a1", "a3"], "cancelled"]);
  await expect(queue.result("a1")).rejects.toMatchObject({ code: "runtime.lane_cleared" });
});

test("what has ended may be tried again, behind its lane, as one more attempt", async () => {
  const queue = createLaneQueue();
  await queue.add([job("a1", { lane: "a" })]);
  const { claims } = worker(queue);
  await soon();
  await claims[0]?.settle({ outcome: "error" });
  await queue.add([job("a2", { lane: "a" })]);
  expect(await queue.retry(["a1", "a2"])).toBe(1);
  await soon();
  await claims[1]?.settle(done);
  await soon();
  expect(claims.map((one) => [one.job.id, one.attempt])).toEqual([
    ["a1", 1],
    ["a2", 1],
    ["a1", 2],
  ]);
});

test("results are waited for, found again, and bounded", async () => {
  const queue = createLaneQueue();
  await queue.add([job("a"), job("b")]);
  const waiting = queue.result("a");
  const given = new AbortController();
  const impatient = queue.result("b", given.signal);
  given.abort(new Error("enough"));
  await expect(impatient).rejects.toThrow("enough");
  const { claims } = worker(queue);
  await soon();
  await claims[0]?.settle({ outcome: "done", record: { text: "hi" } });
  const ofBytes = (count: number) => ({ text: "x".repeat(count - JSON.stringify({ text: "" }).length) });
  await claims[1]?.settle({ outcome: "done", record: ofBytes(64 * 1024 + 1) });
  expect(await waiting).toEqual({ outcome: "done", record: { text: "hi" } });
  expect(await queue.result("b")).toEqual({ outcome: "done" });
  await queue.add([job("c")]);
  await soon();
  await claims[2]?.settle({ outcome: "done", record: ofBytes(64 * 1024) });
  expect(await queue.result("c")).toEqual({ outcome: "done", record: ofBytes(64 * 1024) });
  await expect(queue.result("none")).rejects.toMatchObject({ code: "runtime.lane_cleared" });
  expect(await listed(queue.list({ state: "done" }))).toEqual(["a", "b", "c"]);
  expect(await listed(queue.list({ lane: "none" }))).toEqual([]);
});

test("of many that have ended the oldest are forgotten, and none that is tried again", async () => {
  const queue = createLaneQueue();
  await queue.add([job("again"), job("oldest")]);
  const stopping = new AbortController();
  const claims = queue.claims(10, stopping.signal)[Symbol.asyncIterator]();
  const next = async (): Promise<Claim> => (await claims.next()).value;
  for (let count = 0; count < 2; count++) await (await next()).settle(done);
  await queue.retry(["again"]);
  const again = await next();
  for (let count = 0; count < 10_000; count++) {
    await queue.add([job(String(count))]);
    await (await next()).settle(done);
  }
  expect([await queue.get("oldest"), (await queue.get("0"))?.state, (await queue.get("again"))?.state]).toEqual([
    undefined,
    "done",
    "running",
  ]);
  expect(await again.settle(done)).toBe(true);
  stopping.abort();
});

test("schedules bring a job at each of their times, once", async () => {
  vi.useFakeTimers({ now: Date.parse("2026-05-01T10:00:00Z") });
  const queue = createLaneQueue();
  const { ids } = worker(queue);
  await queue.schedules.set({ name: "often", when: { everyMs: 1000 }, job: { run } });
  await queue.schedules.set({ name: "once", when: { at: Date.now() + 1500 }, job: { run } });
  await queue.schedules.set({ name: "noon", when: { cron: "0 12 * * *", tz: "UTC" }, job: { run } });
  expect((await queue.schedules.list()).map(({ name }) => name)).toEqual(["often", "once", "noon"]);
  for (let at = 0; at < 25; at++) await vi.advanceTimersByTimeAsync(100);
  expect(ids()).toEqual(["often@2026-05-01T10:00:01.000Z", "once@2026-05-01T10:00:01.500Z", "often@2026-05-01T10:00:02.000Z"]);
  expect((await queue.schedules.list()).map(({ name }) => name).sort()).toEqual(["noon", "often"]);
  expect([await queue.schedules.remove("often"), await queue.schedules.remove("often")]).toEqual([true, false]);
  await expect(queue.schedules.set({ name: "past", when: { at: Date.now() - 1 }, job: { run } })).rejects.toMatchObject({
    code: "usage.schedule",
  });
  await expect(queue.schedules.set({ name: "bad", when: { cron: "no" }, job: { run } })).rejects.toMatchObject({ code: "usage.schedule" });
  for (const at of [Number.NaN, 2 ** 60, "soon", undefined] as number[])
    await expect(queue.schedules.set({ name: "bad", when: { at }, job: { run } })).rejects.toMatchObject({ code: "usage.schedule" });
  await queue.close();
});

test("a schedule that is set anew, or taken away, brings nothing at its old times; one far away is waited for in parts", async () => {
  vi.useFakeTimers({ now: Date.parse("2026-05-01T10:00:00Z") });
  const queue = createLaneQueue();
  const { ids } = worker(queue);
  await queue.schedules.set({ name: "anew", when: { everyMs: 1000 }, job: { run } });
  await queue.schedules.set({ name: "away", when: { everyMs: 1000 }, job: { run } });
  await queue.schedules.set({ name: "far", when: { at: Date.now() + 40 * 86_400_000 }, job: { run } });
  await vi.advanceTimersByTimeAsync(500);
  await queue.schedules.set({ name: "anew", when: { at: Date.now() + 1200 }, job: { run } });
  await queue.schedules.remove("away");
  await vi.advanceTimersByTimeAsync(39 * 86_400_000);
  expect(ids()).toEqual(["anew@2026-05-01T10:00:01.700Z"]);
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect(ids()).toEqual(["anew@2026-05-01T10:00:01.700Z", "far@2026-06-10T10:00:00.000Z"]);
  await queue.close();
  expect(vi.getTimerCount()).toBe(0);
});

test("a schedule holds no process open", async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const queue = createLaneQueue();
  for (let count = 0; count < 20; count++) await queue.schedules.set({ name: `${count}`, when: { everyMs: 60_000 }, job: { run } });
  expect(timers() - before).toBeLessThan(20);
  await queue.close();
});

test("1,000 lanes with 10 runs each that do nothing are through in a second, in order", async () => {
  const names = Array.from({ length: 1000 }, (_, at) => `lane ${at}`);
  const isInOrder = (seen: Map<string, number[]>): boolean =>
    seen.size === 1000 && [...seen.values()].every((list) => list.join() === "0,1,2,3,4,5,6,7,8,9");
  const note = (seen: Map<string, number[]>, name: string, which: number): void => void seen.set(name, [...(seen.get(name) ?? []), which]);

  const runAll = async (): Promise<void> => {
    const queue = createLaneQueue();
    const byJobs = new Map<string, number[]>();
    for (let which = 0; which < 10; which++) await queue.add(names.map((lane) => job(`${lane}/${which}`, { lane })));
    const stopping = new AbortController();
    let left = 10_000;
    for await (const claim of queue.claims(64, stopping.signal)) {
      note(byJobs, claim.job.lane ?? "", Number(claim.job.id.split("/")[1]));
      await claim.settle(done);
      if (--left === 0) break;
    }
    expect(isInOrder(byJobs)).toBe(true);
  };

  // The figure is a second; a machine that is busy with other suites gets some more.
  expect(await quickestMs(3000, runAll)).toBeLessThan(3000);
});

test("a queue that is closed takes no schedule, also not one that was being set", async () => {
  const queue = createLaneQueue();
  const when = { everyMs: 60_000 };
  const setting = queue.schedules.set({ name: "late", when, job: { run } });
  await queue.close();
  await expect(setting).rejects.toMatchObject({ code: "runtime.draining" });
  await expect(queue.schedules.set({ name: "later", when, job: { run } })).rejects.toMatchObject({ code: "runtime.draining" });
  expect(await queue.schedules.list()).toEqual([]);
});
