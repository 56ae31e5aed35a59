// Lanes in this process: a session's first, then the global one. Hosts make one set and run everything through it.
// Invariant: a free place goes to who has waited longest, in the same instant; an idle session's lane is forgotten; no run waits for itself,
// however many others lie between.

import { AsyncLocalStorage } from "node:async_hooks";
import { PiError } from "../../contracts/error.ts";
import type { Enqueue, LaneState, Lanes, Turn } from "./queue.ts";

const waitNoticeMs = 2000;

interface Lane {
  readonly name: string;
  readonly isSession: boolean;
  readonly width: number;
  readonly running: Set<Entry>;
  readonly waiting: Set<Entry>;
}

/** A run from its arrival to its end. */
interface Entry {
  readonly parent: Entry | undefined;
  readonly laneName: string | undefined;
  waitsFor: Lane | undefined;
  leave: ((reason: PiError) => void) | undefined;
}

/** `widths` by name, over `main` 4, `cron` 1, `subagent` 8: how many runs of a lane go on at the same time. */
export function createLanes(widths: Record<string, number> = {}): Lanes {
  const lane = (name: string, width: number, isSession: boolean): Lane => ({
    name,
    isSession,
    width,
    running: new Set(),
    waiting: new Set(),
  });
  const lanes = new Map<string, Lane>();
  for (const [name, width] of Object.entries({ main: 4, cron: 1, subagent: 8, ...widths })) {
    if (!Number.isSafeInteger(width) || width < 1)
      throw new PiError("usage.bad_value", `Lane ${name} is ${width} wide`, { hint: "Give a whole number of at least 1." });
    lanes.set(name, lane(name, width, false));
  }
  const sessions = new Map<string, Lane>();
  const current = new AsyncLocalStorage<Entry>();
  /** All that has not ended, and of it what waits and was begun from within another. */
  const going = new Set<Entry>();
  const nestedWaiting = new Set<Entry>();
  const enter = new Map<Entry, () => void>();
  const idle: (() => void)[] = [];
  let isDraining = false;

  const isWithin = (entry: Entry, outer: Entry): boolean => {
    for (let one: Entry | undefined = entry; one !== undefined; one = one.parent) if (one === outer) return true;
    return false;
  };

  /** Whether all places that it waits for are held by runs that wait, themselves or by what they have begun, for such places again. */
  const waitsInCircle = (entry: Entry, seen: Set<Entry>): boolean => {
    if (seen.has(entry)) return true;
    if (entry.waitsFor === undefined) return false;
    seen.add(entry);
    return [...entry.waitsFor.running].every((holder) =>
      [holder, ...nestedWaiting].some((one) => one.waitsFor !== undefined && isWithin(one, holder) && waitsInCircle(one, seen)),
    );
  };

  const breakCircle = (entry: Entry): void => {
    if (nestedWaiting.size === 0) return;
    const seen = new Set<Entry>();
    if (!waitsInCircle(entry, seen)) return;
    const nested = nestedWaiting.has(entry) ? entry : [...seen].find((one) => nestedWaiting.has(one));
    const target = nested?.waitsFor;
    if (nested === undefined || target === undefined) return;
    nested.leave?.(
      new PiError(
        "runtime.lane_nested",
        `A run would wait for the ${target.isSession ? "session" : "lane"} ${target.name} in which it was begun`,
        {
          hint: "Give it another session, or the lane subagent.",
        },
      ),
    );
  };

  const wait = (at: Lane, entry: Entry, turn: Turn): Promise<void> =>
    new Promise((resolve, reject) => {
      const { signal, onWait } = turn;
      const since = performance.now();
      const notice = (): void => {
        try {
          onWait?.({ name: at.name, isSession: at.isSession, waitedMs: Math.round(performance.now() - since) });
        } catch {
          // It is told, not asked: what it fails at is no reason to end a process from a timer.
        }
      };
      const timer = onWait === undefined ? undefined : setTimeout(notice, waitNoticeMs);
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        at.waiting.delete(entry);
        nestedWaiting.delete(entry);
        entry.waitsFor = undefined;
        entry.leave = undefined;
      };
      const abort = (): void => entry.leave?.(abortedWaiting());
      enter.set(entry, () => {
        settle();
        enter.delete(entry);
        resolve();
      });
      entry.waitsFor = at;
      entry.leave = (reason) => {
        settle();
        enter.delete(entry);
        reject(reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      at.waiting.add(entry);
      if (entry.parent !== undefined) nestedWaiting.add(entry);
      breakCircle(entry);
    });
  /** Nothing where the place is had at once: who came first must not lose it to a turn of the event loop. */
  const take = (at: Lane, entry: Entry, turn: Turn): Promise<void> | undefined => {
    if (turn.signal?.aborted) throw abortedWaiting();
    if (at.running.size >= at.width) return wait(at, entry, turn);
    at.running.add(entry);
    return undefined;
  };

  const release = (at: Lane, entry: Entry): void => {
    at.running.delete(entry);
    const [next] = at.waiting;
    if (next !== undefined) {
      at.running.add(next);
      enter.get(next)?.();
    } else if (at.isSession && at.running.size === 0) sessions.delete(at.name);
  };

  const inLane = async <T>(at: Lane | undefined, entry: Entry, turn: Turn, task: () => Promise<T> | T): Promise<T> => {
    if (at === undefined) return task();
    const waiting = take(at, entry, turn);
    if (waiting !== undefined) await waiting;
    try {
      return await task();
    } finally {
      release(at, entry);
    }
  };

  const sessionLane = (key: string): Lane => {
    const found = sessions.get(key) ?? lane(key, 1, true);
    sessions.set(key, found);
    return found;
  };

  const globalLane = (turn: Turn): Lane => {
    const name = turn.lane ?? (turn.spawnedBy === undefined ? "main" : "subagent");
    const found = lanes.get(name);
    if (found !== undefined) return found;
    throw new PiError("usage.bad_value", `There is no lane ${name}`, { hint: `There are ${[...lanes.keys()].join(", ")}.` });
  };

  const sendAway = (name: string, entries: Iterable<Entry>): number => {
    const waiting = [...entries].filter((one) => one.leave !== undefined);
    for (const one of waiting)
      one.leave?.(new PiError("runtime.lane_cleared", `The run did not begin: ${name} was cleared while it waited`));
    return waiting.length;
  };

  const stateOf = (group: Map<string, Lane>): Record<string, LaneState> =>
    Object.fromEntries(
      [...group].map(([name, { width, running, waiting }]) => [name, { width, running: running.size, waiting: waiting.size }]),
    );

  return {
    run: async (task, turn = {}) => {
      let parent = current.getStore();
      while (parent !== undefined && !going.has(parent)) parent = parent.parent;
      if (isDraining && parent === undefined)
        throw new PiError("runtime.draining", "The run did not begin: no new ones are taken any more");
      const own = turn.enqueue === undefined ? globalLane(turn) : undefined;
      const entry: Entry = { parent, laneName: own?.name, waitsFor: undefined, leave: undefined };
      going.add(entry);
      const within = () => current.run(entry, task);
      try {
        if (turn.enqueue !== undefined) return await queuedBy(turn.enqueue, within);
        const session = turn.sessionKey === undefined || turn.signal?.aborted ? undefined : sessionLane(turn.sessionKey);
        return await inLane(session, entry, turn, () => inLane(own, entry, turn, within));
      } finally {
        going.delete(entry);
        if (going.size === 0) for (const done of idle.splice(0)) done();
      }
    },
    clear: (name) =>
      sendAway(
        `lane ${name}`,
        [...going].filter((one) => one.laneName === name),
      ),
    clearSession: (key) => sendAway(`session ${key}`, sessions.get(key)?.waiting ?? []),
    drain: () => {
      isDraining = true;
      return going.size === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));
    },
    state: () => ({ lanes: stateOf(lanes), sessions: stateOf(sessions) }),
  };
}

/** By a queue of the host's own, which may be anything: the task is carried out once, and its result is what it comes to. */
async function queuedBy<T>(enqueue: Enqueue, task: () => Promise<T> | T): Promise<T> {
  let begun: Promise<T> | undefined;
  let isSentAway = false;
  const sentAway = (): PiError =>
    new PiError("runtime.lane_cleared", "The run did not begin: its queue (enqueue) was done with it before", {
      hint: "enqueue has to call the task that it is given, and to wait for it.",
    });
  await enqueue(() => {
    begun ??= (async () => {
      if (isSentAway) throw sentAway();
      return task();
    })();
    // A queue that does not wait for it is none that hears of its failure: that must not end the process.
    begun.catch(() => undefined);
    return begun;
  });
  isSentAway = true;
  if (begun === undefined) throw sentAway();
  return begun;
}

function abortedWaiting(): PiError {
  return new PiError("runtime.aborted_waiting", "The run did not begin: it was stopped while it waited for its turn");
}
