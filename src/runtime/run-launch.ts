// From a request of a host to a session that carries it out: what it is told, which tools it has, what commands see. Called by the runtimes: of
// `pi` the session is the conversation itself, for another agent it is what its tools, hooks and extensions act in.
// Invariant: both are prepared alike here, so that what one is told and allowed the other is, too; the process stays where and as it is.

import type { Config } from "../config/load-config.ts";
import { defined } from "../contracts/defined.ts";
import type { BootstrapText, Interceptor } from "../contracts/interceptor.ts";
import type { Tool } from "../contracts/tool.ts";
import { SessionHost } from "../harness/host/session-host.ts";
import { ExtensionLauncher } from "../harness/launch/extension-launcher.ts";
import { type CustomParts, prepareLaunch } from "../harness/launch/launch.ts";
import type { RunOptions, SessionChoice } from "../harness/launch/run-options.ts";
import type { Host } from "../platform/host.ts";
import type { Env } from "../platform/paths.ts";
import type { Skill } from "../resources/skills.ts";
import { childVariables } from "./child-variables.ts";
import { bootstrapText, loadBootstrapFiles } from "./context/bootstrap-files.ts";
import { type Permits, toolPermit } from "./context/policy.ts";
import { messagingText } from "./context/prompt-parts.ts";
import type { RunSkills } from "./context/run-skills.ts";
import type { SkillPlace } from "./context/skill-env.ts";
import type { RunRequest } from "./request.ts";
import type { RuntimeKind } from "./result.ts";
import type { SettingsSource } from "./settings-source.ts";

export type RuntimeHost = Pick<Host, "env" | "homeDir" | "now" | "hostModules" | "admitExtensions">;

export interface RuntimeDeps {
  host: RuntimeHost;
  settings: SettingsSource;
  /** Where groups have their sessions; without it each program has them where it always has. */
  dataDir?: string;
  warn(line: string): void;
  /** In place of what the agent makes itself. */
  custom?: Pick<CustomParts, "model" | "registry" | "access" | "files" | "shell">;
}

export interface LaunchKind {
  runtime: RuntimeKind;
  session: SessionChoice;
  sessionDir?: string;
  /** Whether our own tools are there. */
  hasBuiltin: boolean;
  /** Whether it may do without a model of ours. */
  mayLackModel: boolean;
  signal: AbortSignal;
  warn(line: string): void;
  /** Beside those of the request. */
  tools?: readonly Tool[];
  interceptors?: readonly Interceptor[];
}

export interface LaunchedRun {
  sessions: SessionHost;
  config: Config;
  /** What is told beside the conversation, in order; empty ones are left out. */
  told: string[];
  permits: Permits | undefined;
  /** What is told of skills, where there is something that can read them. */
  skills: string;
}

/** Rejects with what keeps the run from beginning. */
export async function launchRun(request: RunRequest, configured: Config, deps: RuntimeDeps, kind: LaunchKind): Promise<LaunchedRun> {
  const config = configOfRun(configured, request, kind);
  const { values } = config;
  const group = Object.hasOwn(values.groups, request.sessionKey) ? values.groups[request.sessionKey] : undefined;
  const permits = toolPermit({
    rules: [...values.tools.policy, ...(request.policy ?? [])],
    group,
    context: request.context,
    runtime: kind.runtime,
    sessionKey: request.sessionKey,
  });
  const model = request.model ?? group?.model;
  const thinking = request.thinking ?? group?.thinking;
  const options: RunOptions = {
    cwd: request.workspaceDir,
    agentDir: deps.settings.agentDir,
    // The other agent's models are not ours.
    ...(model === undefined || kind.runtime !== "pi" ? {} : { model }),
    ...defined({ thinking }),
    session: kind.session,
    onBusy: "wait",
    tools: { none: false, noBuiltin: !kind.hasBuiltin, permits: permits ?? (() => true) },
    appendSystemPrompt: [],
    resources: {
      withContextFiles: false,
      withSkills: request.skillsSnapshot === undefined,
      // Of the workspace, of the user, what the configuration adds; packages come behind it.
      skillOrder: ["command line", "project", "user", "settings"],
      withTemplates: false,
      skillPaths: [],
      templatePaths: [],
      withThemes: false,
      themePaths: [],
    },
    extensions: { paths: [], withDiscovered: true, flags: new Map() },
    isStrict: false,
    stallToolMs: 0,
    idle: [],
  };
  const extensions = new ExtensionLauncher({
    hostModules: () => deps.host.hostModules(),
    agentDir: deps.settings.agentDir,
    env: deps.host.env,
    now: () => deps.host.now(),
    warn: kind.warn,
    admit: (onStray) => deps.host.admitExtensions(onStray),
  });
  const tools = [...(request.extraTools ?? []), ...(kind.tools ?? [])];
  const interceptors = [...(permits === undefined ? [] : [permitInterceptor(permits)]), ...(kind.interceptors ?? [])];
  const custom: CustomParts = {
    ...deps.custom,
    ...(tools.length === 0 ? {} : { tools }),
    ...(interceptors.length === 0 ? {} : { interceptors }),
    ...defined({ messaging: request.context }),
    shellEnv: () => ofSkills,
  };
  const { host } = deps;
  const launch = await prepareLaunch(options, { host, config, extensions, warn: kind.warn, custom });
  const known = await skillsKnown(request, launch.resources.skills, kind.warn);
  const ofSkills = await variablesOfSkills(known.skills, config, host.env);
  const sessions = await SessionHost.create(launch, {
    host,
    extensions,
    warn: kind.warn,
    custom,
    mayLackModel: kind.mayLackModel,
    signal: kind.signal,
  });
  try {
    await sessions.extensions.bind({ mode: "print", lacksSession: kind.runtime !== "pi" });
    return { sessions, config, permits, ...(await tell(request, sessions, config, deps, kind, known.section)) };
  } catch (error) {
    await sessions.dispose();
    throw error;
  }
}

/** What commands of this run see because of its skills. */
async function variablesOfSkills(skills: readonly SkillPlace[], { values }: Config, env: Env): Promise<Record<string, string>> {
  const { entries } = values.skills;
  if (!skills.some(({ name }) => Object.hasOwn(entries, name))) return {};
  const { skillEnv } = await import("./context/skill-env.ts");
  return skillEnv({ entries, skills, env: { ...env, ...values.shell.set } });
}

/** The second time a tool is judged: an extension may have turned one on. */
function permitInterceptor(permits: Permits): Interceptor {
  return {
    name: "host policy",
    toolCall: async ({ name }) => (permits(name) ? undefined : { reason: `${name} is not allowed in this conversation` }),
  };
}

/** Puts what the run is told into its prompt. */
async function tell(
  request: RunRequest,
  { coding: { conversation } }: SessionHost,
  { values }: Config,
  { settings }: RuntimeDeps,
  { warn }: LaunchKind,
  known: string,
): Promise<Pick<LaunchedRun, "told" | "skills">> {
  const bootstrap = bootstrapOf(request, values.bootstrap.files, settings.agentDir, warn);
  const files: readonly BootstrapText[] =
    (await conversation.interceptor?.bootstrap?.(bootstrap.files, request.workspaceDir)) ?? bootstrap.files;
  const told = [
    bootstrapText({ files: [...files], missing: bootstrap.missing }, values.bootstrap),
    messagingText(request.context, values.runtime.tellPhoneNumbers),
    request.extraSystemPrompt ?? "",
  ].filter((text) => text.trim() !== "");
  const { tools: _, ...parts } = conversation.promptParts();
  const canRead = conversation.activeToolNames.includes("read");
  const skills = canRead ? known : "";
  if (told.length > 0 || skills !== parts.skills)
    conversation.setResources({ ...parts, skills, appended: [...parts.appended, ...told] }, undefined);
  return { told, skills: known };
}

function bootstrapOf(request: RunRequest, names: readonly string[], agentDir: string, warn: (line: string) => void) {
  const { bootstrap, workspaceDir } = request;
  if (bootstrap === false) return { files: [], missing: [] };
  return bootstrap === undefined
    ? loadBootstrapFiles({ workspaceDir, agentDir, names, warn })
    : { files: bootstrap.map((one) => ({ ...one })), missing: [] };
}

async function skillsKnown({ skillsSnapshot }: RunRequest, found: readonly Skill[], warn: (line: string) => void): Promise<RunSkills> {
  if (skillsSnapshot === undefined && found.length === 0) return { skills: [], section: "" };
  const { skillsOfRun, skillsOfSnapshot } = await import("./context/run-skills.ts");
  return skillsOfRun(skillsSnapshot === undefined ? found : skillsOfSnapshot(skillsSnapshot), warn);
}

/** What was asked for stands over what is configured. The run's time is measured around it. */
function configOfRun(config: Config, request: RunRequest, { sessionDir }: LaunchKind): Config {
  const { values } = config;
  // Who writes to the room must not read our keys out of the environment of a command, unless the user has said what commands see.
  const sees = config.origin("shell.env").kind === "default" ? childVariables(config) : values.shell.env;
  const { maxTurns = values.limits.maxTurns, maxCostUsd = values.limits.maxCostUsd, builtInTools } = request;
  return {
    ...config,
    values: {
      ...values,
      limits: { ...values.limits, maxTurns, maxCostUsd },
      shell: { ...values.shell, env: sees },
      ...defined({ sessionDir }),
      ...(builtInTools === undefined ? {} : { tools: { ...values.tools, enabled: [...builtInTools] } }),
    },
  };
}

/** How long a run may take: what was asked for, else its group's, else the usual; 0: the longest there is. Never longer than that. */
export function timeoutMsOf(request: RunRequest, { values: { groups, runtime } }: Config): number {
  const group = Object.hasOwn(groups, request.sessionKey) ? groups[request.sessionKey] : undefined;
  const asked = request.timeoutMs ?? group?.timeoutMs ?? runtime.timeoutMs;
  return asked > 0 ? Math.min(asked, runtime.maxTimeoutMs) : runtime.maxTimeoutMs;
}

/** What the tools of a session are. */
export function toolFacts(sessions: SessionHost) {
  const tool = (name: string): Tool | undefined => sessions.coding.conversation.tools.find((one) => one.name === name);
  return {
    isReadOnly: (name: string): boolean => tool(name)?.isReadOnly === true,
    sentText: (name: string, args: Readonly<Record<string, unknown>>): string | undefined => tool(name)?.sentText?.(args),
  };
}
