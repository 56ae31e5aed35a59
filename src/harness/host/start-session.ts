// From a launch and a session file to a session that can be prompted: its model, tools, prompt, extensions. Called by session-host.
// Invariant: nothing is loaded here that the first request does not need.

import { isTrustedItself } from "../../config/trust.ts";
import { defined } from "../../contracts/defined.ts";
import type { LoadExtensionsResult } from "../../contracts/extension.ts";
import { type Interceptor, inOrder } from "../../contracts/interceptor.ts";
import type { Message } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { Denial } from "../../contracts/policy.ts";
import type { CommandHooks } from "../../extensions/command-hooks/command-hooks.ts";
import type { Session } from "../../session/tree/session.ts";
import { StoredContext } from "../conversation/stored-context.ts";
import { systemStateOf } from "../conversation/system-prompt.ts";
import type { Attachment, SessionExtensions } from "../extensions/session-extensions.ts";
import { Intake } from "../intake/intake.ts";
import { chooseModel, compactionSettings, fallbackSettings, keptModel, noModel, requireUsable, withQuota } from "../launch/choose-model.ts";
import { type Launch, type LaunchDeps, policyRows, withOwn } from "../launch/launch.ts";
import { chooseTools, isOffered, launchPrompt } from "../launch/launch-prompt.ts";
import { nameOf } from "../recovery/fallback.ts";
import { CodingSession } from "../run/coding-session.ts";
import { LazyArtifacts } from "./lazy-artifacts.ts";
import { type WatchDeps, WatchedTools } from "./watched-tools.ts";
import type { Workspace } from "./workspace.ts";

export interface CreatedSession {
  /** What it was started with, and what extensions have found since. */
  launch: Launch;
  coding: CodingSession;
  /** The way in for words. */
  intake: Intake;
  /** Nothing where none were loaded. */
  extensions: SessionExtensions | undefined;
  /** Why this model. */
  modelWhy: string;
  /** Ends what runs in this session and lets go of its file; what the workspace holds stays. */
  close(): Promise<void>;
}

/** What only the host of sessions can lend to extensions. */
export type ExtensionHost = Pick<Attachment, "bindings" | "hasModel" | "scope" | "control">;

export interface StartDeps extends Omit<LaunchDeps, "config"> {
  /** Start also without a credential, even without any model (`noModel`): long-lived hosts get theirs later. Default false. */
  mayLackModel?: boolean;
}

export interface StartOptions {
  /** What was in force before and goes on where the session records nothing. */
  keep?: { model: Model; thinkingLevel: ThinkingLevel };
  /** The same session with all read anew: its tools are chosen by what is said now. */
  isReload?: boolean;
  /** What extensions of this session may ask of the host. */
  extensionHost: ExtensionHost;
}

export async function startSession(
  launch: Launch,
  workspace: Workspace,
  session: Session,
  deps: StartDeps,
  { keep, isReload, extensionHost }: StartOptions,
): Promise<CreatedSession> {
  const { options, config, registry, resources, parts, limits, stall } = launch;
  const { files, shell, access } = workspace;
  const { host, warn } = deps;
  const now = (): number => host.now();
  const stored = session.leafId !== null ? new StoredContext(session) : undefined;
  const recorded = stored?.outline;
  const extensions = parts === undefined ? undefined : await sessionExtensions(parts.extensions);
  // Before the model is chosen: it may be one of theirs.
  extensions?.registerProviders(registry);
  await registry.learned();
  const fallback = await fallbackSettings(launch, { warn, now });
  const selected =
    keep === undefined
      ? await withQuota(
          await chooseModel(launch, recorded?.model, {
            mayLackModel: deps.mayLackModel === true,
            ...(deps.custom?.model === undefined ? {} : { given: deps.custom.model }),
          }),
          fallback,
        )
      : await keptModel(launch, keep, recorded?.model);
  if (selected.warning !== undefined) warn(selected.warning);
  const saidLevel =
    (keep === undefined ? options.thinking : undefined) ?? selected.thinkingLevel ?? recorded?.thinkingLevel ?? keep?.thinkingLevel;
  const wantedLevel = saidLevel ?? config.values.thinking;
  const thinkingLevel = saidLevel ?? config.values.modelThinkingLevels[nameOf(selected.model)] ?? wantedLevel;
  const isJudgedAnew = options.tools.permits !== undefined;
  const recordedTools = recorded === undefined || isReload === true || isJudgedAnew ? undefined : toolsOf(recorded.systemMessages);
  const { tools, active } = sessionTools(launch, extensions, warn, recordedTools);
  const artifacts = new LazyArtifacts(session);
  // A caller's own files and commands may be of another machine.
  const watched =
    deps.custom?.files === undefined && deps.custom?.shell === undefined
      ? new WatchedTools(
          session,
          { files, shell },
          { ...shellOf(launch, deps), cwd: options.cwd, trusts: (root) => isTrustedItself(root, options.agentDir), warn },
        )
      : undefined;
  const denied: Denial[] = [];
  const running = (): CodingSession | undefined => workspace.current?.coding;
  const hooks = await commandHooks(launch, session, deps, running);
  const policy = await launchPolicy(launch, { ...deps, files, extensionHost, denied: (denial) => void denied.push(denial) });
  // Who changes a call, then who decides about it, the policy with whom it asks. What came of it is noted below the tools, whoever called them.
  const interceptors = [extensions, hooks, policy, ...(deps.custom?.interceptors ?? [])].filter((one) => one !== undefined);
  workspace.current = { session };
  const coding = new CodingSession({
    session,
    stored,
    model: selected.model,
    thinkingLevel,
    wantedLevel,
    tools,
    activeToolNames: active,
    validate: async (tool, args) => (await import("../../tools/shared/validate.ts")).validateArguments(tool, args),
    toolContext: {
      cwd: options.cwd,
      homeDir: host.homeDir,
      files: watched?.files ?? files,
      shell: watched?.shell ?? shell,
      artifacts,
      ...(deps.custom?.messaging && { messaging: deps.custom.messaging }),
    },
    prompt: await launchPrompt(options, resources, now()),
    expand: resources.expand,
    interceptor: inOrder(interceptors),
    wishes: {
      blocksImages: config.values.images.block,
      resizesImages: config.values.images.resize,
      thinkingBudgets: config.values.thinkingBudgets,
      thinkingLevels: config.values.modelThinkingLevels,
      cacheRetention: config.values.cacheRetention,
    },
    denied,
    ...defined({ outputSchema: options.outputSchema }),
    access,
    retry: config.values.retry,
    compaction: compactionSettings(config, registry),
    fallback,
    limits,
    stall,
    clock: { now, random: Math.random },
  });
  coding.queue.steeringMode = config.values.steeringMode;
  coding.queue.followUpMode = config.values.followUpMode;
  workspace.current = { session, coding };
  if (watched !== undefined) {
    coding.subscribe((event) => {
      if (event.type === "message_update") watched.hear(event.assistantMessageEvent);
      return event.type === "agent_settled" ? watched.endRun() : undefined;
    });
  }
  if (hooks !== undefined) coding.subscribe((event) => hooks.told(event));
  const intake = new Intake(coding, () => {
    if (deps.custom?.access === undefined || coding.conversation.model === noModel) requireUsable(coding.conversation.model, registry);
  });
  if (extensions !== undefined) {
    await extensions.attach({
      ...extensionHost,
      coding,
      intake,
      registry,
      env: host.env,
      cwd: options.cwd,
      isProjectTrusted: config.project.trusted,
      settings: () => ({ ...config.values }),
      now,
      resources,
      toolsWith: (registered) => sessionTools(launch, { tools: registered }, () => {}, recordedTools),
      warn,
    });
  }
  if (keep === undefined && options.sessionName !== undefined && options.sessionName !== session.name) {
    session.append({ type: "session_info", name: options.sessionName });
    coding.conversation.name = options.sessionName;
  }
  if (keep === undefined) for (const line of (await hooks?.untold()) ?? []) warn(line);
  await hooks?.notify("session_start", { reason: keep === undefined ? "startup" : "new" });
  return {
    launch,
    coding,
    intake,
    extensions,
    modelWhy: selected.why,
    close: async () => {
      await hooks?.notify("session_shutdown", { reason: "quit" });
      await coding.dispose();
      await watched?.endRun();
      extensions?.invalidate();
      await artifacts.remove();
    },
  };
}

const plainShells = ["sh", "bash", "dash"];

/** How commands are run, as far as it says what they are. */
function shellOf({ config }: Launch, { host }: StartDeps): Pick<WatchDeps, "env" | "readsLinesAsWritten"> {
  const { path = "/bin/bash", commandPrefix, set } = config.values.shell;
  return {
    env: { ...host.env, ...set },
    readsLinesAsWritten: commandPrefix === "" && plainShells.includes(path.slice(path.lastIndexOf("/") + 1)),
  };
}

/** Loaded only where there are any. */
async function commandHooks(
  { config, options }: Launch,
  session: Session,
  { host, warn }: StartDeps,
  running: () => CodingSession | undefined,
): Promise<CommandHooks | undefined> {
  const rows = config.values.hooks;
  if (rows.length === 0) return undefined;
  const { CommandHooks } = await import("../../extensions/command-hooks/command-hooks.ts");
  return new CommandHooks({
    rows,
    cwd: options.cwd,
    env: host.env,
    about: () => ({
      sessionId: session.id,
      sessionFile: session.filePath,
      permissionMode: config.values.permissionMode,
      model: running()?.conversation.model.id,
    }),
    signal: () => running()?.signal,
    now: () => host.now(),
    warn,
  });
}

/** Loaded only where there is something to decide. */
async function launchPolicy(
  launch: Launch,
  {
    host,
    warn,
    files,
    extensionHost,
    denied,
  }: StartDeps & Pick<Workspace, "files"> & { extensionHost: ExtensionHost; denied(denial: Denial): void },
): Promise<Interceptor | undefined> {
  const { options, config } = launch;
  const rows = policyRows(launch);
  const mode = config.values.permissionMode;
  if (rows.length === 0 && mode === "auto") return undefined;
  const { createPolicy } = await import("../../extensions/policy/policy.ts");
  return createPolicy({
    rows,
    mode,
    places: { cwd: options.cwd, homeDir: host.homeDir, canonical: (path) => files.canonical(path) },
    ask: (title, message, signal) => extensionHost.bindings().uiContext?.confirm(title, message, signal === undefined ? {} : { signal }),
    denied,
    warn,
  });
}

/** All that may be had in a session, and the names of those that its model gets. @throws PiError `usage.unknown_tool` when strict. */
export function sessionTools(
  { tools: own, options, config }: Launch,
  extensions: { tools: Pick<SessionExtensions["tools"], "all" | "names"> } | undefined,
  warn: (line: string) => void,
  recorded?: ReadonlySet<string>,
): { tools: ReturnType<typeof withOwn>; active: string[] } {
  const tools = withOwn(own, extensions?.tools.all());
  const registered = extensions?.tools.names();
  return {
    tools: tools.filter(({ name }) => isOffered(name, options.tools)),
    active: chooseTools(tools, {
      options,
      config,
      warn,
      recorded,
      ...(registered && { registered }),
      isComplete: extensions === undefined,
    }),
  };
}

/** Of a session in which no model has been told of any there is nothing to keep. */
export function toolsOf(messages: readonly Message[]): ReadonlySet<string> | undefined {
  const isRecorded = messages.some((message) => message.role === "system" && (message.toolsAdded ?? message.sections) !== undefined);
  return isRecorded ? new Set(systemStateOf(messages).tools.keys()) : undefined;
}

export async function sessionExtensions(loaded: LoadExtensionsResult): Promise<SessionExtensions> {
  const { SessionExtensions } = await import("../extensions/session-extensions.ts");
  return new SessionExtensions(loaded);
}
