// `createAgentSession`: the agent inside another program. Exported by `pi`.
// Invariant: nothing of the process is changed or kept: sessions in one process never meet.

import { defined } from "../../contracts/defined.ts";
import type { AnyExtensionTool, LoadExtensionsResult } from "../../contracts/extension.ts";
import type { SessionStartEvent } from "../../contracts/extension-event.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { FileOperations, ShellOperations, Tool } from "../../contracts/tool.ts";
import { createExtensionRuntime } from "../../extensions/runtime.ts";
import type { ModelAccess } from "../../harness/conversation/conversation-deps.ts";
import { SessionHost } from "../../harness/host/session-host.ts";
import { type CustomParts, prepareLaunch } from "../../harness/launch/launch.ts";
import type { RunOptions } from "../../harness/launch/run-options.ts";
import type { ScopedModel } from "../../harness/models/model-scope.ts";
import type { Env } from "../../platform/paths.ts";
import { AgentSession } from "./agent-session.ts";
import { requireFields, type Taken } from "./checked-calls.ts";
import { configOf } from "./config-of.ts";
import { isExtensionTool, type ToolDefinition, toolFrom } from "./define-tool.ts";
import { partsFrom } from "./loaded-parts.ts";
import { type ModelRuntime, registryWithKeys } from "./model-runtime.ts";
import { type Surroundings, surroundings } from "./places.ts";
import { DefaultResourceLoader, type ResourceLoader } from "./resource-loader.ts";
import type { SessionManager } from "./session-manager.ts";
import type { SettingsManager } from "./settings-manager.ts";

export interface CreateAgentSessionOptions {
  /** Default: that of the process. */
  cwd?: string;
  /** Configuration, credentials and sessions. Default `~/.pi/agent`. */
  agentDir?: string;
  /** What stands for the environment of the process: for credentials, settings and the commands of tools. */
  env?: Env;
  /** A model, or what `--model` takes: `provider/id`, an id, a pattern. */
  model?: Model | string;
  thinkingLevel?: ThinkingLevel;
  /** What `cycleModel` goes through. */
  scopedModels?: readonly ScopedModel[];
  modelRuntime?: ModelRuntime;
  /** Keys by provider; they win over files and environment. */
  credentials?: Readonly<Record<string, string>>;
  /** In place of wire format, credential and network: your own way to a model. */
  access?: (model: Model) => Promise<ModelAccess>;
  /** Exactly these tools; one's own are named here, too. */
  tools?: readonly string[];
  excludeTools?: readonly string[];
  noTools?: "all" | "builtin";
  /** Those in the form of extensions (with a `label`) are on like those of extensions: an allowlist has to name them. */
  customTools?: readonly (ToolDefinition | AnyExtensionTool)[];
  /** How tools touch files, and run commands: a container, another machine. */
  files?: FileOperations;
  shell?: ShellOperations;
  /** Default: a new session that is stored. */
  sessionManager?: SessionManager | Promise<SessionManager>;
  settingsManager?: SettingsManager;
  /** Extensions, skills, prompt templates, context files and system prompt; a loader must have been reloaded once. Default: as `pi` finds them. */
  resourceLoader?: ResourceLoader;
  /** What extensions hear of the start. */
  sessionStartEvent?: SessionStartEvent;
  /** In place of the built-in prompt; what follows below is added to either. */
  systemPrompt?: string;
  appendSystemPrompt?: readonly string[];
  /** AGENTS.md and its kin. Default true. */
  contextFiles?: boolean;
  skills?: boolean;
  promptTemplates?: boolean;
  /** Whether the project's `.pi` is trusted. Default: what has been decided for it; undecided is not. */
  trustProject?: boolean;
  /** 0 or absent: none. */
  limits?: { maxTurns?: number; maxCostUsd?: number; timeoutMs?: number };
  /** One line each: what was skipped, mended or not found. */
  onWarning?: (line: string) => void;
}

export interface CreateAgentSessionResult {
  session: AgentSession;
  /** What the resource loader had of extensions. */
  extensionsResult: LoadExtensionsResult;
  /** Why it begins without a model: set one before the first prompt. */
  modelFallbackMessage?: string;
}

const takenOptions: readonly Taken[] = [
  "cwd?: string",
  "agentDir?: string",
  "env?: object",
  "model?: modelSaid",
  "thinkingLevel?: string",
  "credentials?: object",
  "access?: function",
  "tools?: strings",
  "excludeTools?: strings",
  "customTools?: objects",
  "sessionManager?: manager",
  "settingsManager?: object",
  "resourceLoader?: object",
  "systemPrompt?: string",
  "appendSystemPrompt?: strings",
  "limits?: object",
  "onWarning?: function",
];

/** Errors: `config.*`, `session.*`, `usage.unknown_model`, `usage.bad_value`. A missing credential is no error before the first prompt. */
export async function createAgentSession(options: CreateAgentSessionOptions = {}): Promise<CreateAgentSessionResult> {
  requireFields("createAgentSession", options, takenOptions);
  const manager = await options.sessionManager;
  const { modelRuntime: runtime, settingsManager, onWarning: warn = () => {} } = options;
  const place = surroundings({
    ...defined({ env: options.env }),
    ...(options.cwd === undefined ? (manager === undefined ? {} : { cwd: manager.getCwd() }) : { cwd: options.cwd }),
    ...givenAgentDir(options),
  });
  const configFor = (cwd: string) => configOf({ ...place, cwd }, settingsManager, options);
  const config = await configFor(place.cwd);
  const registry =
    runtime?.registryFor(place, config) ??
    (options.credentials === undefined ? undefined : registryWithKeys(place, config, options.credentials));
  // Of two with one name the later one counts, as with built-in ones.
  const given = [...new Map(options.customTools?.map((tool) => [tool.name, tool])).values()];
  const tools = given.flatMap((tool) => (isExtensionTool(tool) ? [] : toolFrom(tool)));
  const extensionTools = given.filter(isExtensionTool);
  const loader = options.resourceLoader ?? (extensionTools.length === 0 ? undefined : await standingLoader(options, place));
  const startEvent = options.sessionStartEvent;
  const custom: CustomParts = {
    ...customParts(options, registry, tools),
    ...(loader === undefined ? {} : { load: partsFrom(loader, extensionTools) }),
  };
  const launch = await prepareLaunch(runOptions(options, place, tools), { host: place, config, warn, custom });
  const sessions = await SessionHost.create(
    launch,
    {
      host: place,
      warn,
      mayLackModel: true,
      configFor,
      custom,
      ...defined({ sessionStart: startEvent }),
    },
    manager?.session,
  );
  if (options.scopedModels !== undefined) sessions.models.scope = options.scopedModels;
  return {
    session: new AgentSession(sessions, manager),
    extensionsResult: sessions.extensions.loaded ?? { extensions: [], errors: [], runtime: createExtensionRuntime() },
    ...(sessions.models.inForce
      ? {}
      : { modelFallbackMessage: "No model to use: no credential was found. Set one, or choose scripted/demo." }),
  };
}

/** For tools in the form of extensions', where the caller brings no loader. */
async function standingLoader(options: CreateAgentSessionOptions, place: Surroundings): Promise<ResourceLoader> {
  const { settingsManager, trustProject } = options;
  const loader = new DefaultResourceLoader({
    ...place,
    ...defined({ settingsManager, trustProject }),
    noContextFiles: options.contextFiles === false,
    noSkills: options.skills === false,
    noPromptTemplates: options.promptTemplates === false,
  });
  await loader.reload();
  return loader;
}

function givenAgentDir({ agentDir, modelRuntime, settingsManager }: CreateAgentSessionOptions): { agentDir?: string } {
  const given = agentDir ?? modelRuntime?.agentDir ?? settingsManager?.agentDir;
  return given === undefined ? {} : { agentDir: given };
}

function runOptions(
  options: CreateAgentSessionOptions,
  place: { cwd: string; agentDir: string },
  customTools: readonly Tool[],
): RunOptions {
  const { tools, excludeTools, noTools, systemPrompt, thinkingLevel } = options;
  const only = tools === undefined ? undefined : [...new Set([...tools, ...customTools.map((tool) => tool.name)])];
  return {
    cwd: place.cwd,
    agentDir: place.agentDir,
    ...(typeof options.model === "string" ? { model: options.model } : {}),
    ...defined({ thinking: thinkingLevel }),
    session: { kind: "new" },
    onBusy: "fail",
    tools: {
      ...(only === undefined ? {} : { only: only.join(",") }),
      ...(excludeTools === undefined ? {} : { except: excludeTools.join(",") }),
      none: noTools === "all",
      noBuiltin: noTools === "builtin",
    },
    ...defined({ systemPrompt }),
    appendSystemPrompt: [...(options.appendSystemPrompt ?? [])],
    resources: {
      withContextFiles: options.contextFiles !== false,
      withSkills: options.skills !== false,
      withTemplates: options.promptTemplates !== false,
      skillPaths: [],
      templatePaths: [],
      withThemes: false,
      themePaths: [],
    },
    // Those of the library come with its resource loader.
    extensions: { paths: [], withDiscovered: false, flags: new Map() },
    isStrict: false,
    stallToolMs: 0,
    idle: [],
  };
}

function customParts(
  { files, shell, access, model }: CreateAgentSessionOptions,
  registry: CustomParts["registry"],
  tools: readonly Tool[],
): CustomParts {
  return {
    tools,
    ...defined({ files, shell, registry, access }),
    ...(typeof model === "object" ? { model } : {}),
  };
}
