// The composition root: from what a run means to a session that can be prompted. Called by cli and the SDK.
// Invariant: nothing is loaded here that the first request does not need.

import type { Config } from "../config/load-config.ts";
import { isPiError, PiError } from "../contracts/error.ts";
import type { Model, ThinkingLevel } from "../contracts/model.ts";
import type { FileOperations, ShellOperations, Tool } from "../contracts/tool.ts";
import type { Host } from "../platform/host.ts";
import type { ProcessShell } from "../platform/spawn.ts";
import { isValidSessionId, sessionDirectory, sessionRoot } from "../session/locate.ts";
import { Session, type SessionOptions } from "../session/session.ts";
import { builtinTools, selectTools } from "../tools/registry.ts";
import { CodingSession, type ModelAccess } from "./coding-session.ts";
import type { CompactionSettings } from "./conversation.ts";
import { createModelAccess } from "./model-access.ts";
import { ModelRegistry } from "./model-registry.ts";
import { resolveModelScope } from "./model-scope.ts";
import { selectModel } from "./select-model.ts";
import type { ContextFile } from "./system-prompt.ts";

/** Which conversation to go on with. */
export type SessionChoice =
  | { kind: "new" }
  | { kind: "memory" }
  | { kind: "continue" }
  | { kind: "open"; ref: string }
  /** The folder's session of this id, or a new one with it. */
  | { kind: "named"; id: string }
  /** A copy of another session, for this folder. */
  | { kind: "fork"; ref: string; id?: string };

export interface ToolChoice {
  only?: string;
  except?: string;
  none: boolean;
  noBuiltin: boolean;
}

/** What a run means: nothing optional but what may truly be absent. */
export interface RunOptions {
  cwd: string;
  agentDir: string;
  model?: string;
  provider?: string;
  /** Patterns of the models that cycling goes through; the first of them is started with where nothing else says which. */
  models: readonly string[];
  apiKey?: string;
  thinking?: ThinkingLevel;
  session: SessionChoice;
  sessionDir?: string;
  sessionName?: string;
  onBusy: "fail" | "wait" | "fork";
  tools: ToolChoice;
  /** Texts, files already read. */
  systemPrompt?: string;
  appendSystemPrompt: string[];
  withContextFiles: boolean;
  outputSchema?: Record<string, unknown>;
  isStrict: boolean;
  recordFile?: string;
  limits: { maxTurns: number; maxCostUsd: number; timeoutMs: number };
  stall: { modelMs: number; toolMs: number };
}

export interface CreatedSession {
  coding: CodingSession;
  registry: ModelRegistry;
  shell: ProcessShell;
  files: FileOperations;
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
}

export interface CustomParts {
  /** Beside the built-in ones; one of the same name replaces it. All are on unless the choice of tools says otherwise. */
  tools?: readonly Tool[];
  files?: FileOperations;
  shell?: ShellOperations;
  registry?: ModelRegistry;
  access?: (model: Model) => Promise<ModelAccess>;
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

/** A model that stands for none: nothing can be asked of it. */
export const noModel: Model = {
  id: "unknown",
  name: "unknown",
  api: "unknown",
  provider: "unknown",
  baseUrl: "",
  reasoning: false,
  input: [],
  contextWindow: 0,
  maxTokens: 0,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
};

export async function createSession(options: RunOptions, deps: CreateSessionDeps): Promise<CreatedSession> {
  const workspace = await createWorkspace(options, deps);
  const session = await openSession(options, deps);
  try {
    return await startSession(workspace, session);
  } catch (error) {
    session.close();
    throw error;
  }
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
  const { createShellOperations } = await import("../platform/spawn.ts");
  const { createFileOperations } = await import("../platform/files.ts");
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
    access: custom.access ?? createModelAccess({ registry, config, env: host.env, recordFile: options.recordFile, now: () => host.now() }),
    current: undefined,
  };
  return workspace;
}

/** A caller's own way to run commands: ending them is its own business, through their signals. */
function foreignShell(shell: ShellOperations): ProcessShell {
  return { run: (request) => shell.run(request), killAll: async () => {}, killAllNow: () => {} };
}

/** `keep`: what was in force before and goes on where the session records nothing. */
export async function startSession(
  workspace: Workspace,
  session: Session,
  keep?: { model: Model; thinkingLevel: ThinkingLevel },
): Promise<CreatedSession> {
  const { options, deps, registry, tools, files, shell, access } = workspace;
  const { host, config, warn } = deps;
  const recorded = session.entryCount > 0 ? session.context() : undefined;
  const selected = keep === undefined ? await chooseModel(workspace, recorded?.model) : await keptModel(workspace, keep, recorded?.model);
  const thinkingLevel =
    (keep === undefined ? options.thinking : undefined) ??
    selected.thinkingLevel ??
    recorded?.thinkingLevel ??
    keep?.thinkingLevel ??
    config.values.thinking;
  const activeToolNames = chooseTools(tools, options, config, warn);
  const artifacts = new ArtifactDirectory(session);
  workspace.current = { session };
  const coding = new CodingSession({
    session,
    model: selected.model,
    thinkingLevel,
    tools,
    activeToolNames,
    validate: async (tool, args) => (await import("../tools/shared/validate.ts")).validateArguments(tool, args),
    toolContext: { cwd: options.cwd, homeDir: host.homeDir, files, shell, artifactDir: () => artifacts.path() },
    prompt: {
      ...(options.systemPrompt === undefined ? {} : { systemPrompt: options.systemPrompt }),
      appended: options.appendSystemPrompt,
      contextFiles: options.withContextFiles ? await contextFiles(options) : [],
      skills: "",
      output: options.outputSchema === undefined ? "" : (await import("./structured-answer.ts")).outputInstruction(options.outputSchema),
      cwd: options.cwd,
      // The local date would cost 6 ms: the runtime loads its time zones for it.
      date: `${new Date(host.now()).toISOString().slice(0, 10)} (UTC)`,
    },
    ...(options.outputSchema === undefined ? {} : { outputSchema: options.outputSchema }),
    access,
    retry: config.values.retry,
    compaction: compactionSettings(config, registry),
    limits: options.limits,
    stall: options.stall,
    clock: { now: () => host.now(), random: Math.random },
  });
  workspace.current = { session, coding };
  if (keep === undefined && options.sessionName !== undefined && options.sessionName !== session.name)
    session.append({ type: "session_info", name: options.sessionName });
  const close = async (): Promise<void> => {
    await coding.dispose();
    artifacts.remove();
  };
  return {
    coding,
    registry,
    shell,
    files,
    modelWhy: selected.why,
    close,
    dispose: async () => {
      await coding.dispose();
      await shell.killAll();
      artifacts.remove();
    },
  };
}

/** Where this run's session files lie. */
export function sessionPlace(options: RunOptions, config: Config): { directory: string; override: string | undefined } {
  const override = options.sessionDir ?? config.values.sessionDir;
  return { directory: sessionDirectory({ cwd: options.cwd, agentDir: options.agentDir, override }), override };
}

/** How a session tells what befalls its file. */
export function sessionWatch({ host, warn }: CreateSessionDeps): SessionOptions {
  return {
    clock: () => host.now(),
    onWarning: warn,
    onStorageLost: (error: PiError) => warn(error.hint ? `${error.message} ${error.hint}` : error.message),
  };
}

export async function openSession(options: RunOptions, deps: CreateSessionDeps): Promise<Session> {
  const { session: choice, cwd } = options;
  const { directory, override } = sessionPlace(options, deps.config);
  const watch = sessionWatch(deps);
  const open = (path: string): Promise<Session> => Session.open(path, { ...watch, onBusy: options.onBusy });
  const find = async (ref: string): Promise<string> => {
    const { resolveSessionRef } = await import("../session/list-sessions.ts");
    const root = override === undefined ? { root: sessionRoot(options.agentDir) } : {};
    return resolveSessionRef(ref, { directory, cwd, ...root });
  };
  switch (choice.kind) {
    case "memory":
      return Session.create({ cwd, directory: undefined }, watch);
    case "open":
      return open(await find(choice.ref));
    case "continue": {
      const { mostRecentSession } = await import("../session/list-sessions.ts");
      const path = await mostRecentSession({ directory, cwd });
      return path === undefined ? Session.create({ cwd, directory }, watch) : open(path);
    }
    case "named": {
      const id = validId(choice.id);
      const { listSessions } = await import("../session/list-sessions.ts");
      for await (const summary of listSessions({ directory, cwd })) if (summary.id === id) return open(summary.path);
      return Session.create({ cwd, directory, id }, watch);
    }
    case "fork": {
      const source = await Session.open(await find(choice.ref), { ...watch, readOnly: true });
      try {
        return source.fork({ directory, cwd, ...(choice.id === undefined ? {} : { id: validId(choice.id) }) });
      } finally {
        source.close();
      }
    }
    default:
      return Session.create({ cwd, directory }, watch);
  }
}

function validId(id: string): string {
  if (isValidSessionId(id)) return id;
  throw new PiError(
    "usage.bad_session_id",
    "Session id must be non-empty, contain only alphanumeric characters, '-', '_', and '.', and start and end with an alphanumeric character",
    { hint: `Got ${JSON.stringify(id)}` },
  );
}

interface ChosenModel {
  model: Model;
  thinkingLevel?: ThinkingLevel;
  why: string;
}

async function chooseModel(
  { options, deps, registry }: Workspace,
  recorded: { provider: string; modelId: string } | undefined,
): Promise<ChosenModel> {
  const { config } = deps;
  const isRecorded = options.model === undefined && options.provider === undefined && recorded !== undefined;
  const pattern = isRecorded ? `${recorded.provider}/${recorded.modelId}` : options.model;
  const provider = isRecorded ? undefined : options.provider;
  const why = isRecorded ? { why: "the session's model" } : {};
  if (pattern === undefined && provider === undefined && config.values.model === undefined) {
    const [first] = resolveModelScope(options.models, registry).models;
    if (first !== undefined) return { ...first, model: await registry.ready(first.model), why: "the first of the models to cycle through" };
  }
  try {
    return { ...(await selectModel(pattern, provider, { registry, config })), ...why };
  } catch (error) {
    if (deps.mayLackModel !== true || !isPiError(error)) throw error;
    const isLacking = error.code === "auth.no_credential" || error.code === "config.no_base_url";
    if (isLacking && pattern === undefined && config.values.model === undefined) return { model: noModel, why: "no credential for any" };
    if (isLacking) return { ...(await selectModel(pattern, provider, { registry, config, withoutCredential: true })), ...why };
    if (isRecorded) return { model: noModel, why: `the session's model ${pattern} is not known here` };
    throw error;
  }
}

/** The session's own model where it can be had, else the one in force. */
async function keptModel(
  { deps, registry }: Workspace,
  keep: { model: Model },
  recorded: { provider: string; modelId: string } | undefined,
): Promise<ChosenModel> {
  const kept = { model: keep.model, why: "kept from the session before" };
  if (recorded === undefined || (recorded.provider === keep.model.provider && recorded.modelId === keep.model.id)) return kept;
  try {
    const selected = await selectModel(`${recorded.provider}/${recorded.modelId}`, undefined, { registry, config: deps.config });
    return { model: selected.model, why: "the session's model" };
  } catch {
    return kept;
  }
}

/** One's own first, so that it wins where names are the same. */
function allTools(options: RunOptions, own: readonly Tool[] = []): Tool[] {
  const builtin = builtinTools({ ripgrep: () => bundledRipgrep(options.agentDir) });
  return [...builtin.filter((tool) => !own.some((one) => one.name === tool.name)), ...own];
}

/** The model for summaries is looked up when the first one is written. */
function compactionSettings(config: Config, registry: ModelRegistry): CompactionSettings {
  const { model: pattern, ...settings } = config.values.compaction;
  if (pattern === undefined) return settings;
  return { ...settings, model: async () => (await selectModel(pattern, undefined, { registry, config })).model };
}

function chooseTools(tools: readonly Tool[], options: RunOptions, config: Config, warn: (line: string) => void): string[] {
  const builtin = new Set(builtinTools().map((tool) => tool.name));
  const ownToolNames = tools.map((tool) => tool.name).filter((name) => !builtin.has(name));
  const { active, unknown } = selectTools({
    available: tools.map((tool) => tool.name),
    defaults: [...config.values.tools.enabled, ...ownToolNames],
    ...(options.tools.only === undefined ? {} : { tools: options.tools.only }),
    ...(options.tools.except === undefined ? {} : { exclude: options.tools.except }),
    noTools: options.tools.none,
    noBuiltinTools: options.tools.noBuiltin,
  });
  if (unknown.length > 0) {
    const line = `Unknown tool${unknown.length > 1 ? "s" : ""} ${unknown.join(", ")}`;
    const hint = `There are ${tools.map((tool) => tool.name).join(", ")}`;
    if (options.isStrict) throw new PiError("usage.unknown_tool", line, { hint });
    warn(`${line}. ${hint}`);
  }
  return active;
}

async function contextFiles(options: RunOptions): Promise<ContextFile[]> {
  const { loadContextFiles } = await import("../resources/context-files.ts");
  return loadContextFiles({ agentDir: options.agentDir, cwd: options.cwd });
}

async function bundledRipgrep(agentDir: string): Promise<string> {
  const { ripgrepPath } = await import("../platform/ripgrep.ts");
  const { assetPath, readBinaryAsset } = await import("../platform/assets.ts");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  return ripgrepPath({ cacheDirs: [join(agentDir, "cache"), join(tmpdir(), "pi-cache")], readAsset: readBinaryAsset, assetPath });
}

/** What commands of the model see beside the user's environment. */
function toolEnvironment(current: Workspace["current"]): Record<string, string> {
  const { session, coding } = current ?? {};
  return {
    AI_AGENT: "pi",
    PI_CODING_AGENT: "true",
    ...(session === undefined ? {} : { PI_SESSION_ID: session.id }),
    ...(session?.filePath === undefined ? {} : { PI_SESSION_FILE: session.filePath }),
    ...(coding ? { PI_PROVIDER: coding.model.provider, PI_MODEL: coding.model.id, PI_REASONING_LEVEL: coding.thinkingLevel } : {}),
  };
}

/** Where output too long to show lies: beside the session file, or in a temporary directory that goes with the process. */
class ArtifactDirectory {
  readonly #session: Session;
  #path: Promise<string> | undefined;
  #temporary: (() => void) | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  path(): Promise<string> {
    this.#path ??= this.#make();
    return this.#path;
  }

  remove(): void {
    this.#temporary?.();
  }

  async #make(): Promise<string> {
    const { mkdirSync, mkdtempSync, rmSync } = await import("node:fs");
    const { filePath } = this.#session;
    if (filePath !== undefined && this.#session.storageLost === undefined) {
      const beside = `${filePath.replace(/\.jsonl$/, "")}.artifacts`;
      try {
        mkdirSync(beside, { recursive: true, mode: 0o700 });
        return beside;
      } catch {
        // A read-only session directory must not cost the command's output.
      }
    }
    const { tmpdir } = await import("node:os");
    const { join } = await import("node:path");
    const directory = mkdtempSync(join(tmpdir(), "pi-"));
    this.#temporary = () => rmSync(directory, { recursive: true, force: true });
    return directory;
  }
}
