// The contract of what orders runs: one at a time in a session, as many as a lane has places over all sessions. Whoever starts runs asks it;
// `in-process` is the one that lives in this process. Jobs that workers claim have a contract of their own (`jobs`).
// Invariant: first come, first served; a place is free again however its run ends.

/** Runs a task when its turn comes, once, and waits for its end; one that ends without having run it has sent the run away. */
export type Enqueue = <T>(task: () => Promise<T> | T) => Promise<T>;

export interface Turn {
  /** Runs of one session wait for each other. Without one only the lane counts. */
  sessionKey?: string;
  /** Default: `main`, and `subagent` for what was spawned. */
  lane?: string;
  /** The session that this run was spawned by. */
  spawnedBy?: string;
  /** Ends the waiting, with `runtime.aborted_waiting`; a task that runs minds its signal itself. */
  signal?: AbortSignal;
  /** In place of both lanes. */
  enqueue?: Enqueue;
  /** Told once, when a run has waited for more than two seconds. */
  onWait?: (wait: LaneWait) => void;
}

export interface LaneWait {
  /** What is waited for: a session's key or a lane's name. */
  name: string;
  isSession: boolean;
  waitedMs: number;
}

export interface LaneState {
  width: number;
  running: number;
  waiting: number;
}

export interface Lanes {
  /**
   * The task's result or error. Rejects with `runtime.draining`, `runtime.lane_cleared`, `runtime.aborted_waiting`, `runtime.lane_nested` (it would
   * wait for the run that it was begun from) and `usage.bad_value` (no such lane) where it never ran.
   */
  run<T>(task: () => Promise<T> | T, turn?: Turn): Promise<T>;
  /** Sends away all that wait for this lane, also those that still wait for their session; says how many. */
  clear(lane: string): number;
  clearSession(sessionKey: string): number;
  /** Takes nothing new, but for what running runs begin; resolves when all that was taken has ended. */
  drain(): Promise<void>;
  /** Each lane as it stands; sessions are in it under their keys only while something of theirs runs or waits. */
  state(): { lanes: Record<string, LaneState>; sessions: Record<string, LaneState> };
}
