// What extensions of a session can see and do: `ctx`, and the actions behind `pi`. Made by session-extensions for one coding session.
// Invariant: nothing here outlives the session: once it is replaced, whatever is asked is refused.

import { defined } from "../../contracts/defined.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import type {
  ExtensionActions,
  ExtensionCommandContext,
  ExtensionContext,
  ExtensionError,
  ExtensionMode,
  ExtensionModelRegistry,
  ExtensionUIContext,
  ReplacedSessionContext,
  SendMessageOptions,
  SendUserMessageOptions,
  SessionControl,
  SlashCommandInfo,
  ToolInfo,
} from "../../contracts/extension.ts";
import type { CustomMessageDraft, UiPromptKind } from "../../contracts/extension-event.ts";
import { contentProblem, isEncodable } from "../../contracts/given-message.ts";
import type { CustomMessage, ImageContent, UserContent } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import { noUi } from "../../extensions/no-ui.ts";
import type { Env } from "../../platform/paths.ts";
import type { Skill } from "../../resources/skills.ts";
import { sessionView } from "../../session/tree/session-view.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { usageOfWindow } from "../conversation/session-stats.ts";
import type { Intake } from "../intake/intake.ts";
import type { ModelRegistry } from "../models/model-registry.ts";
import type { ScopedModel } from "../models/model-scope.ts";
import { ModelStream } from "../models/model-stream.ts";
import type { CodingSession } from "../run/coding-session.ts";
import { modelsFor } from "./model-view.ts";
import { promptOptions } from "./prompt-options.ts";

/** What the host of a session lends to extensions; all of it may be absent. */
export interface ExtensionBindings {
  uiContext?: ExtensionUIContext;
  /** Default `print`. */
  mode?: ExtensionMode;
  /** The conversation is another agent's: what only a session of ours can do is refused (`extension.no_session`). */
  lacksSession?: boolean;
  /** In place of what the session host does itself. */
  commandContextActions?: Partial<SessionControl>;
  abortHandler?: () => void;
  shutdownHandler?: () => void;
  onError?: (error: ExtensionError) => void;
}

/** The session and what it is a part of. */
export interface ExtensionSurroundings {
  coding: CodingSession;
  intake: Intake;
  registry: ModelRegistry;
  env: Env;
  cwd: string;
  isProjectTrusted: boolean;
  now(): number;
  bindings(): ExtensionBindings;
  hasModel(): boolean;
  scope(): readonly ScopedModel[];
  control: SessionControl;
  /** With their sources. */
  tools(): ToolInfo[];
  commands(): SlashCommandInfo[];
  /** Around a dialog that somebody is waited for. */
  prompting<T>(kind: UiPromptKind, title: string, dialog: Promise<T>): Promise<T>;
  /** Says once for each extension that it wants one. */
  lacksTerminal(extensionPath: string): Promise<undefined>;
  skills(): readonly Skill[];
  settings(): Readonly<Record<string, unknown>>;
  /** @throws PiError `extension.stale`. */
  requireLive(): void;
  report(error: ExtensionError): void;
  /** Later, where settled handlers are being told; else now. */
  soon(work: () => void): void;
  /** Something that they have begun, which whoever ends the process waits for. */
  begun<T>(work: Promise<T>): Promise<T>;
}

/** `extensionPath`: whose it is, where that is known. */
export function createContext(about: ExtensionSurroundings, extensionPath?: string): ExtensionContext {
  const { coding, registry } = about;
  const live = <T>(value: T): T => {
    about.requireLive();
    return value;
  };
  return {
    get ui() {
      const { uiContext } = about.bindings();
      const ui = live(uiContext ?? noUi);
      return withFields(Object.create(ui) as typeof ui, {
        ...(uiContext !== undefined && announcedDialogs(uiContext, about)),
        ...(extensionPath !== undefined && about.bindings().mode !== "tui" && { custom: () => about.lacksTerminal(extensionPath) }),
      });
    },
    get mode() {
      return live(about.bindings().mode ?? "print");
    },
    get hasUI() {
      return live(about.bindings().uiContext !== undefined);
    },
    get cwd() {
      return live(about.cwd);
    },
    get sessionManager() {
      return live(sessionView(coding.session));
    },
    get modelRegistry() {
      return live(modelsFor(registry, { report: about.report, call: callBeside(coding.conversation, registry) }));
    },
    get model() {
      return live(about.hasModel() ? coding.conversation.model : undefined);
    },
    get scopedModels() {
      return live(about.scope());
    },
    get thinkingLevel() {
      return live(coding.conversation.thinkingLevel);
    },
    isIdle: () => live(!coding.isStreaming && !coding.compaction.isRunning),
    isProjectTrusted: () => live(about.isProjectTrusted),
    get signal() {
      return live(coding.signal);
    },
    abort: () => {
      about.requireLive();
      const { abortHandler } = about.bindings();
      if (abortHandler !== undefined) abortHandler();
      else void coding.abort();
    },
    hasPendingMessages: () => live(coding.queue.count > 0),
    shutdown: () => {
      about.requireLive();
      about.bindings().shutdownHandler?.();
    },
    getContextUsage: () => live(usageOfWindow(coding.conversation)),
    compact: ({ customInstructions, onComplete, onError } = {}) => {
      about.requireLive();
      requireSession(about, "compact");
      coding.compaction.run(customInstructions).then(
        (result) => onComplete?.(result),
        (error: unknown) => onError?.(error instanceof Error ? error : new Error(messageOf(error))),
      );
    },
    getSystemPrompt: () => live(coding.conversation.promptInForce()),
    getSystemPromptOptions: () => live(promptOptions(coding.conversation.promptParts(), about.skills())),
  };
}

/** As the conversation calls its model: with the same credentials, and no longer silent. */
function callBeside({ deps }: Conversation, registry: ModelRegistry): ExtensionModelRegistry["stream"] {
  return (model, context, options = {}) =>
    new ModelStream({
      model,
      context,
      options,
      silenceMs: deps.stall.modelMs,
      access: async (credential) => {
        const ready = await registry.ready(model);
        return { model: ready, ...(await deps.access(ready, credential)) };
      },
    });
}

/** Dialogs that are waited for: others are told that somebody is asked. */
function announcedDialogs(
  ui: ExtensionUIContext,
  { prompting }: ExtensionSurroundings,
): Pick<ExtensionUIContext, "select" | "confirm" | "input" | "editor"> {
  return {
    select: (title, ...about) => prompting("select", title, ui.select(title, ...about)),
    confirm: (title, ...about) => prompting("confirm", title, ui.confirm(title, ...about)),
    input: (title, ...about) => prompting("input", title, ui.input(title, ...about)),
    editor: (title, ...about) => prompting("editor", title, ui.editor(title, ...about)),
  };
}

export function createCommandContext(about: ExtensionSurroundings, extensionPath?: string): ExtensionCommandContext {
  const control = { ...about.control, ...about.bindings().commandContextActions };
  const guarded = <A extends unknown[], R>(work: (...args: A) => R, needsSession?: string): ((...args: A) => R) => {
    return (...args) => {
      about.requireLive();
      if (needsSession !== undefined) requireSession(about, needsSession);
      return work(...args);
    };
  };
  const controlled = <K extends keyof SessionControl>(
    name: K,
  ): ((...args: Parameters<SessionControl[K]>) => ReturnType<SessionControl[K]>) =>
    guarded(control[name] as (...args: Parameters<SessionControl[K]>) => ReturnType<SessionControl[K]>, name);
  return withFields(createContext(about, extensionPath), {
    waitForIdle: guarded(() => about.coding.waitForIdle()),
    newSession: controlled("newSession"),
    fork: controlled("fork"),
    switchSession: controlled("switchSession"),
    navigateTree: controlled("navigateTree"),
    reload: controlled("reload"),
  });
}

export function createReplacedContext(about: ExtensionSurroundings): ReplacedSessionContext {
  return withFields(createCommandContext(about), {
    sendMessage: async (message: CustomMessageDraft, how?: SendMessageOptions) => {
      const run = about.coding.add(customMessage(message, about.now()), how);
      if (run !== undefined) await about.begun(run);
    },
    sendUserMessage: async (content: string | UserContent[], how?: SendUserMessageOptions) =>
      about.begun(sendUserMessage(about, content, how)),
  });
}

/** Copies would ask the getters once and for all. */
function withFields<T extends object, F extends object>(target: T, fields: F): T & F {
  return Object.defineProperties(target, Object.getOwnPropertyDescriptors(fields)) as T & F;
}

export function createActions(about: ExtensionSurroundings): ExtensionActions {
  const { coding } = about;
  const failed = (event: string) => (error: unknown) => about.report({ extensionPath: "<runtime>", event, error: messageOf(error) });
  /** Where the conversation is another agent's it would be lost, or done twice. */
  const ofSession = <A extends unknown[], R>(name: string, work: (...args: A) => R): ((...args: A) => R) => {
    return (...args) => {
      requireSession(about, name);
      return work(...args);
    };
  };
  return {
    sendMessage: ofSession("sendMessage", (message, how) =>
      about.soon(() => {
        const run = coding.add(customMessage(message, about.now()), how);
        if (run !== undefined) about.begun(run).catch(failed("sendMessage"));
      }),
    ),
    sendUserMessage: ofSession("sendUserMessage", (content, how) =>
      about.soon(() => void about.begun(sendUserMessage(about, content, how)).catch(failed("sendUserMessage"))),
    ),
    appendEntry: ofSession("appendEntry", (customType, data) => void coding.conversation.appendCustomEntry(customType, data)),
    setSessionName: ofSession("setSessionName", (name) => coding.conversation.setName(String(name ?? ""))),
    getSessionName: () => coding.session.name,
    setLabel: ofSession("setLabel", (entryId, label) => coding.setLabel(entryId, label)),
    exec: async (command, args, how) => (await import("../../extensions/exec.ts")).execIn(about, command, args, how),
    getActiveTools: () => [...coding.conversation.activeToolNames],
    setActiveTools: (names) =>
      coding.conversation.setActiveToolNames(
        names.filter((name) => coding.conversation.tools.some((tool) => tool.name === name && tool.exposure !== "hidden")),
      ),
    getAllTools: () => about.tools(),
    getCommands: () => about.commands(),
    setModel: async (model) => {
      requireSession(about, "setModel");
      if (!about.registry.isAvailable(model.provider, true)) return false;
      coding.conversation.choices.setModel(await about.registry.ready(model));
      return true;
    },
    getThinkingLevel: () => coding.conversation.thinkingLevel,
    setThinkingLevel: ofSession("setThinkingLevel", (level) => void coding.conversation.choices.setThinkingLevel(level)),
    getSettings: () => about.settings(),
    getMcpServers: () => [],
  };
}

/** @throws PiError `extension.no_session` */
function requireSession({ bindings }: ExtensionSurroundings, what: string): void {
  if (bindings().lacksSession === true)
    throw new PiError("extension.no_session", `${what} needs a session of pi, and this run is carried out by another agent`, {
      hint: "Tools, and the events of tools and messages, are there all the same",
    });
}

/** Resolves when it is queued, handled, or its run has settled. */
async function sendUserMessage(
  { coding, intake }: ExtensionSurroundings,
  content: string | UserContent[],
  { deliverAs, expandPromptTemplates = false }: SendUserMessageOptions = {},
): Promise<void> {
  requireContent(content);
  const images = typeof content === "string" ? [] : content.filter((block): block is ImageContent => block.type === "image");
  const received = await intake.receive({
    text: textOf(content),
    source: "extension",
    isExpanded: expandPromptTemplates,
    ...(images.length === 0 ? {} : { images }),
    ...(coding.isStreaming && deliverAs !== undefined ? { streamingBehavior: deliverAs } : {}),
  });
  const begun = intake.begin(received, { streamingBehavior: deliverAs });
  if (begun.disposition === "started") await begun.done;
}

export function customMessage(draft: CustomMessageDraft | null, timestamp: number): CustomMessage {
  const { customType, content, display, details } = draft ?? ({} as Partial<CustomMessageDraft>);
  if (typeof customType !== "string" || (typeof content !== "string" && !Array.isArray(content))) {
    throw new PiError("extension.bad_message", "A message of an extension needs a customType and a content (text or a list of blocks)");
  }
  requireContent(content);
  if (!isEncodable(details)) {
    throw new PiError("extension.bad_message", `The details of the message ${customType} cannot be written as JSON`, {
      hint: "Leave out circles and BigInt",
    });
  }
  return { role: "custom", customType, content, display: display !== false, ...defined({ details }), timestamp };
}

/** @throws PiError `extension.bad_message` */
function requireContent(content: unknown): void {
  const problem = contentProblem(content);
  if (problem === undefined) return;
  throw new PiError("extension.bad_message", `A message of an extension cannot be said: ${problem}`, {
    hint: 'A block is { type: "text", text } or { type: "image", data, mimeType }',
  });
}
