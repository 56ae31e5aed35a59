// Jobs that come again: a timer for the next time of each schedule. Called by jobs-in-process.
// Invariant: one job for each time, none for those that passed while nobody looked; timers hold no process open.

import { defined } from "../../contracts/defined.ts";
import { longestTimerMs, timerMs } from "../../contracts/duration.ts";
import { PiError } from "../../contracts/error.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { nextRun, type Schedule } from "../bridge/schedule.ts";
import type { JobSchedule, LaneQueue, NewJob } from "./jobs.ts";

export interface JobSchedulesDeps {
  now(): number;
  add(job: NewJob): Promise<unknown>;
}

export function jobSchedules({ now, add }: JobSchedulesDeps): { api: LaneQueue["schedules"]; close(): void } {
  let isClosed = false;
  const known = new Map<string, { schedule: JobSchedule; timer: ReturnType<typeof setTimeout> | undefined }>();

  const forget = (name: string): boolean => {
    clearTimeout(known.get(name)?.timer);
    return known.delete(name);
  };

  const arm = (schedule: JobSchedule, at: Date | undefined): void => {
    const { name, job } = schedule;
    if (at === undefined) return void forget(name);
    const entry = { schedule, timer: undefined as ReturnType<typeof setTimeout> | undefined };
    const wait = (): void => {
      const leftMs = at.getTime() - now();
      entry.timer = setTimeout(leftMs > longestTimerMs ? wait : fire, Math.max(0, timerMs(leftMs)));
      entry.timer.unref?.();
    };
    const fire = (): void => {
      void add({ ...job, id: `${name}@${isoTime(at.getTime())}` });
      // From the time that was meant, or from now where more have passed.
      const from = new Date(Math.max(at.getTime(), now()));
      void nextRun(scheduleOf(schedule), from).then(
        (next) => known.get(name) === entry && arm(schedule, next),
        () => forget(name),
      );
    };
    known.set(name, entry);
    wait();
  };

  return {
    api: {
      set: async (schedule) => {
        const next = await nextRun(scheduleOf(schedule), new Date(now()));
        if (isClosed) throw new PiError("runtime.draining", `Schedule ${schedule.name} was not set: the queue is closed`);
        if (next === undefined)
          throw new PiError("usage.schedule", `The time of schedule ${schedule.name} has passed`, { hint: "Give one in the future." });
        forget(schedule.name);
        arm(schedule, next);
      },
      list: async () => [...known.values()].map(({ schedule }) => schedule),
      remove: async (name) => forget(name),
    },
    close: () => {
      isClosed = true;
      for (const name of [...known.keys()]) forget(name);
    },
  };
}

function isPointInTime(at: unknown): at is number {
  return typeof at === "number" && !Number.isNaN(new Date(at).getTime());
}

function scheduleOf({ name, when }: JobSchedule): Schedule {
  if ("cron" in when) return { type: "cron", value: when.cron, ...defined({ timezone: when.tz }) };
  if ("everyMs" in when) return { type: "interval", value: String(when.everyMs) };
  if (!isPointInTime(when.at))
    throw new PiError("usage.schedule", `The time of schedule ${name} is ${String(when.at)}`, { hint: "Give Unix milliseconds." });
  return { type: "once", value: isoTime(when.at) };
}
