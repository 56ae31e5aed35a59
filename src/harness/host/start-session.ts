// From a launch and a session file to a session that can be prompted: its model, tools, prompt, extensions. Called by session-host.
// Invariant: nothing is loaded here that the first request does not need.

import type { LoadExtensionsResult } from "../../contracts/extension.ts";
import { inOrder } from "../../contracts/interceptor.ts";
import type { Message } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { Session } from "../../session/tree/session.ts";
import { systemStateOf } from "../conversation/system-prompt.ts";
import type { Attachment, SessionExtensions } from "../extensions/session-extensions.ts";
import { Intake } from "../intake/intake.ts";
import { chooseModel, compactionSettings, fallbackSettings, keptModel, noModel, requireUsable, withQuota } from "../launch/choose-model.ts";
import { type Launch, type LaunchDeps, withOwn } from "../launch/launch.ts";
import { chooseTools, launchPrompt } from "../launch/launch-prompt.ts";
import { CodingSession } from "../run/coding-session.ts";
import { LazyArtifacts } from "./lazy-artifacts.ts";
import { WatchedTools } from "./watched-tools.ts";
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
  /** What extensions of this session may ask of the host. */
  extensionHost: ExtensionHost;
}

export async function startSession(
  launch: Launch,
  workspace: Workspace,
  session: Session,
  deps: StartDeps,
  { keep, extensionHost }: StartOptions,
): Promise<CreatedSession> {
  const { options, config, registry, resources, parts, limits, stall } = launch;
  const { files, shell, access } = workspace;
  const { host, warn } = deps;
  const now = (): number => host.now();
  const recorded = session.leafId !== null ? session.context() : undefined;
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
  const thinkingLevel =
    (keep === undefined ? options.thinking : undefined) ??
    selected.thinkingLevel ??
    recorded?.thinkingLevel ??
    keep?.thinkingLevel ??
    config.values.thinking;
  const extensions = parts === undefined ? undefined : await sessionExtensions(parts.extensions);
  const recordedTools = keep === undefined && recorded !== undefined ? toolsOf(recorded.messages) : undefined;
  const { tools, active } = sessionTools(launch, extensions, warn, recordedTools);
  const artifacts = new LazyArtifacts(session);
  // A caller's own files and commands may be of another machine.
  const watched =
    deps.custom?.files === undefined && deps.custom?.shell === undefined
      ? new WatchedTools(session, host.env, { files, shell })
      : undefined;
  workspace.current = { session };
  const coding = new CodingSession({
    session,
    context: recorded,
    model: selected.model,
    thinkingLevel,
    tools,
    activeToolNames: active,
    validate: async (tool, args) => (await import("../../tools/shared/validate.ts")).validateArguments(tool, args),
    toolContext: { cwd: options.cwd, homeDir: host.homeDir, files: watched?.files ?? files, shell: watched?.shell ?? shell, artifacts },
    prompt: await launchPrompt(options, resources, now()),
    expand: resources.expand,
    interceptor: inOrder(extensions === undefined ? [] : [extensions]),
    ...(options.outputSchema === undefined ? {} : { outputSchema: options.outputSchema }),
    access,
    retry: config.values.retry,
    compaction: compactionSettings(config, registry),
    fallback,
    limits,
    stall,
    clock: { now, random: Math.random },
  });
  workspace.current = { session, coding };
  if (watched !== undefined) {
    coding.subscribe(({ type }) => {
      if (type === "agent_settled") watched.endRun();
    });
  }
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
      now,
      resources,
      chooseTools: (all, off) => chooseTools(all, { options, config, warn: () => {}, off, recorded: recordedTools }),
      ownTools: launch.tools,
      warn,
    });
  }
  if (keep === undefined && options.sessionName !== undefined && options.sessionName !== session.name) {
    session.append({ type: "session_info", name: options.sessionName });
    coding.conversation.name = options.sessionName;
  }
  return {
    launch,
    coding,
    intake,
    extensions,
    modelWhy: selected.why,
    close: async () => {
      await coding.dispose();
      extensions?.invalidate();
      await artifacts.remove();
    },
  };
}

/** All there are in a session, and the names of those that its model gets. @throws PiError `usage.unknown_tool` when strict. */
export function sessionTools(
  { tools: own, options, config }: Launch,
  extensions: Pick<SessionExtensions, "tools" | "offByDefault"> | undefined,
  warn: (line: string) => void,
  recorded?: ReadonlySet<string>,
): { tools: ReturnType<typeof withOwn>; active: string[] } {
  const tools = withOwn(own, extensions?.tools());
  const off = extensions?.offByDefault();
  return {
    tools,
    active: chooseTools(tools, { options, config, warn, recorded, ...(off && { off }), isComplete: extensions === undefined }),
  };
}

/** Of a session in which no model has been told of any there is nothing to keep. */
function toolsOf(messages: readonly Message[]): ReadonlySet<string> | undefined {
  const isRecorded = messages.some((message) => message.role === "system" && (message.toolsAdded ?? message.sections) !== undefined);
  return isRecorded ? new Set(systemStateOf(messages).tools.keys()) : undefined;
}

export async function sessionExtensions(loaded: LoadExtensionsResult): Promise<SessionExtensions> {
  const { SessionExtensions } = await import("../extensions/session-extensions.ts");
  return new SessionExtensions(loaded);
}
