// The JSON files of the npm agent, read as if they were our TOML, so that its users can start at once; `pi config import` writes the same
// trees out as TOML. Sources: its settings and models references, version 1.6. Invariant: those files are never written.

import { join } from "node:path";
import { messageOf } from "../contracts/error.ts";
import { isTable } from "../contracts/provider-settings.ts";
import { readBoundedText } from "../platform/files/bounded-file.ts";
import { tablesAsWritten } from "./setting-values.ts";

export interface NpmAgentFile {
  file: string;
  /** In the shape of our TOML. */
  tree: Record<string, unknown>;
  /** Why the file says nothing; absent when it could be read. */
  problem?: string;
  /** One line on what it says in vain. */
  notice?: string;
}

/** Key of `settings.json` to our key; `defaultProvider` and `defaultModel` together are our `model`. */
export const npmAgentSettings: Readonly<Record<string, string>> = {
  defaultThinkingLevel: "thinking",
  modelThinkingLevels: "model_thinking_levels",
  "thinkingBudgets.minimal": "thinking_budgets.minimal",
  "thinkingBudgets.low": "thinking_budgets.low",
  "thinkingBudgets.medium": "thinking_budgets.medium",
  "thinkingBudgets.high": "thinking_budgets.high",
  steeringMode: "steering_mode",
  followUpMode: "follow_up_mode",
  "images.autoResize": "images.resize",
  "images.blockImages": "images.block",
  enabledModels: "models",
  sessionDir: "session_dir",
  theme: "theme",
  tuiMode: "tui_mode",
  "terminal.showImages": "terminal.show_images",
  "terminal.imageWidthCells": "terminal.image_width",
  "terminal.images": "terminal.images",
  fullscreenExitOutput: "fullscreen.exit_output",
  fullscreenScrollbar: "fullscreen.scrollbar",
  fullscreenCopyOnSelect: "fullscreen.copy_on_select",
  fullscreenWheelScrollLines: "fullscreen.wheel_lines",
  hideThinkingBlock: "hide_thinking",
  doubleEscapeAction: "double_escape_action",
  externalEditor: "external_editor",
  showHardwareCursor: "show_hardware_cursor",
  defaultTools: "tools.enabled",
  shellPath: "shell.path",
  shellCommandPrefix: "shell.command_prefix",
  "compaction.enabled": "compaction.enabled",
  "compaction.reserveTokens": "compaction.reserve_tokens",
  "compaction.keepRecentTokens": "compaction.keep_recent_tokens",
  "compaction.modelOverrides": "compaction.model_overrides",
  "branchSummary.reserveTokens": "branch_summary.reserve_tokens",
  "branchSummary.skipPrompt": "branch_summary.skip_prompt",
  "retry.enabled": "retry.enabled",
  "retry.maxRetries": "retry.max_retries",
  "retry.baseDelayMs": "retry.base_delay_ms",
  "retry.maxAgentDelayMs": "retry.max_delay_ms",
  "retry.provider.maxRetries": "retry.provider.max_retries",
  "retry.provider.timeoutMs": "retry.provider.timeout_ms",
  "retry.provider.maxRetryDelayMs": "retry.provider.max_retry_delay_ms",
  httpProxy: "network.proxy",
  httpIdleTimeoutMs: "network.idle_timeout_ms",
  extensions: "resources.extensions",
  packages: "packages",
  npmCommand: "npm_command",
  skills: "resources.skills",
  prompts: "resources.prompts",
  themes: "resources.themes",
  enableSkillCommands: "resources.skill_commands",
  defaultProjectTrust: "trust.default",
};

/**
 * What a run of the npm agent goes by and ours does not, with the value that says nothing else than ours does anyway. Settings of its
 * terminal interface are none of them.
 */
const idleSettings: readonly { key: string; asOurs?: readonly unknown[] }[] = [
  { key: "transport", asOurs: ["auto", "sse"] },
  { key: "websocketConnectTimeoutMs" },
  { key: "cacheWarming", asOurs: ["off"] },
  { key: "codemode.mode" },
  { key: "codemode.inlineBudget" },
];

/** Lists of models may be long. */
const maxJsonBytes = 16 * 1024 * 1024;

/** `settings.json` and `models.json`, those that are there. */
export function loadNpmAgentFiles(agentDir: string): NpmAgentFile[] {
  return [loadJson(join(agentDir, "settings.json"), convertSettings), loadJson(join(agentDir, "models.json"), convertModels)].filter(
    (one) => one !== undefined,
  );
}

function loadJson(file: string, convert: (json: Record<string, unknown>) => Record<string, unknown>): NpmAgentFile | undefined {
  const found = readBoundedText(file, { maxBytes: maxJsonBytes });
  if (found === undefined) return undefined;
  if ("leftOut" in found) return { file, tree: {}, problem: found.why };
  const { text } = found;
  if (text.trim() === "") return undefined;
  try {
    const json: unknown = parseLenientJson(text);
    if (!isTable(json)) return { file, tree: {}, problem: "not an object" };
    const idle = convert === convertSettings ? idleSettingsIn(json) : [];
    const notice = `${file}: ${idle.join(", ")} ${idle.length === 1 ? "has" : "have"} no effect here.`;
    return { file, tree: convert(json), ...(idle.length > 0 && { notice }) };
  } catch (error) {
    // The parser's words may quote the text around the fault, and with it a key: only the place is told.
    return {
      file,
      tree: {},
      problem: `not valid JSON${/(?: at position \d+| \(line \d+ column \d+\))/.exec(messageOf(error))?.[0] ?? ""}`,
    };
  }
}

/** JSON with `//` and block comments and trailing commas, which people write into such files. */
function parseLenientJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (strictError) {
    const bare = text
      .replace(/("(?:[^"\\\n]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string: string | undefined) => string ?? " ")
      .replace(/("(?:[^"\\\n]|\\.)*")|,(\s*[}\]])/g, (_, string: string | undefined, end: string) => string ?? end);
    try {
      return JSON.parse(bare);
    } catch {
      throw strictError;
    }
  }
}

function convertSettings(json: Record<string, unknown>): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  const model = json.defaultModel;
  const provider = json.defaultProvider;
  // What has another type than it may is handed on as it is: the table of settings says so.
  if (typeof model === "string" && typeof (provider ?? "") === "string") put(tree, "model", provider ? `${provider}/${model}` : model);
  else if (typeof (model ?? "") !== "string" || typeof (provider ?? "") !== "string") put(tree, "model", 0);
  for (const [theirs, ours] of Object.entries(npmAgentSettings)) {
    const value = valueAt(json, theirs);
    const group = theirs.includes(".") ? valueAt(json, parentOf(theirs)) : undefined;
    if (value !== undefined && value !== null) put(tree, ours, npmAgentValue(theirs, value));
    else if (group !== undefined && group !== null && !isTable(group)) put(tree, parentOf(ours), group);
  }
  return tree;
}

function parentOf(key: string): string {
  return key.slice(0, key.lastIndexOf("."));
}

function idleSettingsIn(json: Record<string, unknown>): string[] {
  return idleSettings.flatMap(({ key, asOurs }) => {
    const value = valueAt(json, key);
    const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
    return value === undefined || value === null || asOurs?.includes(value) === true || isEmpty ? [] : [key];
  });
}

function valueAt(json: Record<string, unknown>, key: string): unknown {
  return key.split(".").reduce<unknown>((at, part) => (isTable(at) ? at[part] : undefined), json);
}

/** A value of `settings.json` as our file would hold it. */
export function npmAgentValue(theirs: string, value: unknown): unknown {
  if (theirs === "compaction.modelOverrides") return tablesAsWritten(value);
  if (theirs === "terminal.images" && value === false) return "none";
  const isNone = (theirs === "httpIdleTimeoutMs" && value === "disabled") || (theirs === "fullscreenWheelScrollLines" && value === "auto");
  return isNone ? 0 : value;
}

function put(tree: Record<string, unknown>, key: string, value: unknown): void {
  const names = key.split(".");
  const last = names.pop() ?? "";
  let table = tree;
  for (const name of names) {
    if (!isTable(table[name])) table[name] = {};
    table = table[name] as Record<string, unknown>;
  }
  table[last] = value;
}

function convertModels(json: Record<string, unknown>): Record<string, unknown> {
  const { providers } = json;
  return present({ providers: isTable(providers) ? mapTable(providers, convertProvider) : providers });
}

/** A provider of `models.json` as our file would hold it. */
export function convertProvider(json: Record<string, unknown>): Record<string, unknown> {
  const models = json.models;
  const overrides = json.modelOverrides;
  return present({
    name: json.name,
    api: json.api,
    base_url: json.baseUrl,
    api_key: json.apiKey,
    auth_header: json.authHeader,
    headers: json.headers,
    dialect: json.compat,
    models: Array.isArray(models) ? models.map((one) => convertModel(isTable(one) ? one : {})) : models,
    model_overrides: isTable(overrides) ? mapTable(overrides, convertModel) : overrides,
  });
}

function convertModel(json: Record<string, unknown>): Record<string, unknown> {
  const levels = json.thinkingLevelMap;
  const cost = json.cost;
  return present({
    id: json.id,
    name: json.name,
    api: json.api,
    base_url: json.baseUrl,
    reasoning: json.reasoning,
    input: json.input,
    context_window: json.contextWindow,
    max_tokens: json.maxTokens,
    cost: isTable(cost) ? convertCost(cost) : undefined,
    thinking_levels: isTable(levels)
      ? Object.fromEntries(Object.entries(levels).map(([level, word]) => [level, word === null ? false : word]))
      : undefined,
    headers: json.headers,
    dialect: json.compat,
    sampling_params: json.samplingParams,
    sampling_params_by_thinking_level: json.samplingParamsByThinkingLevel,
  });
}

function convertCost(json: Record<string, unknown>): Record<string, unknown> {
  const tiers = json.tiers;
  return present({
    input: json.input,
    output: json.output,
    cache_read: json.cacheRead,
    cache_write: json.cacheWrite,
    input_tokens_above: json.inputTokensAbove,
    tiers: Array.isArray(tiers) ? tiers.filter(isTable).map(convertCost) : undefined,
  });
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

function mapTable(
  table: Record<string, unknown>,
  convert: (json: Record<string, unknown>) => Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, isTable(value) ? convert(value) : value]));
}
