// How Claude Code is started for a run: arguments, environment, the lines that come first. Called by claude-runtime. Pure.
// Checked with 2.1.332 in 2026-11. Invariant: nothing of a repository's own settings, hooks or servers counts; nothing of what a run is told
// stands where other users of the machine see it; no text of a stranger is the last word of a prompt.

import type { Settings } from "../../config/settings.ts";
import { defined } from "../../contracts/defined.ts";
import type { ImageContent } from "../../contracts/message.ts";
import type { ThinkingLevel } from "../../contracts/model.ts";
import type { Env } from "../../platform/paths.ts";
import { childEnv } from "../../platform/processes/child-env.ts";
import { isValidSessionId } from "../../session/lines/locate.ts";

/** Our server among its own. */
export const serverName = "pi";

export const prefixOf = `mcp__${serverName}__`;

export interface ClaudeStart {
  builtInTools: readonly string[];
  model: string | undefined;
  thinking: ThinkingLevel | undefined;
  resume: string | undefined;
  /** Of the configuration. */
  args: readonly string[];
}

export function claudeArguments({ builtInTools, model, thinking, resume, args }: ClaudeStart): string[] {
  const own = modelName(model);
  const effort = thinking === undefined ? undefined : effortOf[thinking];
  return [
    "-p",
    ...["--input-format", "stream-json", "--output-format", "stream-json", "--verbose", "--include-partial-messages"],
    // A project's own servers, settings and the hooks in them would count else, trusted or not.
    ...["--strict-mcp-config", "--setting-sources", "", "--disable-slash-commands"],
    ...["--tools", builtInTools.join(",")],
    ...["--allowedTools", [`mcp__${serverName}`, ...builtInTools].join(",")],
    ...(own === undefined ? [] : ["--model", own]),
    ...(effort === undefined ? [] : ["--effort", effort]),
    ...(resume === undefined ? [] : ["--resume", resume]),
    ...args,
  ];
}

const effortOf: Record<ThinkingLevel, string | undefined> = {
  off: undefined,
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "xhigh",
  max: "max",
};

/** Models of other services are not its own. */
function modelName(model: string | undefined): string | undefined {
  const name = model?.replace(/^anthropic\//, "");
  return name === undefined || name === "" || name.includes("/") || name.startsWith("-") ? undefined : name;
}

/** An id that it may be given; what is none might be an option there. */
export function resumable(id: string | undefined): string | undefined {
  return id !== undefined && isValidSessionId(id) ? id : undefined;
}

/** What pays for its calls, and where they go. */
export const claudeCredentials = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN"] as const;

export interface ClaudeEnvironment {
  env: Env;
  /** Names of variables that are let through. */
  variables: readonly string[];
  /** Where it keeps sessions and its login; nothing: where it always does. */
  configDir: string | undefined;
  thinking: ThinkingLevel | undefined;
  retry: Settings["retry"];
  /** Results of tools of the host come with the prompt, in place of the calls that it has kept. */
  hasToolResults: boolean;
}

export function claudeEnvironment({
  env,
  variables,
  configDir,
  thinking,
  retry,
  hasToolResults,
}: ClaudeEnvironment): Record<string, string> {
  const passed = Object.entries(childEnv(env, variables)).filter(
    // It would take itself for a child of another Claude, or do what that one was told to.
    ([name]) => name === "CLAUDE_CODE_OAUTH_TOKEN" || (name !== "CLAUDECODE" && !name.startsWith("CLAUDE_CODE_")),
  );
  return {
    ...Object.fromEntries(passed),
    ...defined({ CLAUDE_CONFIG_DIR: configDir }),
    CLAUDE_CODE_MAX_RETRIES: String(retry.enabled ? retry.maxRetries : 0),
    ...(thinking === "off" ? { MAX_THINKING_TOKENS: "0" } : {}),
    ...(hasToolResults ? { CLAUDE_CODE_DROP_UNAVAILABLE_DEFERRED_TOOL: "1" } : {}),
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  };
}

/** Hooks that it tells us of, by the id that it calls them back with. */
export const toldHooks = [
  "UserPromptSubmit",
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "Stop",
  "PreCompact",
  "PostCompact",
  "SubagentStart",
  "SubagentStop",
] as const;
export type ToldHook = (typeof toldHooks)[number];

export function initializeRequest(appendSystemPrompt: string): Record<string, unknown> {
  return {
    subtype: "initialize",
    sdkMcpServers: [serverName],
    hooks: Object.fromEntries(toldHooks.map((event) => [event, [{ hookCallbackIds: [event] }]])),
    ...(appendSystemPrompt === "" ? {} : { appendSystemPrompt }),
    // A session that goes on would keep the prompt of its first run.
    systemPromptSnapshot: false,
  };
}

/** `ours` is its last block: there `/name` is carried out and `@path` read, which a stranger's words must not do. */
export function userRecord(text: string, images: readonly ImageContent[], ours: string): Record<string, unknown> {
  const pictures = images.map(({ data, mimeType }) => ({ type: "image", source: { type: "base64", media_type: mimeType, data } }));
  return {
    type: "user",
    session_id: "",
    parent_tool_use_id: null,
    message: { role: "user", content: [...pictures, { type: "text", text }, { type: "text", text: ours }] },
  };
}
