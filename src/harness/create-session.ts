// The composition root: from what a run means to a session that can be prompted. Called by cli and the SDK.
// Invariant: nothing is loaded here that the first request does not need.

import type { Config } from "../config/load-config.ts";
import { PiError } from "../contracts/error.ts";
import type { Model, ThinkingLevel } from "../contracts/model.ts";
import type { FileOperations, Tool } from "../contracts/tool.ts";
import type { Host } from "../platform/host.ts";
import type { ProcessShell } from "../platform/spawn.ts";
import { isValidSessionId, sessionDirectory, sessionRoot } from "../session/locate.ts";
import { Session } from "../session/session.ts";
import { builtinTools, selectTools } from "../tools/registry.ts";
import { CodingSession } from "./coding-session.ts";
import { type LaunchResources, loadResources, type ResourceChoice } from "./launch-resources.ts";
import { createModelAccess } from "./model-access.ts";
import { ModelRegistry } from "./model-registry.ts";
import { selectModel } from "./select-model.ts";

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
  resources: ResourceChoice;
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
  resources: LaunchResources;
  /** Why this model. */
  modelWhy: string;
  /** Ends what runs and removes what goes with the process. */
  dispose(): Promise<void>;
}

export interface CreateSessionDeps {
  host: Host;
  config: Config;
  /** One line for stderr. */
  warn(line: string): void;
}

export async function createSession(options: RunOptions, deps: CreateSessionDeps): Promise<CreatedSession> {
  const { host, config, warn } = deps;
  const registry = new ModelRegistry({
    config,
    env: host.env,
    agentDir: options.agentDir,
    cwd: options.cwd,
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
  });
  const session = await openSession(options, deps);
  const recorded = session.entryCount > 0 ? session.context() : undefined;
  const selected = await chooseModel(options, registry, config, recorded?.model);
  const thinkingLevel = options.thinking ?? selected.thinkingLevel ?? recorded?.thinkingLevel ?? config.values.thinking;
  const tools = builtinTools({ ripgrep: () => bundledRipgrep(options.agentDir) });
  const activeToolNames = chooseTools(tools, options, config, warn);
  const { createShellOperations } = await import("../platform/spawn.ts");
  const { createFileOperations } = await import("../platform/files.ts");
  const files = createFileOperations();
  const access = createModelAccess({ registry, config, env: host.env, recordFile: options.recordFile, now: () => host.now() });
  const resources = await loadResources(options.resources, { ...options, homeDir: host.homeDir, config, warn });
  const systemPrompt = options.systemPrompt ?? resources.systemPrompt;
  const artifacts = new ArtifactDirectory(session);
  let coding: CodingSession | undefined;
  const shell = createShellOperations({
    ...(config.values.shell.path === undefined ? {} : { shellPath: config.values.shell.path }),
    commandPrefix: config.values.shell.commandPrefix,
    env: host.env,
    envPolicy: config.values.shell.env,
    extraEnv: () => toolEnvironment(session, coding),
  });
  coding = new CodingSession({
    session,
    model: selected.model,
    thinkingLevel,
    tools,
    activeToolNames,
    validate: async (tool, args) => (await import("../tools/shared/validate.ts")).validateArguments(tool, args),
    toolContext: { cwd: options.cwd, homeDir: host.homeDir, files, shell, artifactDir: () => artifacts.path() },
    prompt: {
      ...(systemPrompt === undefined ? {} : { systemPrompt }),
      appended: [...resources.appended, ...options.appendSystemPrompt],
      contextFiles: resources.contextFiles,
      skills: resources.skillsSection,
      output: options.outputSchema === undefined ? "" : (await import("./structured-answer.ts")).outputInstruction(options.outputSchema),
      cwd: options.cwd,
      // The local date would cost 6 ms: the runtime loads its time zones for it.
      date: `${new Date(host.now()).toISOString().slice(0, 10)} (UTC)`,
    },
    ...(options.outputSchema === undefined ? {} : { outputSchema: options.outputSchema }),
    expand: resources.expand,
    access,
    retry: config.values.retry,
    limits: options.limits,
    stall: options.stall,
    clock: { now: () => host.now(), random: Math.random },
  });
  if (options.sessionName !== undefined && options.sessionName !== session.name)
    session.append({ type: "session_info", name: options.sessionName });
  return {
    coding,
    registry,
    shell,
    files,
    resources,
    modelWhy: selected.why,
    dispose: async () => {
      await coding.dispose();
      await shell.killAll();
      artifacts.remove();
    },
  };
}

async function openSession(options: RunOptions, deps: CreateSessionDeps): Promise<Session> {
  const { host, config, warn } = deps;
  const { session: choice, cwd } = options;
  const override = options.sessionDir ?? config.values.sessionDir;
  const directory = sessionDirectory({ cwd, agentDir: options.agentDir, override });
  const watch = {
    clock: () => host.now(),
    onWarning: warn,
    onStorageLost: (error: PiError) => warn(error.hint ? `${error.message} ${error.hint}` : error.message),
  };
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

async function chooseModel(
  options: RunOptions,
  registry: ModelRegistry,
  config: Config,
  recorded: { provider: string; modelId: string } | undefined,
): Promise<{ model: Model; thinkingLevel?: ThinkingLevel; why: string }> {
  if (options.model === undefined && options.provider === undefined && recorded) {
    const selected = await selectModel(`${recorded.provider}/${recorded.modelId}`, undefined, { registry, config });
    return { ...selected, why: "the session's model" };
  }
  return selectModel(options.model, options.provider, { registry, config });
}

function chooseTools(tools: readonly Tool[], options: RunOptions, config: Config, warn: (line: string) => void): string[] {
  const { active, unknown } = selectTools({
    available: tools.map((tool) => tool.name),
    defaults: config.values.tools.enabled,
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

async function bundledRipgrep(agentDir: string): Promise<string> {
  const { ripgrepPath } = await import("../platform/ripgrep.ts");
  const { assetPath, readBinaryAsset } = await import("../platform/assets.ts");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  return ripgrepPath({ cacheDirs: [join(agentDir, "cache"), join(tmpdir(), "pi-cache")], readAsset: readBinaryAsset, assetPath });
}

/** What commands of the model see beside the user's environment. */
function toolEnvironment(session: Session, coding: CodingSession | undefined): Record<string, string> {
  return {
    AI_AGENT: "pi",
    PI_CODING_AGENT: "true",
    PI_SESSION_ID: session.id,
    ...(session.filePath === undefined ? {} : { PI_SESSION_FILE: session.filePath }),
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
