// Which tool calls are allowed, asked about or denied: the rows of all sources. Made by config and cli, judged by extensions/policy. Types and names.

export const policyActions = ["allow", "ask", "deny"] as const;
export type PolicyAction = (typeof policyActions)[number];

export const permissionModes = ["auto", "ask", "plan"] as const;
/** What becomes of a call that no row matches. `plan`: there are only tools that read. */
export type PermissionMode = (typeof permissionModes)[number];

/** Tools that change nothing: all there are in the mode `plan`. */
export const readingTools: readonly string[] = ["read", "grep", "find", "ls"];

export interface PolicyRow {
  /** Globs of tool names; absent: every tool. */
  tool?: string;
  /** Words of a shell command, with globs. */
  command?: string;
  /** Glob of files. */
  path?: string;
  action: PolicyAction;
  /** Where it stands, for people: a file with the row's number, an option. */
  source: string;
}

/** A call that was refused, and by which row. */
export interface Denial {
  tool: string;
  row: string;
}
