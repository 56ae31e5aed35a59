// The extensions of one session: binds them to it, tells them its events, asks them where the session asks. Made by start-session, which
// loads this module only where there are extensions. Invariant: what an extension does wrong is reported, and the session goes on.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import type { BoundaryProposal } from "../../contracts/boundary.ts";
import { defined } from "../../contracts/defined.ts";
import { messageOf } from "../../contracts/error.ts";
import type {
  ExtensionContext,
  ExtensionError,
  LoadExtensionsResult,
  ReplacedSessionContext,
  SlashCommandInfo,
  TerminalRegistration,
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
  ToolCallEvent,
  ToolResultEvent,
  UiPrompt,
  UiPromptKind,
  UserBashEvent,
  UserBashResult,
} from "../../contracts/extension-event.ts";
import type { ProviderChange } from "../../contracts/extension-provider.ts";
import type { BootstrapText, InputText, Interceptor } from "../../contracts/interceptor.ts";
import type { CustomMessage, ImageContent, Message, UserMessage } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";
import type { Refusal, RunningCall, ToolResult } from "../../contracts/tool.ts";
import { ExtensionDispatch } from "../../extensions/dispatch.ts";
import type { Skill } from "../../resources/skills.ts";
import type { BroughtPaths, LaunchResources } from "../launch/launch-resources.ts";
import type { ModelRegistry } from "../models/model-registry.ts";
import { copyOf, counted, isSaid } from "./context-messages.ts";
import {
  createActions,
  createCommandContext,
  createContext,
  createReplacedContext,
  customMessage,
  type ExtensionSurroundings,
} from "./extension-context.ts";
import { changeProvider } from "./extension-provider.ts";
import { HeardEvents, lastCompaction } from "./heard-events.ts";
import { optionsProblem, promptOf, promptOptions } from "./prompt-options.ts";
import { hearsProviders, watchedFetch, watchers } from "./provider-events.ts";
import { RegisteredTools, type ToolSurroundings } from "./registered-tools.ts";
import { listSlashCommands } from "./slash-commands.ts";

/** What the session lends; the rest of the surroundings is made here. */
export type Attachment = Omit<
  ExtensionSurroundings,
  "tools" | "commands" | "skills" | "prompting" | "lacksTerminal" | "requireLive" | "report" | "soon" | "begun"
> &
  ToolSurroundings & {
    resources: LaunchResources;
    /** Told when `bindings().onError` has nothing to tell. */
    warn(line: string): void;
  };

export class SessionExtensions implements Interceptor {
  readonly name = "extensions";
  readonly loaded: LoadExtensionsResult;
  readonly tools: RegisteredTools;
  readonly #dispatch: ExtensionDispatch;
  readonly #heard = new HeardEvents({
    now: () => this.#session.now(),
    lastCompaction: () => lastCompaction(this.#session.coding.session),
  });
  #attached: (Attachment & ExtensionSurroundings) | undefined;
  /** One notification after another. */
  #lastTold: Promise<void> = Promise.resolve();
  #resourceCommands: readonly SlashCommandInfo[] = [];
  #skills: readonly Skill[] = [];
  readonly #toldOfTerminal = new Set<string>();
  /** What went wrong before there was anybody to tell. */
  readonly #unsaid: ExtensionError[] = [];
  #hasStarted = false;
  /** Dialogs that are open, and the first of them. */
  #promptCount = 0;
  #prompt: UiPrompt | undefined;
  /** While settled handlers are told: what they ask for is done behind them. */
  #later: (() => void)[] | undefined;
  /** What they have begun and is not over. */
  readonly #begun = new Set<Promise<unknown>>();

  constructor(loaded: LoadExtensionsResult) {
    this.loaded = loaded;
    this.tools = new RegisteredTools(loaded.extensions, (path) => createContext(this.#session, path));
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

  /** Handlers that have not answered yet. */
  get waitedFor(): ExtensionDispatch["waitedFor"] {
    return this.#dispatch.waitedFor;
  }

  /** From now on these extensions are this session's. */
  async attach(attachment: Attachment): Promise<void> {
    await this.setResources(attachment.resources);
    const { runtime } = this.loaded;
    const { coding } = attachment;
    const report = (error: ExtensionError): void => this.report(error);
    const attached: Attachment & ExtensionSurroundings = {
      ...attachment,
      tools: () => this.tools.infos(coding.conversation.tools),
      commands: () => this.commands(),
      skills: () => this.#skills,
      prompting: (kind, title, dialog) => this.#prompting(kind, title, dialog),
      lacksTerminal: async (path) => {
        if (!this.#toldOfTerminal.has(path)) attachment.warn(`${path} wants to show something of its own, for which there is no terminal`);
        this.#toldOfTerminal.add(path);
        return undefined;
      },
      requireLive: () => void runtime.binding(),
      report,
      soon: (work) => (this.#later === undefined ? work() : void this.#later.push(work)),
      begun: (work) => {
        const over = (): void => void this.#begun.delete(work);
        this.#begun.add(work);
        work.then(over, over);
        return work;
      },
    };
    this.#attached = attached;
    runtime.bind({
      actions: createActions(attached),
      createContext: () => createContext(attached),
      toolsChanged: () => this.tools.refresh(coding.conversation, attachment),
      providerChanged: (change) => this.#changeProvider(change, attached.registry),
      report,
    });
    for (const error of this.#unsaid.splice(0)) this.report(error);
    attachment.coding.subscribe((event) => this.#told(event));
  }

  /** Resolves when the runs that they have begun are over; nothing where there are none. */
  settled(): Promise<void> | undefined {
    return this.#begun.size === 0 ? undefined : Promise.allSettled(this.#begun).then(() => this.settled());
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
      ...defined({ description }),
      source: "extension" as const,
      sourceInfo,
    }));
    return [...own, ...this.#resourceCommands];
  }

  /** What is there for a terminal, in order. */
  terminal(kind: TerminalRegistration["kind"]): { extensionPath: string; name: string; value: unknown; options: unknown }[] {
    return this.loaded.extensions.flatMap(({ path, terminal = [] }) =>
      terminal.filter((one) => one.kind === kind).map(({ name, value, options }) => ({ extensionPath: path, name, value, options })),
    );
  }

  /** Of one of them, for what a terminal asks of it. */
  contextOf(extensionPath: string): ExtensionContext {
    return createContext(this.#session, extensionPath);
  }

  /** Once; what the host has bound by then is what `session_start` finds. Gives the places that extensions want looked into. */
  async start(about: Omit<SessionStartEvent, "type">): Promise<BroughtPaths | undefined> {
    if (this.#hasStarted) return undefined;
    this.#hasStarted = true;
    await this.#dispatch.notify({ type: "session_start", ...about });
    const reason = about.reason === "reload" ? "reload" : "startup";
    const found = await this.#dispatch.collect<"resources_discover">({ type: "resources_discover", cwd: this.#session.cwd, reason });
    return {
      skillPaths: found.flatMap((one) => one.skillPaths ?? []),
      promptPaths: found.flatMap((one) => one.promptPaths ?? []),
      themePaths: found.flatMap((one) => one.themePaths ?? []),
    };
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
    return this.#dispatch.runCommand(text, (path) => createCommandContext(this.#session, path));
  }

  async input({ text, images, source, streamingBehavior }: InputText): Promise<Pick<InputText, "text" | "images"> | undefined> {
    return this.#dispatch.input({
      type: "input",
      text,
      source,
      ...(images === undefined ? {} : { images: [...images] }),
      ...defined({ streamingBehavior }),
    });
  }

  async bootstrap(files: readonly BootstrapText[], cwd: string): Promise<readonly BootstrapText[]> {
    return this.#dispatch.hears("agent_bootstrap") ? this.#dispatch.bootstrap(files, cwd) : files;
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
    const changed = (): string | undefined =>
      optionsProblem(options) !== undefined || JSON.stringify(options) === unchanged ? undefined : promptOf(parts, options);
    const inForce = (replaced: string | undefined): string => promptInForce(replaced ?? changed());
    const answer = await this.#untilAbort(this.#dispatch.beforeAgentStart(about, options, inForce), undefined);
    if (answer === undefined) return nothing;
    const failed = (error: string): void => this.report({ extensionPath: "<runtime>", event: "before_agent_start", error });
    const problem = optionsProblem(options);
    if (problem !== undefined) failed(`systemPromptOptions are left as they were: ${problem}`);
    else if (options.selectedTools.join() !== parts.tools.map(({ name }) => name).join()) {
      const isKnown = (name: string): boolean => conversation.tools.some((tool) => tool.name === name);
      const unknown = options.selectedTools.filter((name) => !isKnown(name));
      if (unknown.length > 0) failed(`selectedTools names what is no tool here: ${unknown.join(", ")}`);
      conversation.setActiveToolNames(options.selectedTools.filter(isKnown));
    }
    const systemPrompt = answer.systemPrompt ?? changed();
    const messages = answer.messages.flatMap((draft) => {
      try {
        return customMessage(draft, this.#session.now());
      } catch (error) {
        failed(messageOf(error));
        return [];
      }
    });
    return { messages, ...defined({ systemPrompt }) };
  }

  async context(messages: readonly Message[]): Promise<readonly Message[] | undefined> {
    let shown: readonly Message[] | undefined;
    if (this.#dispatch.hears("context")) {
      const system = messages.filter((message) => message.role === "system");
      const said = await this.#untilAbort(this.#dispatch.context(copyOf(messages.filter(isSaid))), undefined);
      shown = said && [...system, ...said.filter(isSaid)];
    }
    if (this.#dispatch.hears("context_with_system"))
      shown = (await this.#untilAbort(this.#dispatch.context(copyOf(shown ?? messages), "context_with_system"), undefined)) ?? shown;
    return shown?.map(counted);
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
    const failed = (error: unknown): void => {
      const told = { extensionPath: change.extensionPath, event: "registerProvider", error: messageOf(error) };
      if (this.#attached === undefined) this.#unsaid.push(told);
      else this.report(told);
    };
    try {
      changeProvider(change, registry, { watch: (model) => watchers(model, this.#dispatch), failed });
    } catch (error) {
      failed(error);
    }
  }

  readonly boundary: NonNullable<Interceptor["boundary"]> = async (boundary, proposal, loadPreview) => {
    if (!this.#dispatch.hears(boundary.type)) return proposal;
    const about = boundary.type === "turn_end" ? { ...boundary, turnIndex: this.#heard.turnIndex } : boundary;
    let proposed = proposal;
    const noted = (next: BoundaryProposal): void => {
      proposed = next;
    };
    const preview = await loadPreview();
    // What was told before is heard before.
    await this.#untilAbort(
      this.#tell(() => this.#dispatch.boundary(about, proposal, preview, noted)),
      undefined,
    );
    return proposed;
  };

  readonly toolCall = async (call: RunningCall, args: Record<string, unknown>): Promise<Refusal | undefined> => {
    if (!this.#dispatch.hears("tool_call")) return undefined;
    const event = { type: "tool_call" as const, ...aboutCall(call), input: args };
    return this.#untilAbort(this.#dispatch.toolCall(event), { reason: "Not run: the request was aborted" });
  };

  readonly toolResult = async (call: RunningCall, args: Record<string, unknown>, result: ToolResult): Promise<ToolResult> => {
    if (!this.#dispatch.hears("tool_result")) return result;
    const event: ToolResultEvent = {
      ...result,
      type: "tool_result",
      ...aboutCall(call),
      input: args,
      isError: result.isError === true,
    };
    const changed = await this.#untilAbort(this.#dispatch.toolResult(event), event);
    const { type: _, toolCallId: _id, toolName: _name, parentToolCallId: _parent, input: _input, ...amended } = changed;
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

  /** Not one after another as other events: the dialog may be a handler's, which is waited for itself. */
  async #prompting<T>(kind: UiPromptKind, title: string, dialog: Promise<T>): Promise<T> {
    if (this.#promptCount++ === 0) {
      this.#prompt = { reason: "ui_prompt", kind, ...(title !== "" && { title }) };
      void this.#dispatch.notify({ type: "ui_prompt_start", ...this.#prompt });
    }
    try {
      return await dialog;
    } finally {
      if (--this.#promptCount === 0 && this.#prompt !== undefined) void this.#dispatch.notify({ type: "ui_prompt_end", ...this.#prompt });
    }
  }

  /** A promise where there is somebody to be told: the run waits for it. */
  #told(event: AgentEvent): Promise<void> | undefined {
    const told = this.#heard.take(event);
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

  /** To whom the host has named, else as a warning. */
  report(error: ExtensionError): void {
    const { onError } = this.#attached?.bindings() ?? {};
    if (onError === undefined) this.#attached?.warn(`${error.extensionPath} (${error.event}): ${error.error}`);
    else onError(error);
  }
}

function aboutCall({ id, name, parentToolCallId }: RunningCall): Pick<ToolCallEvent, "toolCallId" | "toolName" | "parentToolCallId"> {
  return { toolCallId: id, toolName: name, ...defined({ parentToolCallId }) };
}
