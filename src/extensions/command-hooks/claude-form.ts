// What a hook written for Claude Code reads and answers, beside what ours do: rows with `form = "claude-code"`, as `pi config import --hooks` writes
// them. Called by command-hooks. Pure. Invariant: what is ours stands in the event, too; a name of theirs is never one of ours with another meaning.
// Source: https://code.claude.com/docs/en/hooks (checked 2026-11).

import { defined } from "../../contracts/defined.ts";

const eventNames: Readonly<Record<string, string>> = {
  tool_call: "PreToolUse",
  tool_result: "PostToolUse",
  input: "UserPromptSubmit",
  session_start: "SessionStart",
  session_shutdown: "SessionEnd",
  session_before_compact: "PreCompact",
  agent_before_settle: "Stop",
};

const toolNames: Readonly<Record<string, string>> = {
  bash: "Bash",
  read: "Read",
  edit: "Edit",
  write: "Write",
  grep: "Grep",
  find: "Glob",
  ls: "LS",
};

type Fields = Record<string, unknown>;

/** Beside the event's own fields. */
export function claudeFields(type: string, event: Fields, { cwd, sessionId, isContinued }: ClaudeSurroundings): Fields {
  const { toolName, input, content, isError, text, reason } = event;
  return {
    hook_event_name: eventNames[type] ?? type,
    session_id: sessionId,
    transcript_path: "",
    cwd,
    ...(typeof toolName === "string" ? { tool_name: toolNames[toolName] ?? toolName, tool_input: theirInput(toolName, input) } : {}),
    ...(type === "tool_result" ? { tool_response: { content, is_error: isError === true } } : {}),
    ...(type === "input" ? { prompt: text } : {}),
    ...(type === "session_start" ? { source: reason === "new" ? "clear" : reason } : {}),
    ...(type === "session_shutdown" ? { reason } : {}),
    ...(type === "session_before_compact" ? { trigger: reason === "manual" ? "manual" : "auto" } : {}),
    ...(type === "agent_before_settle" ? { stop_hook_active: isContinued } : {}),
  };
}

export interface ClaudeSurroundings {
  cwd: string;
  sessionId: string;
  /** A hook has sent this very run on before. */
  isContinued: boolean;
}

/** Their answer in our words. */
export function fromClaude(answer: Fields): Fields {
  const { decision, reason, continue: goesOn, stopReason } = answer;
  const own = isFields(answer.hookSpecificOutput) ? answer.hookSpecificOutput : {};
  const { permissionDecision, permissionDecisionReason, updatedInput, additionalContext } = own;
  // Whoever wants somebody to be asked, where hooks ask nobody, has not said yes.
  const isRefused = decision === "block" || permissionDecision === "deny" || permissionDecision === "ask" || goesOn === false;
  const said = [permissionDecisionReason, reason, stopReason].find((one) => typeof one === "string");
  return {
    ...answer,
    ...(isRefused ? { block: true, ...defined({ reason: said }), ...(goesOn === false ? { terminate: true } : {}) } : {}),
    ...(isFields(updatedInput) ? { input: ourInput(updatedInput) } : {}),
    ...(typeof additionalContext === "string" ? { message: additionalContext } : {}),
  };
}

function theirInput(toolName: string, input: unknown): Fields {
  if (!isFields(input)) return {};
  if (!["read", "edit", "write"].includes(toolName)) return input;
  const { path, edits, ...rest } = input;
  const [first] = Array.isArray(edits) ? (edits as unknown[]) : [];
  return {
    ...rest,
    file_path: path,
    ...defined({ edits }),
    ...(isFields(first) ? { old_string: first.oldText, new_string: first.newText } : {}),
  };
}

function ourInput({ file_path: path, old_string: oldText, new_string: newText, ...rest }: Fields): Fields {
  const edits = typeof oldText === "string" && typeof newText === "string" ? { edits: [{ oldText, newText }] } : {};
  return { ...rest, ...defined({ path }), ...edits };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
