// What a start is made of, as a value: options, configuration, registry, tools, resources, extensions; nothing of any session. Made by cli,
// the library and session-host (a reload, another working directory); printed by `pi inspect`, started by session-host.
// Invariant: what is shown of it is what is in force; what can change is read from the configuration here, never copied beside it.

import { authFilePath } from "../../accounts/auth-file.ts";
import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import type { LoadExtensionsResult } from "../../contracts/extension.ts";
import type { Interceptor } from "../../contracts/interceptor.ts";
import type { MessagingContext } from "../../contracts/messaging.ts";
import type { Model } from "../../contracts/model.ts";
import type { PolicyRow } from "../../contracts/policy.ts";
import type { FileOperations, ShellOperations, Tool } from "../../contracts/tool.ts";
import type { RepositoryBoundary } from "../../platform/files/bounded-file.ts";
import { looseWarning } from "../../platform/files/user-id.ts";
import type { Env } from "../../platform/paths.ts";
import { builtinTools } from "../../tools/registry.ts";
import type { ModelAccess } from "../conversation/conversation-deps.ts";
import { checkNetwork } from "../models/model-access.ts";
import { ModelRegistry } from "../models/model-registry.ts";
import type { ExtensionLauncher } from "./extension-launcher.ts";
import { type BroughtPaths, type LaunchResources, loadResources, type ResourceChoice } from "./launch-resources.ts";
import type { RunOptions } from "./run-options.ts";

export interface Launch {
  readonly options: RunOptions;
  readonly config: Config;
  readonly registry: ModelRegistry;
  /** Built-in ones and the caller's, whether the model gets them or not. */
  readonly tools: readonly Tool[];
  readonly resources: LaunchResources;
  /** What was loaded for one session; nothing where nothing is loaded in another way than usual. */
  readonly parts: LoadedParts | undefined;
  /** 0: none. */
  readonly limits: { maxTurns: number; maxCostUsd: number; timeoutMs: number };
  /** Longest silence in ms; 0: none. */
  readonly stall: { modelMs: number; toolMs: number };
  /** One line each: what was passed over, not found, mended. */
  readonly warnings: readonly string[];
}

export interface LaunchDeps {
  host: { env: Env; homeDir: string; now(): number };
  config: Config;
  /** Of a configuration that was read for this very start, so that nothing is looked for twice; absent: looked for anew. */
  boundary?: RepositoryBoundary;
  /** One line for stderr. */
  warn(line: string): void;
  /** In place of what the agent makes itself; for callers of the library. */
  custom?: CustomParts;
  /** Extension files; without it there are none. */
  extensions?: ExtensionLauncher;
}

export interface CustomParts {
  /** Beside the built-in ones; one of the same name replaces it. All are on unless the choice of tools says otherwise. */
  tools?: readonly Tool[];
  files?: FileOperations;
  shell?: ShellOperations;
  /** To start with, whatever the session or the configuration say. */
  model?: Model;
  registry?: ModelRegistry;
  access?: (model: Model) => Promise<ModelAccess>;
  /** Asked behind extensions, hooks and the policy of the configuration. */
  interceptors?: readonly Interceptor[];
  /** Where the conversation comes from, when it is one of a chat system. */
  messaging?: MessagingContext;
  /** Beside what commands see anyway; asked for each command. */
  shellEnv?(): Record<string, string>;
  /** In place of what lies in folders; asked for each session. `reload`: what is known is read anew. */
  load?(how: { reload: boolean; config: Config }): Promise<LoadedParts>;
}

/** What a session is given beside its configuration. */
export interface LoadedParts {
  resources: LaunchResources;
  /** Of this session alone. */
  extensions: LoadExtensionsResult;
  /** The resources with those in more folders. */
  extend(paths: BroughtPaths): Promise<LaunchResources>;
}

/** Rejects with `config.proxy`, `config.ca_file`. `reload`: also what the caller's loader knows already is read anew. */
export async function prepareLaunch(options: RunOptions, deps: LaunchDeps, how = { reload: false }): Promise<Launch> {
  const { host, config, custom = {} } = deps;
  const registry =
    custom.registry ??
    new ModelRegistry({
      config,
      env: host.env,
      agentDir: options.agentDir,
      cwd: options.cwd,
      ...defined({ apiKey: options.apiKey }),
    });
  if (custom.access === undefined) await checkNetwork({ config, env: host.env });
  const warnings: string[] = [];
  for (const line of config.warnings) told(line, warnings, deps);
  const loose = looseWarning(authFilePath(options.agentDir));
  if (loose !== undefined) told(loose, warnings, deps);
  const { limits, network } = config.values;
  return {
    options,
    config,
    registry,
    tools: allTools(options, config, custom.tools),
    ...(await found(options, deps, how, warnings)),
    limits,
    stall: { modelMs: network.idleTimeoutMs, toolMs: options.stallToolMs },
    warnings,
  };
}

/** The same for one more session, which finds its own resources and gets extensions of its own. */
export async function launchAgain(launch: Launch, deps: Omit<LaunchDeps, "config" | "boundary">, how = { reload: false }): Promise<Launch> {
  const warnings = [...launch.config.warnings];
  return { ...launch, ...(await found(launch.options, { ...deps, config: launch.config }, how, warnings)), warnings };
}

/** Of all sources: those of the files, then those that were said. */
export function policyRows({ config, options }: Pick<Launch, "config" | "options">): PolicyRow[] {
  return [...config.values.policy, ...(options.policy ?? [])];
}

/** One's own wins where names are the same, and stands in the other's place: services remember prompts with their tools in order. */
export function withOwn(tools: readonly Tool[], own: readonly Tool[] = []): Tool[] {
  const added = own.filter((one) => !tools.some((tool) => tool.name === one.name));
  return [...tools.map((tool) => own.find((one) => one.name === tool.name) ?? tool), ...added];
}

async function found(
  options: RunOptions,
  deps: LaunchDeps,
  how: { reload: boolean },
  warnings: string[],
): Promise<Pick<Launch, "resources" | "parts">> {
  const { host, config, custom, boundary } = deps;
  const warn = (line: string): void => told(line, warnings, deps);
  const where = { ...options, homeDir: host.homeDir, config, warn };
  if (custom?.load !== undefined) {
    const parts = await custom.load({ ...how, config });
    return { resources: parts.resources, parts };
  }
  const extensions = await deps.extensions?.load(options, config, { ...how, boundary, warn });
  const named = withBrought(
    options.resources,
    options.extensions.paths.length > 0 ? await deps.extensions?.brought(options, config) : undefined,
  );
  const resources = await loadResources(named, where, boundary);
  if (extensions === undefined) return { resources, parts: undefined };
  const extend: LoadedParts["extend"] = async ({ skillPaths, promptPaths, themePaths }) => {
    const found = await loadResources(withBrought(named, { skillPaths, promptPaths, themePaths: [] }), where);
    // Behind all others: who brings one changes none that is there.
    return { ...found, themes: [...found.themes, ...(named.withThemes ? themePaths.map((path) => ({ path })) : [])] };
  };
  return { resources, parts: { resources, extensions, extend } };
}

function withBrought(choice: ResourceChoice, brought: BroughtPaths | undefined): ResourceChoice {
  if (brought === undefined) return choice;
  return {
    ...choice,
    skillPaths: [...choice.skillPaths, ...brought.skillPaths],
    templatePaths: [...choice.templatePaths, ...brought.promptPaths],
    themePaths: [...choice.themePaths, ...brought.themePaths],
  };
}

function told(line: string, warnings: string[], { warn }: Pick<LaunchDeps, "warn">): void {
  warnings.push(line);
  warn(line);
}

function allTools(options: RunOptions, config: Config, own: readonly Tool[] | undefined): Tool[] {
  const builtin = builtinTools({
    ripgrep: async () => (await import("../../platform/processes/ripgrep.ts")).bundledRipgrep(options.agentDir),
    background: config.values.shell.background,
    ...(config.values.images.resize ? {} : { imageSide: Number.POSITIVE_INFINITY }),
    imageCodec: async () => (await import("../intake/prompt-images.ts")).imageCodec(),
  });
  return withOwn(builtin, own);
}
