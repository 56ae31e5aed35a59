// Every setting, one record each. The loader, `pi config`, the docs and the tests iterate the table.
// Invariant: a record's `property` is where its value stands in `Settings`; a key without a default is optional there.

import type { HookRow } from "../contracts/hook-row.ts";
import type { PolicyRule } from "../contracts/messaging.ts";
import { type ThinkingLevel, thinkingLevels } from "../contracts/model.ts";
import { type PermissionMode, type PolicyRow, permissionModes } from "../contracts/policy.ts";
import { camelCase } from "./key-spelling.ts";
import { compactionFields, groupFields, hookFields, policyFields, skillFields, toolPolicyFields } from "./row-fields.ts";
import type { KnownValues, SettingRecord, SettingType } from "./setting-type.ts";

/** All settings with defaults filled in. Paths are absolute, durations are milliseconds. */
export interface Settings {
  /** `provider/id` or a pattern, with an optional `:level`. */
  model?: string;
  thinking: ThinkingLevel;
  fallbackModels: string[];
  /** Patterns; the scope for cycling. */
  models: string[];
  /** By `provider/id`. */
  modelThinkingLevels: Record<string, ThinkingLevel>;
  /** Tokens to think with, for models that take a budget. */
  thinkingBudgets: Partial<Record<ThinkingLevel, number>>;
  cacheRetention: (typeof cacheRetentions)[number];
  steeringMode: (typeof queueModes)[number];
  followUpMode: (typeof queueModes)[number];
  images: { resize: boolean; block: boolean };
  /** Where session files lie directly; absent: a directory for each cwd below `<agent-dir>/sessions`. */
  sessionDir?: string;
  session: { blobs: boolean };
  theme: string;
  tuiMode: "regular" | "fullscreen" | "plain";
  terminal: { showImages: boolean; imageWidth: number; images: "auto" | "kitty" | "iterm2" | "none" };
  fullscreen: {
    exitOutput: "transcript" | "resume-hint";
    scrollbar: "auto" | "always" | "hidden";
    copyOnSelect: boolean;
    wheelLines: number;
  };
  hideThinking: boolean;
  tips: boolean;
  doubleEscapeAction: "tree" | "fork" | "none";
  /** A command; empty: as the environment says. */
  externalEditor: string;
  showHardwareCursor: boolean;
  /** By the id of the action. */
  keys: Record<string, string[]>;
  tools: { enabled: string[]; policy: PolicyRule[] };
  shell: {
    path?: string;
    commandPrefix: string;
    env: "inherit" | "scrub" | string[];
    /** Variables by their names. */
    set: Record<string, string>;
    background: "end" | "keep";
  };
  compaction: {
    enabled: boolean;
    reserveTokens: number;
    keepRecentTokens: number;
    model?: string;
    /** By `provider/id`. */
    modelOverrides: Record<string, { reserveTokens?: number; keepRecentTokens?: number }>;
  };
  branchSummary: { reserveTokens?: number; skipPrompt: boolean };
  retry: {
    enabled: boolean;
    maxRetries: number;
    baseDelayMs: number;
    maxDelayMs: number;
    /** Of one request, before it counts as failed. Times of 0: no limit. */
    provider: { maxRetries: number; timeoutMs?: number; maxRetryDelayMs?: number };
  };
  /** 0: no limit. */
  limits: { maxTurns: number; maxCostUsd: number; timeoutMs: number };
  network: { proxy: string; idleTimeoutMs: number; caFile: string; offline: boolean };
  /** Paths; an entry that starts with `!`, `+` or `-` is a filter and is kept as written. */
  resources: { extensions: string[]; skills: string[]; prompts: string[]; themes: string[]; skillCommands: boolean };
  /** Packages of extensions, skills, prompts and themes. */
  packages: PackageEntry[];
  /** A program and its first arguments, in place of the installer that is used else. */
  npmCommand: string[];
  /** Names or paths of extensions without which nothing begins. */
  extensions: { required: string[] };
  trust: { default: "ask" | "always" | "never" };
  permissionMode: PermissionMode;
  policy: PolicyRow[];
  hooks: HookRow[];
  runtime: RuntimeSettings;
  /** By name. */
  groups: Record<string, GroupSettings>;
  rollout: { runtime?: string; groups: string[]; percent: number; salt?: string };
  ipc: { toolPrefix: string };
  lanes: { main: number; cron: number; subagent: number };
  schedule: { timezone: string };
  bootstrap: { files: string[]; maxChars: number; totalMaxChars: number };
  skills: {
    /** By name. */
    entries: Record<string, SkillEntry>;
  };
}

/** Of hosts: how runs are carried out. */
export interface RuntimeSettings {
  default: string;
  fallback: string[];
  timeoutMs: number;
  maxTimeoutMs: number;
  maxOutputBytes: number;
  /** Names of variables that children see beside the usual ones. */
  envAllow: string[];
  dataDir?: string;
  tellPhoneNumbers: boolean;
  claude: { command: string; args: string[]; builtInTools: string[]; configDir: "group" | "user"; stallMs: number };
}

export interface GroupSettings {
  runtime?: string;
  fallback?: string[];
  timeoutMs?: number;
  model?: string;
  thinking?: ThinkingLevel;
  allow?: string[];
  deny?: string[];
}

export interface SkillEntry {
  env?: Record<string, string>;
  apiKey?: string;
}

/** A package, and what of it is wanted: a kind that is absent brings all. */
export interface PackageEntry {
  source: string;
  extensions?: readonly string[];
  skills?: readonly string[];
  prompts?: readonly string[];
  themes?: readonly string[];
  /** `false`, in a project: only what is changed of the user's package of that name. */
  autoload?: boolean;
}

const choice = (...of: string[]): SettingType => ({ kind: "choice", of });
const cacheRetentions = ["short", "long"] as const;
const queueModes = ["one-at-a-time", "all"] as const;

function setting(
  key: string,
  type: SettingType,
  fallback: unknown,
  description: string,
  extra: Partial<Pick<SettingRecord, "env" | "property" | "scope" | "isIdle" | "known">> = {},
): SettingRecord {
  const record: SettingRecord = { key, type, property: camelCase(key), description, scope: "any", ...extra };
  if (fallback !== undefined) record.default = fallback;
  return record;
}

/** Who runs what for a host is the user's to say, never a repository's. */
function hosting(key: string, type: SettingType, fallback: unknown, description: string, known?: KnownValues): SettingRecord {
  return setting(key, type, fallback, description, { scope: "user", ...(known && { known }) });
}

export const settings: readonly SettingRecord[] = [
  setting("model", { kind: "string" }, undefined, "Model to start with: provider/id, an id or a pattern, with an optional :level.", {
    known: "models",
  }),
  setting("thinking", choice(...thinkingLevels), "medium", "Thinking level to start with, clamped to what the model takes."),
  setting("fallback_models", { kind: "strings" }, [], "Tried in turn when the model stays unavailable or its quota is spent."),
  setting("models", { kind: "strings" }, [], "Patterns of the models that cycling goes through; empty: all available ones."),
  setting(
    "model_thinking_levels",
    { kind: "variables", of: thinkingLevels },
    {},
    'Thinking level to start with by model, such as { "anthropic/claude-opus-5-5" = "high" }; wins over `thinking`.',
  ),
  ...(["minimal", "low", "medium", "high"] as const).map((level) =>
    setting(
      `thinking_budgets.${level}`,
      { kind: "count" },
      undefined,
      `Tokens to think with at level ${level}, for models that take a budget.`,
    ),
  ),
  setting(
    "cache_retention",
    choice(...cacheRetentions),
    "short",
    "How long services are asked to remember prompts, where they offer it; long costs more.",
    {
      env: "PI_CACHE_RETENTION",
    },
  ),
  setting("steering_mode", choice(...queueModes), "one-at-a-time", "How many messages that steer a run go out before one model call."),
  setting("follow_up_mode", choice(...queueModes), "one-at-a-time", "How many messages that follow a run go out when it ends."),
  setting("images.resize", { kind: "boolean" }, true, "Make pictures smaller that are larger than services take."),
  setting("images.block", { kind: "boolean" }, false, "Send no pictures to models; sessions keep them."),
  setting("session_dir", { kind: "path", from: "cwd" }, undefined, "Directory that session files lie in directly.", {
    env: "PI_CODING_AGENT_SESSION_DIR",
  }),
  setting("session.blobs", { kind: "boolean" }, false, "Keep a picture once for all sessions, in blobs/ of the agent directory.", {
    scope: "user",
  }),
  setting(
    "packages",
    { kind: "packages" },
    [],
    "Packages of extensions, skills, prompts and themes: a source, or a table with what is wanted of it.",
  ),
  setting(
    "npm_command",
    { kind: "strings" },
    [],
    'What brings packages: npm, or a program that takes its arguments, with its first ones, such as ["mise", "exec", "--", "npm"].',
    { scope: "user" },
  ),
  setting("theme", { kind: "string" }, "system", "Colours on a terminal: system, dark, light, a theme file's name, or LIGHT/DARK.", {
    known: "themes",
  }),
  setting(
    "tui_mode",
    choice("regular", "fullscreen", "plain"),
    "regular",
    "How the interactive mode draws; fullscreen: on a screen of its own, with the mouse; plain: no cursor motion, for screen readers and logs.",
  ),
  setting(
    "fullscreen.exit_output",
    choice("transcript", "resume-hint"),
    "transcript",
    "What stands on the terminal after fullscreen: the conversation, or how to go on with it.",
  ),
  setting("fullscreen.scrollbar", choice("auto", "always", "hidden"), "auto", "The scrollbar of fullscreen; auto: while it moves."),
  setting("fullscreen.copy_on_select", { kind: "boolean" }, true, "Copy what is selected in fullscreen when the button is let go."),
  setting(
    "fullscreen.wheel_lines",
    { kind: "count" },
    0,
    "Lines that one step of the wheel moves in fullscreen; 0: as fast as it is turned.",
  ),
  setting("terminal.show_images", { kind: "boolean" }, true, "Show pictures where the terminal can."),
  setting("terminal.image_width", { kind: "count" }, 60, "How many columns wide a picture is at most."),
  setting(
    "terminal.images",
    choice("auto", "kitty", "iterm2", "none"),
    "auto",
    "How the terminal is sent pictures; auto: as its environment says.",
  ),
  setting("tips", { kind: "boolean" }, true, "Say now and then what could be done at the terminal: once a session at most."),
  setting("hide_thinking", { kind: "boolean" }, false, "Show what a model thinks as one line."),
  setting("double_escape_action", choice("tree", "fork", "none"), "tree", "What Escape twice on an empty text opens."),
  setting("external_editor", { kind: "string" }, "", "The editor that a text is opened in; empty: $VISUAL, $EDITOR, nano.", {
    scope: "user",
  }),
  setting("show_hardware_cursor", { kind: "boolean" }, false, "Show the terminal's own cursor in the text."),
  setting(
    "keys",
    { kind: "keys" },
    {},
    'Other keys for the same, such as "app.tools.expand" = "ctrl+e"; a list for several, [] for none.',
    {
      scope: "user",
    },
  ),
  setting(
    "tools.enabled",
    { kind: "selection" },
    ["read", "bash", "edit", "write"],
    "Tools the model gets; +name and -name change the list.",
  ),
  setting(
    "tools.policy",
    { kind: "rows", fields: toolPolicyFields },
    [],
    "Which tools runs of a host have, by channel, group, sender and owner (docs/hosting.md).",
    { scope: "user" },
  ),
  setting(
    "shell.path",
    { kind: "path", from: "cwd", program: true },
    undefined,
    "Shell that runs commands; bash is looked for when absent.",
  ),
  setting("shell.command_prefix", { kind: "string" }, "", "Put before every command, on a line of its own."),
  setting(
    "shell.env",
    { kind: "choice or strings", of: ["inherit", "scrub"] },
    "inherit",
    "What commands see of the environment: all, all but what looks like a credential, or just the variables listed.",
  ),
  setting(
    "shell.set",
    { kind: "variables" },
    {},
    "Variables that commands always see, by name; also in place of the editors and pagers that pi gives them.",
  ),
  setting(
    "shell.background",
    choice("end", "keep"),
    "end",
    "What becomes of processes that a command has left in the background when pi ends.",
  ),
  setting("compaction.enabled", { kind: "boolean" }, true, "Summarise the older part of a conversation when the window gets full."),
  setting("compaction.reserve_tokens", { kind: "count" }, 16384, "Tokens of the window kept free."),
  setting("compaction.keep_recent_tokens", { kind: "count" }, 20000, "Recent tokens kept as they are."),
  setting("compaction.model", { kind: "string" }, undefined, "Model that writes summaries; the session's own when absent.", {
    known: "models",
  }),
  setting(
    "compaction.model_overrides",
    { kind: "tables", fields: compactionFields },
    {},
    'Its reserve_tokens and keep_recent_tokens by model, such as { "anthropic/claude-opus-5-5" = { reserve_tokens = 400000 } }.',
  ),
  setting(
    "branch_summary.reserve_tokens",
    { kind: "count" },
    undefined,
    "Tokens of the window kept free when a branch is summarised; as many as its summary may need when absent.",
  ),
  setting(
    "branch_summary.skip_prompt",
    { kind: "boolean" },
    false,
    "Move in the tree without a question about a summary, and without one.",
  ),
  setting("retry.enabled", { kind: "boolean" }, true, "Try a failed model call again where that can help."),
  setting("retry.max_retries", { kind: "count" }, 3, "Retries of one model call."),
  setting("retry.base_delay_ms", { kind: "count" }, 2000, "First delay; it doubles each time."),
  setting("retry.max_delay_ms", { kind: "count" }, 60000, "Longest delay, also of those a service asks for."),
  setting("retry.provider.max_retries", { kind: "count" }, 0, "Times a refused request is sent again before the call counts as failed."),
  setting(
    "retry.provider.timeout_ms",
    { kind: "count" },
    undefined,
    "Time in which an answer must begin; 0 or absent: no limit of its own.",
  ),
  setting(
    "retry.provider.max_retry_delay_ms",
    { kind: "count" },
    undefined,
    "Longest delay that a service may ask for; 0: any; retry.max_delay_ms when absent.",
  ),
  setting("limits.max_turns", { kind: "count" }, 0, "Turns after which a run ends; 0: none."),
  setting("limits.max_cost_usd", { kind: "amount" }, 0, "USD after which a run ends; 0: none."),
  setting("limits.timeout", { kind: "duration" }, "0s", "Time after which a run ends; 0s: none.", { property: "limits.timeoutMs" }),
  setting("network.proxy", { kind: "string" }, "", "Proxy URL; empty: HTTP_PROXY, HTTPS_PROXY and NO_PROXY decide.", { scope: "user" }),
  setting("network.idle_timeout_ms", { kind: "count" }, 300000, "Silence after which a connection counts as dead; 0: never."),
  setting("network.ca_file", { kind: "path", from: "file" }, "", "PEM file of certificate authorities to trust beside the system's.", {
    scope: "user",
  }),
  setting("network.offline", { kind: "boolean" }, false, "Fetch nothing but model calls, not even when asked to refresh the catalogue.", {
    env: "PI_OFFLINE",
  }),
  setting("resources.extensions", { kind: "paths" }, [], "Extension files or directories."),
  setting("resources.skills", { kind: "paths" }, [], "Skill files or directories."),
  setting("resources.prompts", { kind: "paths" }, [], "Prompt template files or directories."),
  setting("resources.themes", { kind: "paths" }, [], "Theme files or directories."),
  setting("resources.skill_commands", { kind: "boolean" }, true, "Make each skill a command, /skill:name."),
  setting("extensions.required", { kind: "strings" }, [], "Extensions without which nothing begins: names, paths or packages."),
  setting(
    "permission_mode",
    choice(...permissionModes),
    "auto",
    "Tool calls that no row decides: run, asked about, or none but reading ones.",
    {
      scope: "user",
    },
  ),
  setting("policy", { kind: "rows", fields: policyFields }, [], "Which tool calls are allowed, asked about, denied (docs/policy.md)."),
  setting("hooks", { kind: "rows", fields: hookFields }, [], "Commands that are told of what happens, and may refuse it (docs/policy.md)."),
  hosting("runtime.default", { kind: "string" }, "pi", "Who carries out runs of hosts: pi or claude.", ["pi", "claude"]),
  hosting("runtime.fallback", { kind: "strings" }, [], "Runtimes tried in turn where a run has failed before it did anything."),
  hosting("runtime.timeout_ms", { kind: "count" }, 300_000, "Longest run of a host."),
  hosting("runtime.max_timeout_ms", { kind: "count" }, 86_400_000, "Longest run that a host may ask for."),
  hosting(
    "runtime.max_output_bytes",
    { kind: "count" },
    10_485_760,
    "Most that is kept of what a container writes, where its host does not say.",
  ),
  hosting("runtime.env_allow", { kind: "strings" }, [], "Variables that children see beside the usual ones."),
  hosting("runtime.data_dir", { kind: "path", from: "file" }, undefined, "Where sessions of groups, their map and metrics lie."),
  hosting("runtime.tell_phone_numbers", { kind: "boolean" }, false, "Whether models are told phone numbers of senders."),
  hosting("runtime.claude.command", { kind: "path", from: "file", program: true }, "claude", "The program of the runtime claude."),
  hosting("runtime.claude.args", { kind: "strings" }, [], "Further arguments of it."),
  hosting("runtime.claude.built_in_tools", { kind: "strings" }, [], "Its own tools that runs have, by its names."),
  hosting("runtime.claude.config_dir", choice("group", "user"), "group", "Whose login and settings it has: the group's, or the user's."),
  hosting("runtime.claude.stall_ms", { kind: "count" }, 300_000, "Silence after which it counts as hanging; 0: never."),
  hosting("groups", { kind: "tables", fields: groupFields }, {}, "What holds for the runs of a group, by its name."),
  hosting("rollout.runtime", { kind: "string" }, undefined, "Runtime that a share of the groups has in place of the default.", [
    "pi",
    "claude",
  ]),
  hosting("rollout.groups", { kind: "strings" }, [], "Groups that belong to the share in any case."),
  hosting("rollout.percent", { kind: "amount", most: 100 }, 0, "Share of the groups in percent."),
  hosting("rollout.salt", { kind: "string" }, undefined, "Another draw of the share; the runtime's name when absent."),
  setting("ipc.tool_prefix", { kind: "string" }, "", "Put before the names of tools that speak to a host by files.", { scope: "user" }),
  setting("lanes.main", { kind: "count" }, 4, "Runs that go on at the same time."),
  setting("lanes.cron", { kind: "count" }, 1, "Scheduled runs that go on at the same time."),
  setting("lanes.subagent", { kind: "count" }, 8, "Runs begun by runs that go on at the same time."),
  setting("schedule.timezone", { kind: "string" }, "", "Time zone of schedules that name none; empty: TZ, else UTC.", {
    known: "time zones",
  }),
  setting(
    "bootstrap.files",
    { kind: "strings" },
    ["AGENTS.md", "SOUL.md", "IDENTITY.md", "TOOLS.md", "USER.md"],
    "Texts of a workspace that runs of a host begin with; CLAUDE.md stands in for a missing AGENTS.md.",
  ),
  setting("bootstrap.max_chars", { kind: "count" }, 20_000, "Most characters of one of them."),
  setting("bootstrap.total_max_chars", { kind: "count" }, 150_000, "Most characters of all of them."),
  setting("skills.entries", { kind: "tables", fields: skillFields }, {}, "Variables and keys of skills, by the skill's name.", {
    scope: "user",
  }),
  setting("trust.default", choice("ask", "always", "never"), "ask", "What becomes of a project's .pi directory without a decision.", {
    scope: "user",
  }),
];

let byKey: Map<string, SettingRecord> | undefined;

export function findSetting(key: string): SettingRecord | undefined {
  byKey ??= new Map(settings.map((record) => [record.key, record]));
  return byKey.get(key);
}

/** The setting of which a key names one variable: `shell.set.EDITOR`. */
export function findVariable(key: string): { record: SettingRecord; name: string } | undefined {
  for (let dot = key.indexOf("."); dot >= 0; dot = key.indexOf(".", dot + 1)) {
    const record = findSetting(key.slice(0, dot));
    const isNamed = record?.type.kind === "variables" || record?.type.kind === "keys";
    if (record !== undefined && isNamed && dot < key.length - 1) return { record, name: key.slice(dot + 1) };
  }
  return undefined;
}
