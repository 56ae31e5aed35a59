// What other programs call our events, and what each is here: names that hosts may say in `on`, and the hooks of Claude Code. Asked by whoever
// registers a listener by name and by the claude runtime. Invariant: each name of theirs is mapped or listed as having no equal.

import type { ExtensionEventName } from "../contracts/extension-event.ts";

export { type HookAlias, hookAliases } from "../contracts/event-aliases.ts";

export type ClaudeHook =
  | "PreToolUse"
  | "PostToolUse"
  | "PostToolUseFailure"
  | "Notification"
  | "SessionStart"
  | "SessionEnd"
  | "UserPromptSubmit"
  | "Stop"
  | "SubagentStart"
  | "SubagentStop"
  | "PreCompact";

/** `stream`: told only to `onAgentEvent`; `none`: there is nothing of the kind here. */
export const claudeHooks = {
  PreToolUse: { event: "tool_call" },
  PostToolUse: { event: "tool_result" },
  PostToolUseFailure: { event: "tool_result" },
  Notification: { none: true },
  SessionStart: { event: "session_start" },
  SessionEnd: { event: "session_shutdown" },
  UserPromptSubmit: { event: "input" },
  Stop: { event: "agent_end" },
  SubagentStart: { stream: "subagent" },
  SubagentStop: { stream: "subagent" },
  PreCompact: { event: "session_before_compact" },
} as const satisfies Record<ClaudeHook, { event: ExtensionEventName } | { stream: "subagent" } | { none: true }>;
