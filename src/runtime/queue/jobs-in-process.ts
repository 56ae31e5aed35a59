// Jobs in this process: added by whoever has runs, claimed by workers, one of a lane at a time. Made by hosts; nothing of it outlives the process.
// Invariants: the order of a lane is the order of adding; whoever has lost a job settles nothing; an idle lane is forgotten, and so are the oldest
// of many jobs that have ended.

import { defined } from "../../contracts/defined.ts";
import { timerMs } from "../../contracts/duration.ts";
import { PiError } from "../../contracts/error.ts";
import { jobSchedules } from "./job-schedules.ts";
import type { Claim, Job, JobFilter, JobResult, JobState, JobView, LaneQueue, NewJob } from "./jobs.ts";

const longestRecord = 64 * 1024;
/** Of jobs that have ended. */
const mostKept = 10_000;

interface Entry {
  readonly job: Job;
  readonly lane: Lane;
  state: JobState;
  attempts: number;
  notBefore: number;
  result: JobResult | undefined;
  /** Of the claim that is going on. */
  lost: AbortController | undefined;
  waiters: ((entry: Entry) => void)[];
}

interface Lane {
  /** Absent: of one job that has none. */
  readonly name: string | undefined;
  readonly waiting: Entry[];
  isBusy: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export interface LaneQueueOptions {
  /** Default: the clock. */
  now?: () => number;
}

export function createLaneQueue({ now = Date.now }: LaneQueueOptions = {}): LaneQueue {
  const entries = new Map<string, Entry>();
  const lanes = new Map<string, Lane>();
  /** By priority: lanes whose first job may be claimed, in the order in which they became so. */
  const ready = new Map<number, Set<Lane>>();
  const ended: string[] = [];
  const wakers = new Set<() => void>();
  let isClosed = false;

  const laneOf = (name: string | undefined): Lane => {
    const found = name === undefined ? undefined : lanes.get(name);
    if (found !== undefined) return found;
    const made: Lane = { name, waiting: [], isBusy: false, timer: undefined };
    if (name !== undefined) lanes.set(name, made);
    return made;
  };

  const withdraw = (lane: Lane): void => {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    for (const [priority, set] of ready) if (set.delete(lane) && set.size === 0) ready.delete(priority);
  };

  /** Says anew whether its first job may be claimed. */
  const present = (lane: Lane): void => {
    withdraw(lane);
    const [first] = lane.waiting;
    if (first === undefined) {
      if (!lane.isBusy && lane.name !== undefined) lanes.delete(lane.name);
      return;
    }
    if (lane.isBusy || isClosed) return;
    const dueInMs = first.notBefore - now();
    if (dueInMs > 0) {
      lane.timer = setTimeout(() => present(lane), timerMs(dueInMs));
      return;
    }
    const priority = first.job.priority ?? 0;
    const set = ready.get(priority) ?? new Set();
    ready.set(priority, set.add(lane));
    for (const wake of wakers) wake();
  };

  const takeNext = (): Entry | undefined => {
    if (ready.size === 0) return undefined;
    const [lane] = ready.get(Math.max(...ready.keys())) ?? [];
    const entry = lane?.waiting.shift();
    if (lane === undefined || entry === undefined) return undefined;
    withdraw(lane);
    lane.isBusy = true;
    return entry;
  };

  const end = (entry: Entry, state: "done" | "cancelled"): void => {
    entry.state = state;
    for (const tell of entry.waiters.splice(0)) tell(entry);
    ended.push(entry.job.id);
    while (ended.length > mostKept) {
      const oldest = ended.shift() ?? "";
      const one = entries.get(oldest);
      if (one?.state === "done" || one?.state === "cancelled") entries.delete(oldest);
    }
  };

  const release = (entry: Entry): void => {
    entry.lost = undefined;
    entry.lane.isBusy = false;
    present(entry.lane);
  };

  const claim = (entry: Entry, onOver: () => void): Claim => {
    const lost = new AbortController();
    entry.lost = lost;
    entry.state = "running";
    const attempt = ++entry.attempts;
    const isOurs = (): boolean => entry.lost === lost && !lost.signal.aborted;
    lost.signal.addEventListener("abort", onOver, { once: true });
    return {
      job: entry.job,
      attempt,
      lost: lost.signal,
      settle: async (result) => {
        if (!isOurs()) return false;
        entry.result = bounded(result);
        end(entry, "done");
        release(entry);
        onOver();
        return true;
      },
      giveBack: async (notBefore = 0) => {
        if (!isOurs()) return;
        entry.attempts--;
        entry.state = "waiting";
        entry.notBefore = notBefore;
        entry.lane.waiting.unshift(entry);
        release(entry);
        onOver();
      },
    };
  };

  async function* claims(limit: number, signal: AbortSignal): AsyncGenerator<Claim> {
    if (!Number.isSafeInteger(limit) || limit < 1)
      throw new PiError("usage.bad_value", `A worker of ${limit} places`, { hint: "Give a whole number of at least 1." });
    const going = new Set<Entry>();
    let wake = (): void => {};
    const waker = (): void => wake();
    wakers.add(waker);
    signal.addEventListener("abort", waker);
    try {
      while (!signal.aborted && !isClosed) {
        const entry = going.size < limit ? takeNext() : undefined;
        if (entry === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        going.add(entry);
        yield claim(entry, () => {
          if (going.delete(entry)) waker();
        });
      }
    } finally {
      wakers.delete(waker);
      signal.removeEventListener("abort", waker);
    }
  }

  const add = async (jobs: readonly NewJob[]): Promise<{ id: string; isNew: boolean }[]> =>
    jobs.map((given) => {
      const id = given.id ?? crypto.randomUUID();
      if (entries.has(id)) return { id, isNew: false };
      const lane = laneOf(given.lane);
      const entry: Entry = {
        job: { ...given, id },
        lane,
        state: "waiting",
        attempts: 0,
        notBefore: given.notBefore ?? 0,
        result: undefined,
        lost: undefined,
        waiters: [],
      };
      entries.set(id, entry);
      lane.waiting.push(entry);
      if (lane.waiting.length === 1) present(lane);
      return { id, isNew: true };
    });

  const cancelOne = (id: string): boolean => {
    const entry = entries.get(id);
    if (entry === undefined || (entry.state !== "waiting" && entry.state !== "running")) return false;
    const { lost, lane } = entry;
    const at = lane.waiting.indexOf(entry);
    if (at >= 0) lane.waiting.splice(at, 1);
    end(entry, "cancelled");
    lost?.abort();
    if (lost !== undefined) release(entry);
    else present(lane);
    return true;
  };

  const retryOne = (id: string): boolean => {
    const old = entries.get(id);
    if (old === undefined || (old.state !== "done" && old.state !== "cancelled")) return false;
    // Its lane may have been forgotten meanwhile.
    const lane = laneOf(old.job.lane);
    const entry: Entry = { ...old, lane, state: "waiting", notBefore: 0, result: undefined, lost: undefined, waiters: [] };
    entries.set(id, entry);
    lane.waiting.push(entry);
    if (lane.waiting.length === 1) present(lane);
    return true;
  };

  const result = (id: string, signal?: AbortSignal): Promise<JobResult> =>
    new Promise((resolve, reject) => {
      const tell = (entry: Entry | undefined): void => {
        signal?.removeEventListener("abort", abort);
        if (entry?.state === "done" && entry.result !== undefined) resolve(entry.result);
        else
          reject(
            new PiError("runtime.lane_cleared", `Job ${id} was ${entry === undefined ? "never added, or is forgotten" : "cancelled"}`),
          );
      };
      const entry = entries.get(id);
      const abort = (): void => {
        const at = entry?.waiters.indexOf(tell) ?? -1;
        if (at >= 0) entry?.waiters.splice(at, 1);
        reject(signal?.reason);
      };
      if (signal?.aborted) return reject(signal.reason);
      if (entry === undefined || entry.state === "done" || entry.state === "cancelled") return tell(entry);
      entry.waiters.push(tell);
      signal?.addEventListener("abort", abort, { once: true });
    });

  const viewOf = ({ job, state, attempts, result: settled }: Entry): JobView => ({
    job,
    state,
    attempts,
    ...defined({ result: settled }),
  });

  const schedules = jobSchedules({ now, add: (job) => add([job]) });

  return {
    add,
    claims,
    get: async (id) => {
      const entry = entries.get(id);
      return entry === undefined ? undefined : viewOf(entry);
    },
    async *list({ lane, state }: JobFilter = {}) {
      for (const entry of [...entries.values()])
        if ((lane === undefined || entry.job.lane === lane) && (state === undefined || entry.state === state)) yield viewOf(entry);
    },
    cancel: async (ids) => ids.filter(cancelOne).length,
    retry: async (ids) => ids.filter(retryOne).length,
    result,
    schedules: schedules.api,
    close: async () => {
      isClosed = true;
      schedules.close();
      for (const { lane } of entries.values()) withdraw(lane);
      for (const wake of wakers) wake();
    },
  };
}

function bounded(result: JobResult): JobResult {
  const isShort = result.record === undefined || Buffer.byteLength(JSON.stringify(result.record)) <= longestRecord;
  return isShort ? result : { outcome: result.outcome };
}
