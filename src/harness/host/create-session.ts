// The composition root: from what a run means to a session that can be prompted. Called by session-host.
// Invariant: nothing is loaded here that the first request does not need.

import type { Config } from "../../config/load-config.ts";
import type { LoadExtensionsResult } from "../../contracts/extension.ts";
import type { SessionStartEvent } from "../../contracts/extension-event.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { FileOperations, ShellOperations, Tool } from "../../contracts/tool.ts";
import type { Host } from "../../platform/host.ts";
import type { ProcessShell } from "../../platform/spawn.ts";
import type { Session } from "../../session/tree/session.ts";
import { builtinTools } from "../../tools/registry.ts";
import type { Attachment, SessionExtensions } from "../extensions/session-extensions.ts";
import { chooseModel, compactionSettings, fallbackSettings, keptModel, withQuota } from "../launch/choose-model.ts";
import { chooseTools, launchPrompt } from "../launch/launch-prompt.ts";
import { type LaunchResources, loadResources } from "../launch/launch-resources.ts";
import type { RunOptions } from "../launch/run-options.ts";
import { checkNetwork, createModelAccess } from "../models/model-access.ts";
import { ModelRegistry } from "../models/model-registry.ts";
import { CodingSession, type ModelAccess } from "../run/coding-session.ts";
import { ArtifactDirectory } from "./artifact-directory.ts";

export interface CreatedSession {
  coding: CodingSession;
  registry: ModelRegistry;
  shell: ProcessShell;
  files: FileOperations;
  resources: LaunchResources;
  /** Nothing where none were loaded. */
  extensions: SessionExtensions | undefined;
  /** Why this model. */
  modelWhy: string;
  /** Ends what runs in this session and lets go of its file; what the workspace holds stays. */
  close(): Promise<void>;
  /** Ends what runs and removes what goes with the process. */
  dispose(): Promise<void>;
}

export interface CreateSessionDeps {
  host: Pick<Host, "env" | "homeDir" | "now">;
  config: Config;
  /** One line for stderr. */
  warn(line: string): void;
  /** Start also without a credential, even without any model (`noModel`): long-lived hosts get theirs later. Default false. */
  mayLackModel?: boolean;
  /** In place of what the agent makes itself; for callers of the library. */
  custom?: CustomParts;
  /** Ends waiting for a session that another process writes; the creation rejects with its reason. */
  signal?: AbortSignal;
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
  /** In place of what lies in folders; asked for each session. `reload`: what is known is read anew. */
  load?(how: { reload: boolean }): Promise<LoadedParts>;
  /** What extensions hear of the first session's start. Default: that the program has started. */
  sessionStart?: Omit<SessionStartEvent, "type">;
}

/** What a session is given beside its configuration. */
export interface LoadedParts {
  resources: LaunchResources;
  /** Of this session alone. */
  extensions: LoadExtensionsResult;
  /** The resources with those in more folders. */
  extend(paths: { skillPaths: readonly string[]; promptPaths: readonly string[] }): Promise<LaunchResources>;
}

/** What only the host of sessions can lend to extensions. */
export type ExtensionHost = Pick<Attachment, "bindings" | "hasModel" | "scope" | "control">;

export interface StartOptions {
  /** What was in force before and goes on where the session records nothing. */
  keep?: { model: Model; thinkingLevel: ThinkingLevel };
  loaded?: LoadedParts | undefined;
  /** Extensions are bound only where there is one. */
  extensionHost?: ExtensionHost;
}

/** What all sessions of one working directory share. */
export interface Workspace {
  readonly options: RunOptions;
  readonly deps: CreateSessionDeps;
  readonly registry: ModelRegistry;
  /** All there are, whether the model gets them or not. */
  readonly tools: readonly Tool[];
  readonly files: FileOperations;
  readonly shell: ProcessShell;
  readonly access: (model: Model) => Promise<ModelAccess>;
  /** Whose commands the shell runs: what they see of the session follows it. */
  current: { session: Session; coding?: CodingSession } | undefined;
}

export async function createWorkspace(options: RunOptions, deps: CreateSessionDeps): Promise<Workspace> {
  const { host, config, custom = {} } = deps;
  const registry =
    custom.registry ??
    new ModelRegistry({
      config,
      env: host.env,
      agentDir: options.agentDir,
      cwd: options.cwd,
      ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
    });
  if (custom.access === undefined) await checkNetwork({ config, env: host.env });
  const { createShellOperations } = await import("../../platform/spawn.ts");
  const { createFileOperations } = await import("../../platform/files.ts");
  const shell = createShellOperations({
    ...(config.values.shell.path === undefined ? {} : { shellPath: config.values.shell.path }),
    commandPrefix: config.values.shell.commandPrefix,
    env: host.env,
    envPolicy: config.values.shell.env,
    extraEnv: () => toolEnvironment(workspace.current),
  });
  const workspace: Workspace = {
    options,
    deps,
    registry,
    tools: allTools(options, custom.tools),
    files: custom.files ?? createFileOperations(),
    shell: custom.shell === undefined ? shell : foreignShell(custom.shell),
    access:
      custom.access ??
      createModelAccess({
        registry,
        config,
        env: host.env,
        recordFile: options.recordFile,
        silenceMs: options.stall.modelMs,
        now: () => host.now(),
      }),
    current: undefined,
  };
  return workspace;
}

/** A caller's own way to run commands: ending them is its own business, through their signals. */
function foreignShell(shell: ShellOperations): ProcessShell {
  return { run: (request) => shell.run(request), killAll: async () => {}, killAllNow: () => {} };
}

export async function startSession(
  workspace: Workspace,
  session: Session,
  { keep, loaded, extensionHost }: StartOptions = {},
): Promise<CreatedSession> {
  const { options, deps, registry, files, shell, access } = workspace;
  const { host, config, warn } = deps;
  const recorded = session.leafId !== null ? session.context() : undefined;
  const fallback = await fallbackSettings(workspace);
  const selected =
    keep === undefined
      ? await withQuota(await chooseModel(workspace, recorded?.model), fallback)
      : await keptModel(workspace, keep, recorded?.model);
  const thinkingLevel =
    (keep === undefined ? options.thinking : undefined) ??
    selected.thinkingLevel ??
    recorded?.thinkingLevel ??
    keep?.thinkingLevel ??
    config.values.thinking;
  const extensions = loaded === undefined ? undefined : await sessionExtensions(loaded.extensions);
  const tools = withOwn(workspace.tools, extensions?.tools());
  const activeToolNames = chooseTools(tools, options, config, warn, extensions?.offByDefault());
  const resources = loaded?.resources ?? (await loadResources(options.resources, { ...options, homeDir: host.homeDir, config, warn }));
  const artifacts = new ArtifactDirectory(session);
  workspace.current = { session };
  const coding = new CodingSession({
    session,
    context: recorded,
    model: selected.model,
    thinkingLevel,
    tools,
    activeToolNames,
    validate: async (tool, args) => (await import("../../tools/shared/validate.ts")).validateArguments(tool, args),
    toolContext: { cwd: options.cwd, homeDir: host.homeDir, files, shell, artifactDir: () => artifacts.path() },
    prompt: await launchPrompt(options, resources, host.now()),
    expand: resources.expand,
    hooks: extensions,
    ...(options.outputSchema === undefined ? {} : { outputSchema: options.outputSchema }),
    access,
    retry: config.values.retry,
    compaction: compactionSettings(config, registry),
    fallback,
    limits: options.limits,
    stall: options.stall,
    clock: { now: () => host.now(), random: Math.random },
  });
  workspace.current = { session, coding };
  if (extensions !== undefined && extensionHost !== undefined) {
    await extensions.attach({
      ...extensionHost,
      coding,
      registry,
      env: host.env,
      cwd: options.cwd,
      isProjectTrusted: config.project.trusted,
      now: () => host.now(),
      resources,
      chooseTools: (all, off) => chooseTools(all, options, config, () => {}, off),
      ownTools: workspace.tools,
      warn,
    });
  }
  if (keep === undefined && options.sessionName !== undefined && options.sessionName !== session.name)
    session.append({ type: "session_info", name: options.sessionName });
  const close = async (): Promise<void> => {
    await coding.dispose();
    extensions?.invalidate();
    artifacts.remove();
  };
  return {
    coding,
    registry,
    shell,
    files,
    resources,
    extensions,
    modelWhy: selected.why,
    close,
    dispose: async () => {
      await close();
      await shell.killAll();
    },
  };
}

/** One's own first, so that it wins where names are the same. */
function allTools(options: RunOptions, own: readonly Tool[] = []): Tool[] {
  const builtin = builtinTools({
    ripgrep: async () => (await import("../../platform/ripgrep.ts")).bundledRipgrep(options.agentDir),
    imageCodec: async () => (await import("../intake/prompt-images.ts")).imageCodec(),
  });
  return withOwn(builtin, own);
}

function withOwn(tools: readonly Tool[], own: readonly Tool[] = []): Tool[] {
  return [...tools.filter((tool) => !own.some((one) => one.name === tool.name)), ...own];
}

async function sessionExtensions(loaded: LoadExtensionsResult): Promise<SessionExtensions> {
  const { SessionExtensions } = await import("../extensions/session-extensions.ts");
  return new SessionExtensions(loaded);
}

/** What commands of the model see beside the user's environment. */
function toolEnvironment(current: Workspace["current"]): Record<string, string> {
  const { session, coding } = current ?? {};
  return {
    AI_AGENT: "pi",
    PI_CODING_AGENT: "true",
    ...(session === undefined ? {} : { PI_SESSION_ID: session.id }),
    ...(session?.filePath === undefined ? {} : { PI_SESSION_FILE: session.filePath }),
    ...(coding
      ? {
          PI_PROVIDER: coding.conversation.model.provider,
          PI_MODEL: coding.conversation.model.id,
          PI_REASONING_LEVEL: coding.conversation.thinkingLevel,
        }
      : {}),
  };
}
