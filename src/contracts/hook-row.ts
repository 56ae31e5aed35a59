// A command of the configuration that is told of an event. Made by config, run by extensions/command-hooks. Types only.

export interface HookRow {
  /** As extensions hear it. */
  event: string;
  /** Globs of tool names. */
  tool?: string;
  /** Glob of a command or a path. */
  match?: string;
  /** A shell line. */
  command: string;
  /** Seconds; 60 when absent. */
  timeout?: number;
  /** For whom it was written; ours when absent. */
  form?: "claude-code";
  /** Where it stands, for people. */
  source: string;
}
