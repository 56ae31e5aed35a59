// The contract of runs that are left for later, or for others: whoever has them adds jobs, workers claim them. `jobs-in-process` is the one that lives in
// this process. Invariant: of a lane one job at a time is claimed, in the order of adding; who has lost a job settles nothing.

import type { OutcomeKind } from "../../contracts/outcome.ts";
import type { RunRequest } from "../request.ts";

export interface NewJob {
  /** Default: one that is made. The same again adds nothing. */
  id?: string;
  /** Of one lane one job at a time is claimed, in the order of adding. Without a lane it waits for nobody. */
  lane?: string;
  run: RunRequest;
  /** Among lanes; larger is sooner. Default 0. */
  priority?: number;
  /** Unix ms. The jobs behind it in its lane wait, too. */
  notBefore?: number;
}

export interface Job extends NewJob {
  readonly id: string;
}

export type JobState = "waiting" | "running" | "done" | "cancelled";

export interface JobResult {
  outcome: OutcomeKind;
  /** Kept where it is no longer than 64 kB as JSON; the rest is in the session. */
  record?: Readonly<Record<string, unknown>>;
}

export interface JobView {
  job: Job;
  state: JobState;
  /** Claims so far, but for those that were given back. */
  attempts: number;
  result?: JobResult;
}

export interface JobFilter {
  lane?: string;
  state?: JobState;
}

export interface Claim {
  readonly job: Job;
  /** From 1. */
  readonly attempt: number;
  /** Cancelled, or no longer ours: stop, write nothing. */
  readonly lost: AbortSignal;
  /** False: it was no longer ours, and the result is dropped. */
  settle(result: JobResult): Promise<boolean>;
  /** For a shutdown, or a quota: to the front of its lane again, and no attempt was made. */
  giveBack(notBefore?: number): Promise<void>;
}

/** A job that comes again; `at`: Unix ms, once. */
export interface JobSchedule {
  name: string;
  when: { cron: string; tz?: string } | { everyMs: number } | { at: number };
  job: Omit<NewJob, "id" | "notBefore">;
}

export interface LaneQueue {
  /** In the order of a lane. */
  add(jobs: readonly NewJob[]): Promise<{ id: string; isNew: boolean }[]>;
  /** Never more than `limit` of them unsettled. Ends with the signal, or with the queue. */
  claims(limit: number, signal: AbortSignal): AsyncIterable<Claim>;
  get(id: string): Promise<JobView | undefined>;
  list(filter?: JobFilter): AsyncIterable<JobView>;
  /** How many were waiting or running. */
  cancel(ids: readonly string[]): Promise<number>;
  /** How many had ended; they wait at the end of their lanes. */
  retry(ids: readonly string[]): Promise<number>;
  /** When it is there. Rejects with the signal's reason, and with `runtime.lane_cleared` for a job that is cancelled or not known. */
  result(id: string, signal?: AbortSignal): Promise<JobResult>;
  schedules: {
    /** One of a name: the next replaces it. Rejects with `usage.schedule`, and with `runtime.draining` once the queue is closed. */
    set(schedule: JobSchedule): Promise<void>;
    list(): Promise<JobSchedule[]>;
    remove(name: string): Promise<boolean>;
  };
  /** Nothing is claimed and nothing comes by schedule any more; what runs may still be settled. */
  close(): Promise<void>;
}
