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
  await claims[1]?.settle({ outcome: "done", record: { text: "x".repeat(70_000) } });
  expect(await waiting).toEqual({ outcome: "done", record: { text: "hi" } });
  expect(await queue.result("b")).toEqual({ outcome: "done" });
  await expect(queue.result("none")).rejects.toMatchObject({ code: "runtime.lane_cleared" });
  expect(await listed(queue.list({ state: "done" }))).toEqual(["a", "b"]);
  expect(await listed(queue.list({ lane: "none" }))).toEqual([]);
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
