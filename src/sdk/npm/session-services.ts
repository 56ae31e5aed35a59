// What sessions of one working directory are made with, and a session made with it; names follow the npm agent's. Exported by `pi`.

import { defined } from "../../contracts/defined.ts";
import type { AnyExtensionTool } from "../../contracts/extension.ts";
import type { SessionStartEvent } from "../../contracts/extension-event.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { ScopedModel } from "../../harness/models/model-scope.ts";
import type { Env } from "../../platform/paths.ts";
import { type CreateAgentSessionOptions, type CreateAgentSessionResult, createAgentSession } from "./create-agent-session.ts";
import type { ToolDefinition } from "./define-tool.ts";
import { ModelRuntime } from "./model-runtime.ts";
import { surroundings } from "./places.ts";
import { DefaultResourceLoader, type DefaultResourceLoaderOptions, type ResourceLoader } from "./resource-loader.ts";
import type { SessionManager } from "./session-manager.ts";
import { SettingsManager } from "./settings-manager.ts";

/** What does not keep a session from starting. */
export interface AgentSessionRuntimeDiagnostic {
  type: "info" | "warning" | "error";
  message: string;
}

export interface AgentSessionServices {
  cwd: string;
  agentDir: string;
  env: Env;
  modelRuntime: ModelRuntime;
  settingsManager: SettingsManager;
  resourceLoader: ResourceLoader;
  diagnostics: AgentSessionRuntimeDiagnostic[];
}

export interface CreateAgentSessionServicesOptions {
  cwd: string;
  agentDir?: string;
  /** What stands for the environment of the process. */
  env?: Env;
  settingsManager?: SettingsManager;
  modelRuntime?: ModelRuntime;
  /** Flags of extensions by name. */
  extensionFlagValues?: ReadonlyMap<string, boolean | string>;
  resourceLoaderOptions?: Omit<DefaultResourceLoaderOptions, "cwd" | "agentDir" | "env" | "settingsManager">;
}

/** Errors: `config.*`. */
export async function createAgentSessionServices(options: CreateAgentSessionServicesOptions): Promise<AgentSessionServices> {
  const { cwd, agentDir, env } = surroundings(options);
  const settingsManager = options.settingsManager ?? SettingsManager.create(cwd, agentDir);
  const resourceLoader = new DefaultResourceLoader({
    ...options.resourceLoaderOptions,
    ...defined({ extensionFlagValues: options.extensionFlagValues }),
    cwd,
    agentDir,
    env,
    settingsManager,
  });
  await resourceLoader.reload();
  const { errors, warnings = [] } = resourceLoader.getExtensions();
  return {
    cwd,
    agentDir,
    env,
    modelRuntime: options.modelRuntime ?? (await ModelRuntime.create({ cwd, agentDir, env })),
    settingsManager,
    resourceLoader,
    diagnostics: [
      ...errors.map(({ path, error }) => ({ type: "error" as const, message: `${path}: ${error}` })),
      ...warnings.map(({ path, warning }) => ({ type: "warning" as const, message: `${path}: ${warning}` })),
      ...[...resourceLoader.getSkills().diagnostics, ...resourceLoader.getPrompts().diagnostics].map(({ message }) => ({
        type: "warning" as const,
        message,
      })),
    ],
  };
}

export interface CreateAgentSessionFromServicesOptions extends Pick<CreateAgentSessionOptions, "tools" | "excludeTools" | "noTools"> {
  services: AgentSessionServices;
  sessionManager: SessionManager | Promise<SessionManager>;
  sessionStartEvent?: SessionStartEvent | undefined;
  model?: Model | string;
  thinkingLevel?: ThinkingLevel;
  scopedModels?: readonly ScopedModel[];
  customTools?: readonly (ToolDefinition | AnyExtensionTool)[];
}

/** Errors: as of `createAgentSession`. */
export function createAgentSessionFromServices(options: CreateAgentSessionFromServicesOptions): Promise<CreateAgentSessionResult> {
  const { services, sessionStartEvent, ...rest } = options;
  const { cwd, agentDir, env, modelRuntime, settingsManager, resourceLoader } = services;
  return createAgentSession({
    ...rest,
    cwd,
    agentDir,
    env,
    modelRuntime,
    settingsManager,
    resourceLoader,
    ...defined({ sessionStartEvent }),
  });
}
