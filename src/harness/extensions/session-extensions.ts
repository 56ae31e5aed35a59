// The extensions of one session: binds them to it, tells them its events, asks them where the session asks. Made by start-session, which
// loads this module only where there are extensions. Invariant: what an extension does wrong is reported, and the session goes on.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { messageOf } from "../../contracts/error.ts";
import type {
  ExtensionError,
  LoadExtensionsResult,
  ProviderChange,
  ReplacedSessionContext,
  SlashCommandInfo,
  ToolInfo,
} from "../../contracts/extension.ts";
import type {
  ExtensionEventName,
  ExtensionEventOf,
  SessionBeforeCompactEvent,
  SessionBeforeTreeEvent,
  SessionBeforeTreeResult,
  SessionShutdownEvent,
  SessionStartEvent,
  SessionTreeEvent,
  ToolResultEvent,
  UserBashEvent,
  UserBashResult,
} from "../../contracts/extension-event.ts";
import type { InputText, Interceptor } from "../../contracts/interceptor.ts";
import type { CustomMessage, ImageContent, Message, ToolCall, UserMessage } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";
import { createSyntheticSourceInfo } from "../../contracts/source-info.ts";
import type { Tool, ToolResult } from "../../contracts/tool.ts";
import { ExtensionDispatch } from "../../extensions/dispatch.ts";
import { isHeardAlike } from "../../extensions/event-names.ts";
import { PartialMessage } from "../../extensions/partial-message.ts";
import { toolOf } from "../../extensions/tool.ts";
import type { Skill } from "../../resources/skills.ts";
import type { LaunchResources } from "../launch/launch-resources.ts";
import type { ModelRegistry } from "../models/model-registry.ts";
import {
  createActions,
  createCommandContext,
  createContext,
  createReplacedContext,
  customMessage,
  type ExtensionSurroundings,
} from "./extension-context.ts";
import { changeProvider } from "./extension-provider.ts";
import { promptOf, promptOptions } from "./prompt-options.ts";
import { hearsProviders, watchedFetch } from "./provider-events.ts";
import { listSlashCommands } from "./slash-commands.ts";

/** What the session lends; the rest of the surroundings is made here. */
export type Attachment = Omit<
  ExtensionSurroundings,
  "tools" | "commands" | "skills" | "lacksTerminal" | "requireLive" | "report" | "soon"
> & {
  resources: LaunchResources;
  /** The tools that are on unless somebody turns them off, of all there are. */
  chooseTools(all: readonly Tool[], off: ReadonlySet<string>): readonly string[];
  /** The built-in ones, and those of the host. */
  ownTools: readonly Tool[];
  /** Told when `bindings().onError` has nothing to tell. */
  warn(line: string): void;
};

export class SessionExtensions implements Interceptor {
  readonly name = "extensions";
  readonly loaded: LoadExtensionsResult;
  readonly #dispatch: ExtensionDispatch;
  readonly #partial = new PartialMessage();
  #attached: (Attachment & ExtensionSurroundings) | undefined;
  /** One notification after another. */
  #lastTold: Promise<void> = Promise.resolve();
  #resourceCommands: readonly SlashCommandInfo[] = [];
  #skills: readonly Skill[] = [];
  readonly #toldOfTerminal = new Set<string>();
  /** What went wrong before there was anybody to tell. */
  readonly #unsaid: ExtensionError[] = [];
  #turnIndex = 0;
  #hasStarted = false;
  /** While settled handlers are told: what they ask for is done behind them. */
  #later: (() => void)[] | undefined;

  constructor(loaded: LoadExtensionsResult) {
    this.loaded = loaded;
    this.#dispatch = new ExtensionDispatch({
      extensions: loaded.extensions,
      createContext: (path) => createContext(this.#session, path),
      report: (error) => this.report(error),
    });
  }

  get #session(): Attachment & ExtensionSurroundings {
    if (this.#attached === undefined) throw new Error("extensions were asked before their session was there");
    return this.#attached;
  }

  /** Of those who registered one of a name first. */
  tools(): Tool[] {
    const definitions = this.loaded.extensions.flatMap((extension) => [...extension.tools.values()].map((one) => one.definition));
    return definitions
      .filter((definition, at) => definitions.findIndex((one) => one.name === definition.name) === at)
      .map((definition) => toolOf(definition, () => createContext(this.#session)));
  }

  /** Tools that wait until somebody turns them on. */
  offByDefault(): Set<string> {
    const definitions = this.loaded.extensions.flatMap((extension) => [...extension.tools.values()].map((one) => one.definition));
    return new Set(definitions.filter((one) => one.defaultActive === false).map((one) => one.name));
  }

  /** From now on these extensions are this session's. */
  async attach(attachment: Attachment): Promise<void> {
    await this.setResources(attachment.resources);
    const { runtime } = this.loaded;
    const report = (error: ExtensionError): void => this.report(error);
    const attached: Attachment & ExtensionSurroundings = {
      ...attachment,
      tools: () => this.#toolInfos(),
      commands: () => this.commands(),
      skills: () => this.#skills,
      lacksTerminal: async (path) => {
        if (!this.#toldOfTerminal.has(path)) attachment.warn(`${path} wants to show something of its own, for which there is no terminal`);
        this.#toldOfTerminal.add(path);
        return undefined;
      },
      requireLive: () => void runtime.binding(),
      report,
      soon: (work) => (this.#later === undefined ? work() : void this.#later.push(work)),
    };
    this.#attached = attached;
    runtime.bind({
      actions: createActions(attached),
      createContext: () => createContext(attached),
      toolsChanged: () => this.#refreshTools(),
      providerChanged: (change) => this.#changeProvider(change, attached.registry),
      report,
    });
    for (const error of this.#unsaid.splice(0)) this.report(error);
    attachment.coding.subscribe((event) => this.#told(event));
  }

  /** What can be typed beside their commands has changed. */
  async setResources(resources: LaunchResources): Promise<void> {
    this.#skills = resources.skills;
    this.#resourceCommands = await listSlashCommands(resources);
  }

  /** What can be typed as `/name`. */
  commands(): SlashCommandInfo[] {
    const own = [...this.#dispatch.commands()].map(([name, { description, sourceInfo }]) => ({
      name,
      ...(description === undefined ? {} : { description }),
      source: "extension" as const,
      sourceInfo,
    }));
    return [...own, ...this.#resourceCommands];
  }

  /** Once; what the host has bound by then is what `session_start` finds. Gives the folders that extensions want looked into. */
  async start(about: Omit<SessionStartEvent, "type">): Promise<{ skillPaths: string[]; promptPaths: string[] }> {
    if (this.#hasStarted) return { skillPaths: [], promptPaths: [] };
    this.#hasStarted = true;
    await this.#dispatch.notify({ type: "session_start", ...about });
    const reason = about.reason === "reload" ? "reload" : "startup";
    const found = await this.#dispatch.collect<"resources_discover">({ type: "resources_discover", cwd: this.#session.cwd, reason });
    return { skillPaths: found.flatMap((one) => one.skillPaths ?? []), promptPaths: found.flatMap((one) => one.promptPaths ?? []) };
  }

  beforeReplace(event: ExtensionEventOf<"session_before_switch" | "session_before_fork">): Promise<boolean> {
    return this.#dispatch.isCancelled(event);
  }

  /** For a session that was started; may be started again. */
  async shutdown(about: Omit<SessionShutdownEvent, "type">): Promise<void> {
    if (!this.#hasStarted) return;
    this.#hasStarted = false;
    await this.#dispatch.notify({ type: "session_shutdown", ...about });
  }

  /** The session has gone: contexts that were kept are of no use any more. */
  invalidate(): void {
    this.loaded.runtime.invalidate();
  }

  /** For who has asked for this session in place of another. */
  replacedContext(): ReplacedSessionContext {
    return createReplacedContext(this.#session);
  }

  runCommand(text: string): Promise<boolean> {
    return this.#dispatch.runCommand(text, () => createCommandContext(this.#session));
  }

  async input({ text, images, source, streamingBehavior }: InputText): Promise<Pick<InputText, "text" | "images"> | undefined> {
    return this.#dispatch.input({
      type: "input",
      text,
      source,
      ...(images === undefined ? {} : { images: [...images] }),
      ...(streamingBehavior === undefined ? {} : { streamingBehavior }),
    });
  }

  async beforeAgentStart(
    message: UserMessage | CustomMessage,
    promptInForce: (replaced: string | undefined) => string,
  ): Promise<{ messages: CustomMessage[]; systemPrompt?: string }> {
    const nothing = { messages: [] };
    if (!this.#dispatch.hears("before_agent_start")) return nothing;
    const { conversation } = this.#session.coding;
    const parts = conversation.promptParts();
    const options = promptOptions(parts, this.#session.skills());
    const unchanged = JSON.stringify(options);
    const content = typeof message.content === "string" ? [] : message.content;
    const images = content.filter((block): block is ImageContent => block.type === "image");
    const about =
      message.role === "user"
        ? { messageType: "user" as const, prompt: textOf(message.content), ...(images.length === 0 ? {} : { images }) }
        : { type: "before_agent_start" as const, messageType: "custom" as const, message, systemPrompt: "", systemPromptOptions: options };
    const changed = (): string | undefined => (JSON.stringify(options) === unchanged ? undefined : promptOf(parts, options));
    const inForce = (replaced: string | undefined): string => promptInForce(replaced ?? changed());
    const answer = await this.#untilAbort(this.#dispatch.beforeAgentStart(about, options, inForce), undefined);
    if (answer === undefined) return nothing;
    if (options.selectedTools.join() !== parts.tools.map(({ name }) => name).join()) conversation.setActiveToolNames(options.selectedTools);
    const systemPrompt = answer.systemPrompt ?? changed();
    const messages = answer.messages.flatMap((draft) => {
      try {
        return customMessage(draft, this.#session.now());
      } catch (error) {
        this.report({ extensionPath: "<runtime>", event: "before_agent_start", error: messageOf(error) });
        return [];
      }
    });
    return { messages, ...(systemPrompt === undefined ? {} : { systemPrompt }) };
  }

  async context(messages: readonly Message[]): Promise<readonly Message[] | undefined> {
    let shown: readonly Message[] | undefined;
    if (this.#dispatch.hears("context")) {
      const system = messages.filter((message) => message.role === "system");
      const said = await this.#untilAbort(this.#dispatch.context(copyOf(messages.filter(isSaid))), undefined);
      shown = said && [...system, ...said.filter(isSaid)];
    }
    if (!this.#dispatch.hears("context_with_system")) return shown;
    return (await this.#untilAbort(this.#dispatch.context(copyOf(shown ?? messages), "context_with_system"), undefined)) ?? shown;
  }

  fetch(fetch: typeof globalThis.fetch, model: Model): typeof globalThis.fetch | undefined {
    return hearsProviders(this.#dispatch) ? watchedFetch(fetch, model, this.#dispatch) : undefined;
  }

  async userBash(event: Omit<UserBashEvent, "type">): Promise<UserBashResult | undefined> {
    return this.#dispatch.hears("user_bash") ? this.#dispatch.userBash({ type: "user_bash", ...event }) : undefined;
  }

  /** What was registered before there was a session, for its choice of a model. */
  registerProviders(registry: ModelRegistry): void {
    for (const change of this.loaded.runtime.providers) this.#changeProvider(change, registry);
  }

  #changeProvider(change: ProviderChange, registry: ModelRegistry): void {
    try {
      changeProvider(change, registry);
    } catch (error) {
      const told = { extensionPath: change.extensionPath, event: "registerProvider", error: messageOf(error) };
      if (this.#attached === undefined) this.#unsaid.push(told);
      else this.report(told);
    }
  }

  readonly toolCall = async (call: ToolCall, args: Record<string, unknown>): Promise<string | undefined> => {
    if (!this.#dispatch.hears("tool_call")) return undefined;
    const event = { type: "tool_call" as const, toolCallId: call.id, toolName: call.name, input: args };
    return this.#untilAbort(this.#dispatch.toolCall(event), "Not run: the request was aborted");
  };

  readonly toolResult = async (call: ToolCall, args: Record<string, unknown>, result: ToolResult): Promise<ToolResult> => {
    if (!this.#dispatch.hears("tool_result")) return result;
    const event: ToolResultEvent = {
      ...result,
      type: "tool_result",
      toolCallId: call.id,
      toolName: call.name,
      input: args,
      isError: result.isError === true,
    };
    const changed = await this.#untilAbort(this.#dispatch.toolResult(event), event);
    const { type: _, toolCallId: _id, toolName: _name, input: _input, ...amended } = changed;
    return amended;
  };

  messageEnd(message: Message): Promise<void> | undefined {
    if (!this.#dispatch.hears("message_end")) return undefined;
    return this.#tell(async () => {
      const final = await this.#dispatch.messageEnd(message);
      if (final === message) return;
      // The loop goes on with this very object.
      for (const name of Object.keys(message)) delete (message as unknown as Record<string, unknown>)[name];
      Object.assign(message, final);
    });
  }

  async beforeCompact(about: Omit<SessionBeforeCompactEvent, "type">): ReturnType<NonNullable<Interceptor["beforeCompact"]>> {
    const answer = this.#dispatch.decision<"session_before_compact">({ type: "session_before_compact", ...about });
    return this.#untilAbort(answer, { cancel: true }, about.signal);
  }

  async beforeTree(about: Omit<SessionBeforeTreeEvent, "type">): Promise<SessionBeforeTreeResult> {
    const answer = this.#dispatch.decision<"session_before_tree">({ type: "session_before_tree", ...about });
    return this.#untilAbort(answer, { cancel: true }, about.signal);
  }

  treeChanged(about: Omit<SessionTreeEvent, "type">): Promise<void> {
    return this.#tell(() => this.#dispatch.notify({ type: "session_tree", ...about }));
  }

  modelChanged(...[model, previousModel, source]: Parameters<NonNullable<Interceptor["modelChanged"]>>): void {
    this.#notify({ type: "model_select", model, previousModel, source });
  }

  thinkingLevelChanged(...[level, previousLevel]: Parameters<NonNullable<Interceptor["thinkingLevelChanged"]>>): void {
    this.#notify({ type: "thinking_level_select", level, previousLevel });
  }

  /** A promise where there is somebody to be told: the run waits for it. */
  #told(event: AgentEvent): Promise<void> | undefined {
    this.#partial.take(event);
    if (event.type === "agent_start") this.#turnIndex = 0;
    const told = this.#eventOf(event);
    if (event.type === "turn_end") this.#turnIndex++;
    if (told === undefined || !this.#dispatch.hears(told.type)) return undefined;
    return this.#tell(() => (told.type === "agent_settled" ? this.#settled(told) : this.#dispatch.notify(told)));
  }

  #notify(event: ExtensionEventOf<ExtensionEventName>): void {
    if (this.#dispatch.hears(event.type)) void this.#tell(() => this.#dispatch.notify(event));
  }

  async #settled(event: ExtensionEventOf<"agent_settled">): Promise<void> {
    const later: (() => void)[] = [];
    this.#later = later;
    await this.#dispatch.notify(event);
    this.#later = undefined;
    for (const work of later) work();
  }

  #eventOf(event: AgentEvent): ExtensionEventOf<ExtensionEventName> | undefined {
    switch (event.type) {
      case "turn_start":
        return { type: "turn_start", turnIndex: this.#turnIndex, timestamp: this.#session.now() };
      case "turn_end":
        return { ...event, turnIndex: this.#turnIndex };
      case "message_update": {
        const { message } = this.#partial;
        return message && { type: "message_update", message, assistantMessageEvent: event.assistantMessageEvent };
      }
      case "session_info_changed":
        return { type: "session_info_changed", name: event.name };
      case "compaction_end":
        return this.#compactionEvent(event);
      default:
        // `message_end` has been told before the message was recorded.
        return isHeardAlike(event) ? event : undefined;
    }
  }

  #compactionEvent({
    reason,
    result,
    aborted,
    willRetry,
    errorMessage,
  }: Extract<AgentEvent, { type: "compaction_end" }>): ExtensionEventOf<"session_compact" | "session_compact_failed"> | undefined {
    if (result === undefined) {
      return { type: "session_compact_failed", reason, aborted, willRetry, ...(errorMessage === undefined ? {} : { errorMessage }) };
    }
    const entry = this.#session.coding.session.branch().findLast((one) => one.type === "compaction");
    if (entry === undefined) return undefined;
    const compactionEntry = entry as Extract<typeof entry, { type: "compaction" }>;
    return { type: "session_compact", compactionEntry, fromExtension: compactionEntry.fromHook === true, reason, willRetry };
  }

  #tell(work: () => Promise<void>): Promise<void> {
    this.#lastTold = this.#lastTold.then(work);
    return this.#lastTold;
  }

  /** A handler that waits for ever must not hold up an abort. */
  async #untilAbort<T>(work: Promise<T>, otherwise: T, signal: AbortSignal | undefined = this.#session.coding.signal): Promise<T> {
    if (signal === undefined) return work;
    if (signal.aborted) return otherwise;
    let onAbort = (): void => {};
    const aborted = new Promise<T>((resolve) => {
      onAbort = () => resolve(otherwise);
      signal.addEventListener("abort", onAbort, { once: true });
    });
    return Promise.race([work, aborted]).finally(() => signal.removeEventListener("abort", onAbort));
  }

  #refreshTools(): void {
    const { coding, ownTools, chooseTools } = this.#session;
    const before = new Set(coding.conversation.tools.map((tool) => tool.name));
    const own = this.tools();
    const all = [...ownTools.filter((tool) => !own.some((one) => one.name === tool.name)), ...own];
    coding.conversation.setTools(all);
    const added = chooseTools(all, this.offByDefault()).filter((name) => !before.has(name));
    if (added.length > 0) coding.conversation.setActiveToolNames([...coding.conversation.activeToolNames, ...added]);
  }

  #toolInfos(): ToolInfo[] {
    const sources = new Map(
      this.loaded.extensions.flatMap((extension) => [...extension.tools].map(([name, one]) => [name, one.sourceInfo])),
    );
    return this.#session.coding.conversation.tools.map(({ name, description, parameters, guidelines }) => ({
      name,
      description,
      parameters,
      ...(guidelines === undefined ? {} : { promptGuidelines: guidelines }),
      sourceInfo: sources.get(name) ?? createSyntheticSourceInfo(`builtin:${name}`, { source: "builtin" }),
    }));
  }

  /** To whom the host has named, else as a warning. */
  report(error: ExtensionError): void {
    const { onError } = this.#attached?.bindings() ?? {};
    if (onError === undefined) this.#attached?.warn(`${error.extensionPath} (${error.event}): ${error.error}`);
    else onError(error);
  }
}

function isSaid({ role }: Message): boolean {
  return role !== "system";
}

/** As they stand in the file: what a tool has put into its details may be anything. */
function copyOf(messages: readonly Message[]): Message[] {
  return JSON.parse(JSON.stringify(messages)) as Message[];
}
