// Takes over the hooks of another agent's settings (`hooks` of `.claude/settings.json`) as rows of `[[hooks]]`. Called by `pi config import --hooks`.
// Invariant: what has no counterpart is named and never guessed at; nothing is written twice.

import { isTable } from "../contracts/provider-settings.ts";
import { formatTomlKey, formatTomlValue } from "./edit-toml.ts";

export interface ImportedHooks {
  rows: Record<string, string | number>[];
  /** What has no counterpart, one line each. */
  left: string[];
}

const eventNames: Readonly<Record<string, string>> = {
  PreToolUse: "tool_call",
  PostToolUse: "tool_result",
  UserPromptSubmit: "input",
  SessionStart: "session_start",
  SessionEnd: "session_shutdown",
  PreCompact: "session_before_compact",
  Stop: "agent_before_settle",
};

const toolNames: Readonly<Record<string, string>> = {
  Bash: "bash",
  Read: "read",
  Edit: "edit",
  MultiEdit: "edit",
  Write: "write",
  Grep: "grep",
  Glob: "find",
  LS: "ls",
};

export function importedHooks(settings: unknown): ImportedHooks {
  const imported: ImportedHooks = { rows: [], left: [] };
  const events = isTable(settings) && isTable(settings.hooks) ? Object.entries(settings.hooks) : [];
  for (const [name, groups] of events) {
    const event = Object.hasOwn(eventNames, name) ? eventNames[name] : undefined;
    if (event === undefined) imported.left.push(`${name}: there is no such event`);
    else for (const group of Array.isArray(groups) ? groups : [groups]) addGroup(name, event, group, imported);
  }
  return imported;
}

function addGroup(name: string, event: string, group: unknown, { rows, left }: ImportedHooks): void {
  if (!isTable(group) || !Array.isArray(group.hooks)) {
    left.push(`${name}: an entry without hooks`);
    return;
  }
  const tool = toolsOf(name, group.matcher, left);
  if (tool === undefined) return;
  for (const hook of group.hooks as unknown[]) {
    if (!isTable(hook) || hook.type !== "command" || typeof hook.command !== "string" || hook.command.trim() === "") {
      left.push(`${name}: a hook that is no command`);
      continue;
    }
    const timeout = typeof hook.timeout === "number" && hook.timeout > 0 ? { timeout: hook.timeout } : {};
    rows.push({ event, ...(tool === "" ? {} : { tool }), command: hook.command, ...timeout, form: "claude-code" });
  }
}

/** Empty: every tool. */
function toolsOf(name: string, matcher: unknown, left: string[]): string | undefined {
  if (matcher === undefined || matcher === "" || matcher === "*" || matcher === ".*") return "";
  if (typeof matcher !== "string") {
    left.push(`${name}: a matcher that is no text`);
    return undefined;
  }
  const names = matcher
    .split("|")
    .map((one) => (Object.hasOwn(toolNames, one) ? toolNames[one] : /^mcp__[\w-]+$/.test(one) ? one : undefined));
  const known = [...new Set(names.filter((one) => one !== undefined))];
  // A guard that is meant for more than what is known here must not quietly guard less.
  if (known.length === 0 || names.includes(undefined)) {
    left.push(
      `${name}: the matcher ${JSON.stringify(matcher.slice(0, 80))} names what is not known here${known.length === 0 ? "" : "; the rest is taken over"}`,
    );
  }
  return known.length === 0 ? undefined : known.join(",");
}

/** For the end of a file; empty where there are none. */
export function hookTables(rows: readonly Record<string, string | number>[]): string {
  const lines = rows.map((row) => Object.entries(row).map(([key, value]) => `${formatTomlKey(key)} = ${formatTomlValue(value)}\n`));
  return lines.map((fields) => `[[hooks]]\n${fields.join("")}`).join("\n");
}
