// The keys of the tables that settings are made of: rows of the policy and of hooks, groups, skills. Read by the table of settings.

import { thinkingLevels } from "../contracts/model.ts";
import { policyActions } from "../contracts/policy.ts";
import type { RowField } from "./setting-type.ts";

export const policyFields: readonly RowField[] = [
  { key: "tool", description: "Globs of tool names; without it every tool." },
  { key: "command", description: "Words of a shell command, with globs." },
  { key: "path", description: "Glob of files, with links followed." },
  { key: "action", isRequired: true, of: policyActions, description: "Of all rows that match, deny beats ask beats allow." },
];

export const hookFields: readonly RowField[] = [
  { key: "event", isRequired: true, description: "An event as extensions hear it, such as tool_call." },
  { key: "tool", description: "Globs of tool names." },
  { key: "match", description: "Glob of a command or a path." },
  { key: "command", isRequired: true, description: "A shell line that gets the event on stdin." },
  { key: "timeout", isNumber: true, description: "Seconds; 60 when absent." },
  { key: "form", of: ["claude-code"], description: "For whom the command was written; pi when absent." },
];

const listOfNames = (key: string, description: string): RowField => ({ key, type: "strings", description });

export const toolPolicyFields: readonly RowField[] = [
  { key: "channel", description: "Glob of the chat system." },
  { key: "group", description: "Glob of the group's id or name." },
  { key: "space", description: "Glob of the workspace that the group belongs to." },
  { key: "sender", description: "Glob of the sender's id." },
  { key: "owner", type: "boolean", description: "Whether the sender is an owner." },
  { key: "runtime", of: ["pi", "claude"], description: "Who carries the run out." },
  { key: "spawned", type: "boolean", description: "Whether another run has begun it." },
  listOfNames("allow", "Globs of the tools that are on."),
  listOfNames("deny", "Globs of tools that are off."),
  listOfNames("owner_only", "Globs of tools that are on for owners alone."),
];

export const groupFields: readonly RowField[] = [
  { key: "runtime", description: "pi or claude." },
  listOfNames("fallback", "Runtimes to try next."),
  { key: "timeout_ms", type: "count", description: "Longest run; 0: the longest there is." },
  { key: "model", description: "Model of the group." },
  { key: "thinking", of: thinkingLevels, description: "Thinking level of the group." },
  listOfNames("allow", "Globs of the tools that are on."),
  listOfNames("deny", "Globs of tools that are off."),
];

export const compactionFields: readonly RowField[] = [
  { key: "reserve_tokens", type: "count", description: "Tokens of the window kept free." },
  { key: "keep_recent_tokens", type: "count", description: "Recent tokens kept as they are." },
];

export const skillFields: readonly RowField[] = [
  { key: "env", type: "variables", description: "Variables for commands of a run that has the skill." },
  { key: "api_key", description: "The value of the variable that the skill names." },
];
