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

const sources: Readonly<Record<string, string>> = { new: "clear", fork: "resume", reload: "resume" };

const permissionModes = { auto: "bypassPermissions", ask: "default", plan: "plan" } as const;

type Fields = Record<string, unknown>;

/** Beside the event's own fields. */
export function claudeFields(type: string, event: Fields, about: ClaudeSurroundings): Fields {
  const { cwd, sessionId, sessionFile = "", permissionMode, isContinued } = about;
  const { toolName, toolCallId, input, content, isError, text, reason, customInstructions = "" } = event;
  return {
    hook_event_name: eventNames[type] ?? type,
    session_id: sessionId,
    transcript_path: sessionFile,
    cwd,
    permission_mode: permissionModes[permissionMode],
    ...(typeof toolName === "string"
      ? { tool_name: toolNames[toolName] ?? toolName, tool_input: theirInput(toolName, input), ...defined({ tool_use_id: toolCallId }) }
      : {}),
    ...(type === "tool_result" ? { tool_response: { content, is_error: isError === true } } : {}),
    ...(type === "input" ? { prompt: text } : {}),
    ...(type === "session_start" ? { source: sources[String(reason)] ?? reason, ...defined({ model: about.model }) } : {}),
    ...(type === "session_shutdown" ? { reason: reason === "new" ? "clear" : "other" } : {}),
    ...(type === "session_before_compact"
      ? { trigger: reason === "manual" ? "manual" : "auto", custom_instructions: customInstructions }
      : {}),
    ...(type === "agent_before_settle" ? { stop_hook_active: isContinued } : {}),
  };
}

export interface ClaudeSurroundings {
  cwd: string;
  sessionId: string;
  /** Nothing where the session is kept nowhere. */
  sessionFile?: string | undefined;
  permissionMode: keyof typeof permissionModes;
  /** The model's id, where there is one. */
  model?: string | undefined;
  /** A hook has sent this very run on before. */
  isContinued: boolean;
}

/** Those whose plain words are meant for the model. */
const sayToModel: ReadonlySet<string> = new Set(["input", "session_start"]);

/** Their answer in our words; `said`: what they wrote, where it is no object. */
export function fromClaude(type: string, answer: Fields, said: string): Fields {
  if (Object.keys(answer).length === 0) return sayToModel.has(type) && said.trim() !== "" ? { message: said.trim() } : {};
  const { decision, reason, continue: goesOn, stopReason } = answer;
  const own = isFields(answer.hookSpecificOutput) ? answer.hookSpecificOutput : {};
  const { permissionDecision, permissionDecisionReason, updatedInput, additionalContext } = own;
  // Whoever wants somebody to be asked, where hooks ask nobody, has not said yes.
  const isRefused = decision === "block" || permissionDecision === "deny" || permissionDecision === "ask" || goesOn === false;
  const told = [permissionDecisionReason, reason, stopReason].find((one) => typeof one === "string");
  return {
    ...answer,
    ...(isRefused ? { block: true, ...defined({ reason: told }), ...(goesOn === false ? { terminate: true } : {}) } : {}),
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
