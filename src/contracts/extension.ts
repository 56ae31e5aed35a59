// The contract of extensions: what they get (`pi`, `ctx`), what they may register, what one is once it is loaded. Names and shapes are the
// npm agent's. Types only; the shelf is `extensions/`, the harness supplies the actions.

import type { Static, TSchema } from "typebox";
import type { CompactionResult } from "./agent-event.ts";
import type {
  CustomMessageDraft,
  ExtensionEventName,
  ExtensionEventOf,
  ExtensionResultOf,
  SystemPromptOptions,
} from "./extension-event.ts";
import type { ExtensionProvider, ProviderChange, RequestAuth } from "./extension-provider.ts";
import type { ReadonlySessionManager, WritableSessionManager } from "./extension-session.ts";
import type { AssistantMessage, ToolDeclaration, UserContent } from "./message.ts";
import type { Model, ThinkingLevel } from "./model.ts";
import type { Context, ModelAnswer, ModelStreamOptions } from "./model-call.ts";
import type { SourceInfo } from "./source-info.ts";
import type { NestedCalls, ToolExposure, ToolFacts, ToolResult } from "./tool.ts";

export interface ExtensionUIDialogOptions {
  /** Ends the dialog with its default. */
  signal?: AbortSignal;
  /** Milliseconds. */
  timeout?: number;
}

/** Colours by role; without a terminal a text stays as it is. */
export interface ExtensionTheme {
  readonly name?: string | undefined;
  fg(role: string, text: string): string;
  bg(role: string, text: string): string;
  bold(text: string): string;
  italic(text: string): string;
  underline(text: string): string;
  strikethrough(text: string): string;
  inverse(text: string): string;
}

/** What only a terminal can show: there in every mode, without effect where there is none. */
export interface TerminalUI {
  readonly theme: ExtensionTheme;
  /** Nothing at once where there is no terminal. */
  custom<T>(factory: (...args: never[]) => unknown, how?: unknown): Promise<T | undefined>;
  onTerminalInput(handler: (data: string) => unknown): () => void;
  setWorkingMessage(message?: string): void;
  setWorkingVisible(visible: boolean): void;
  setWorkingIndicator(indicator?: unknown): void;
  setHiddenThinkingLabel(label?: string): void;
  setFooter(factory: unknown): void;
  setHeader(factory: unknown): void;
  pasteToEditor(text: string): void;
  getEditorText(): string;
  addAutocompleteProvider(provider: unknown): void;
  setEditorComponent(factory: unknown): void;
  getEditorComponent(): undefined;
  getAllThemes(): { name: string; path: string | undefined }[];
  getTheme(name: string): ExtensionTheme | undefined;
  setTheme(theme: unknown): { success: boolean; error?: string };
  getToolsExpanded(): boolean;
  setToolsExpanded(expanded: boolean): void;
}

/** Without a user interface dialogs give their default at once, and the rest does nothing. */
export interface ExtensionUIContext extends TerminalUI {
  select(title: string, options: string[], how?: ExtensionUIDialogOptions): Promise<string | undefined>;
  confirm(title: string, message: string, how?: ExtensionUIDialogOptions): Promise<boolean>;
  input(title: string, placeholder?: string, how?: ExtensionUIDialogOptions): Promise<string | undefined>;
  editor(title: string, prefill?: string): Promise<string | undefined>;
  notify(message: string, type?: "info" | "warning" | "error"): void;
  /** Without a text the entry goes away. */
  setStatus(key: string, text: string | undefined): void;
  /** Without lines the widget goes away; one that draws itself needs a terminal. */
  setWidget(
    key: string,
    content: string[] | ((...args: never[]) => unknown) | undefined,
    how?: { placement?: "aboveEditor" | "belowEditor" },
  ): void;
  setTitle(title: string): void;
  setEditorText(text: string): void;
}

export type ExtensionMode = "tui" | "rpc" | "json" | "print";

/** Models and their credentials, as extensions ask for them. */
export interface ExtensionModelRegistry {
  find(provider: string, modelId: string): Model | undefined;
  getAll(): Model[];
  getAvailable(): Model[];
  hasConfiguredAuth(model: Model): boolean;
  getProvider(name: string): { id: string; name: string } | undefined;
  getProviderAuth(name: string): Promise<{ auth: RequestAuth; source?: string; env?: Record<string, string> } | undefined>;
  /** What a request of one's own needs; never rejects. */
  getApiKeyAndHeaders(
    model: Model,
  ): Promise<{ ok: true; apiKey?: string; headers?: Record<string, string> } | { ok: false; error: string }>;
  getApiKeyForProvider(provider: string): Promise<string | undefined>;
  /** One call outside of the conversation: no tools are run, nothing is recorded, nothing rejects. */
  stream(model: Model, context: Context, options?: ModelStreamOptions): ModelAnswer;
  /** The same; the npm agent has both. */
  streamSimple(model: Model, context: Context, options?: ModelStreamOptions): ModelAnswer;
  complete(model: Model, context: Context, options?: ModelStreamOptions): Promise<AssistantMessage>;
  completeSimple(model: Model, context: Context, options?: ModelStreamOptions): Promise<AssistantMessage>;
  /** Of kinds other than `chat` there are none. */
  findOfType(type: string, provider: string, modelId: string): Model | undefined;
  getModelsOfType(type: string, provider?: string): readonly Model[];
  getAvailableOfType(type: string, provider?: string): Promise<readonly Model[]>;
  refresh(): Promise<void>;
  getError(): string | undefined;
  registerProvider(name: string, provider: ExtensionProvider): void;
  unregisterProvider(name: string): void;
}

export interface ContextUsage {
  /** `null` after a compaction, until an answer has measured what is left. */
  tokens: number | null;
  contextWindow: number;
  /** Of 100. */
  percent: number | null;
}

export interface CompactOptions {
  customInstructions?: string;
  onComplete?: (result: CompactionResult) => void;
  onError?: (error: Error) => void;
}

/** What every handler gets beside its event. Of no use any more once its session has been replaced (`extension.stale`). */
export interface ExtensionContext {
  readonly ui: ExtensionUIContext;
  readonly mode: ExtensionMode;
  /** Whether somebody answers dialogs. */
  readonly hasUI: boolean;
  readonly cwd: string;
  readonly sessionManager: ReadonlySessionManager;
  readonly modelRegistry: ExtensionModelRegistry;
  /** Nothing while there is none to use. */
  readonly model: Model | undefined;
  readonly scopedModels: readonly { model: Model; thinkingLevel?: ThinkingLevel }[];
  readonly thinkingLevel: ThinkingLevel;
  isIdle(): boolean;
  isProjectTrusted(): boolean;
  /** Of the run under way. */
  readonly signal: AbortSignal | undefined;
  abort(): void;
  hasPendingMessages(): boolean;
  /** Asks the host to end; without a host that listens it does nothing. */
  shutdown(): void;
  getContextUsage(): ContextUsage | undefined;
  /** Begins it, and does not wait. */
  compact(how?: CompactOptions): void;
  getSystemPrompt(): string;
  getSystemPromptOptions(): SystemPromptOptions;
}

export interface Cancellable {
  cancelled: boolean;
}

export interface WithSession {
  /** Called when the next session has started, with a context that is its own. */
  withSession?: (ctx: ReplacedSessionContext) => Promise<void>;
}

export interface NewSessionHow extends WithSession {
  /** Path of the session it comes from. */
  parentSession?: string;
  /** May put entries into the new session before anybody sees it. */
  setup?: (sessionManager: WritableSessionManager) => Promise<void> | void;
}

/** What only commands of the user's may do: from within an event it would wait for itself. */
export interface SessionControl {
  newSession(how?: NewSessionHow): Promise<Cancellable>;
  fork(entryId: string, how?: { position?: "before" | "at" } & WithSession): Promise<Cancellable>;
  switchSession(sessionPath: string, how?: WithSession): Promise<Cancellable>;
  navigateTree(
    targetId: string,
    how?: { summarize?: boolean; customInstructions?: string; replaceInstructions?: boolean; label?: string },
  ): Promise<Cancellable>;
  reload(): Promise<void>;
}

export interface ExtensionCommandContext extends ExtensionContext, SessionControl {
  waitForIdle(): Promise<void>;
}

export interface ReplacedSessionContext extends ExtensionCommandContext {
  sendMessage(message: CustomMessageDraft, how?: SendMessageOptions): Promise<void>;
  sendUserMessage(content: string | UserContent[], how?: SendUserMessageOptions): Promise<void>;
}

export interface SendMessageOptions {
  /** While nothing runs: begin a run with it. While something runs, `false` puts it behind the turn under way. */
  triggerTurn?: boolean;
  /** Default `steer`. `nextTurn`: with the user's next prompt. */
  deliverAs?: "steer" | "followUp" | "nextTurn";
}

export interface SendUserMessageOptions {
  /** Needed while a run is going. */
  deliverAs?: "steer" | "followUp";
  /** Default false. */
  expandPromptTemplates?: boolean;
}

/** `details` are recorded, never sent to the model. */
export type ExtensionToolResult<D = unknown> = Omit<ToolResult, "details"> & { details?: D };

/** What a tool of an extension is given. */
export interface ExtensionToolContext extends ExtensionContext {
  /** Those that it can call. */
  readonly tools: readonly (ToolDeclaration & ToolFacts & { exposure: ToolExposure })[];
  executeTool: NestedCalls["execute"];
}

/** A tool as extensions define it; `label` is what tells it from the library's own `ToolDefinition`. */
export interface ExtensionToolDefinition<P extends TSchema = TSchema, D = unknown> extends ToolFacts {
  name: string;
  /** For people. */
  label: string;
  description: string;
  /** TypeBox, or any JSON Schema object. */
  parameters: P;
  /** Its line in the prompt; none without it. */
  promptSnippet?: string;
  promptGuidelines?: string[];
  prepareArguments?: (args: unknown) => Static<P>;
  /** `false`: there, but off until somebody turns it on. */
  defaultActive?: boolean;
  /** Default `direct`. But for that and `model-only` it is off until somebody turns it on. */
  exposure?: ToolExposure;
  /** `sequential`: the calls of an answer that has one of these run one after another. */
  executionMode?: "sequential" | "parallel";
  execute(
    toolCallId: string,
    params: Static<P>,
    signal: AbortSignal | undefined,
    onUpdate: ((partial: Pick<ExtensionToolResult<D>, "content" | "details">) => void) | undefined,
    ctx: ExtensionToolContext,
  ): Promise<ExtensionToolResult<D>>;
}

// biome-ignore lint/suspicious/noExplicitAny: definitions of all parameter types side by side
export type AnyExtensionTool = ExtensionToolDefinition<any, any>;

export interface ToolInfo extends ToolFacts {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
  promptGuidelines?: string[];
  exposure: ToolExposure;
  sourceInfo: SourceInfo;
}

export interface SlashCommandInfo {
  /** Without the slash. */
  name: string;
  description?: string;
  source: "extension" | "prompt" | "skill";
  sourceInfo: SourceInfo;
}

export interface CommandOptions {
  description?: string;
  handler: (args: string, ctx: ExtensionCommandContext) => Promise<void> | void;
}

export type ExtensionFlagOptions = { description?: string } & (
  | { type: "boolean"; default?: boolean }
  | { type: "string"; default?: string }
);

export interface ExecOptions {
  signal?: AbortSignal;
  /** Milliseconds. */
  timeout?: number;
  cwd?: string;
  /** Bytes of each stream. */
  maxBuffer?: number;
}

/** Where programs of extensions run, and what they see. */
export interface ExtensionPlace {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
}

export interface ExecResult {
  stdout: string;
  stderr: string;
  code: number;
  killed: boolean;
  /** There was more than `maxBuffer`. */
  truncated: boolean;
}

/** Between extensions; what is said is nobody else's business. */
export interface EventBus {
  emit(channel: string, data: unknown): void;
  /** Returns the remover. */
  on(channel: string, handler: (data: unknown) => void): () => void;
}

export type ExtensionHandler<N extends ExtensionEventName> = (
  event: ExtensionEventOf<N>,
  ctx: ExtensionContext,
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler may return something on one of its ways only
) => Promise<ExtensionResultOf<N> | undefined | void> | ExtensionResultOf<N> | undefined | void;

/** Done by the session that the extension belongs to; before there is one, all but `exec` throw `extension.unbound`. */
export interface ExtensionActions {
  sendMessage(message: CustomMessageDraft, how?: SendMessageOptions): void;
  sendUserMessage(content: string | UserContent[], how?: SendUserMessageOptions): void;
  /** Recorded, never shown to the model. */
  appendEntry(customType: string, data?: unknown): void;
  setSessionName(name: string): void;
  getSessionName(): string | undefined;
  /** Without a label: takes it away. */
  setLabel(entryId: string, label: string | undefined): void;
  exec(command: string, args: string[], how?: ExecOptions): Promise<ExecResult>;
  getActiveTools(): string[];
  /** Unknown names are passed over. */
  setActiveTools(names: string[]): void;
  getAllTools(): ToolInfo[];
  getCommands(): SlashCommandInfo[];
  /** For this session; `false` where there is no credential for it. */
  setModel(model: Model): Promise<boolean>;
  getThinkingLevel(): ThinkingLevel;
  setThinkingLevel(level: ThinkingLevel): void;
  /** The configuration in force. */
  getSettings(): Readonly<Record<string, unknown>>;
  getMcpServers(): never[];
}

/** What a factory is given. */
export interface ExtensionAPI extends ExtensionActions {
  /** Returns the remover. */
  on<N extends ExtensionEventName>(event: N, handler: ExtensionHandler<N>): () => void;
  /** Also while a session is going: it is there from the next model call on. */
  registerTool<P extends TSchema = TSchema, D = unknown>(tool: ExtensionToolDefinition<P, D>): void;
  /** Typed as `/name arguments`. */
  registerCommand(name: string, options: CommandOptions): void;
  registerFlag(name: string, options: ExtensionFlagOptions): void;
  /** A provider, or changes to one that is known; in force for the session at once, before it for its start. */
  registerProvider(name: string | ({ id: string } & ExtensionProvider), provider?: ExtensionProvider): void;
  unregisterProvider(name: string): void;
  getFlag(name: string): boolean | string | undefined;
  readonly events: EventBus;
}

export type ExtensionFactory = (pi: ExtensionAPI) => void | Promise<void>;

export type InlineExtension = ExtensionFactory | { name: string; factory: ExtensionFactory; hidden?: boolean };

export interface RegisteredCommand extends CommandOptions {
  name: string;
  sourceInfo: SourceInfo;
}

/** What one extension has registered. */
export interface Extension {
  /** A file, or `<inline:name>`. */
  path: string;
  resolvedPath: string;
  sourceInfo: SourceInfo;
  hidden?: boolean;
  /** Makes it anew, so that each session has its own; without one it is shared. */
  factory?: ExtensionFactory;
  handlers: Map<string, ExtensionHandler<ExtensionEventName>[]>;
  /** Milliseconds that its factory took, where somebody measured. */
  factoryMs?: number;
  tools: Map<string, { definition: AnyExtensionTool; sourceInfo: SourceInfo }>;
  commands: Map<string, RegisteredCommand>;
  flags: Map<string, ExtensionFlagOptions & { name: string; extensionPath: string }>;
  /** For a terminal interface, in order; nobody else looks at it. */
  terminal?: TerminalRegistration[];
}

export const terminalKinds = ["shortcut", "messageRenderer", "entryRenderer", "toolRenderer", "markdownTransformer"] as const;

/** A key, a renderer, a transformer. */
export interface TerminalRegistration {
  kind: (typeof terminalKinds)[number];
  /** Of the key, or of what it draws; empty where it is for all. */
  name: string;
  value: unknown;
  /** Said beside a value that has no name. */
  options?: unknown;
}

/** What a session lends to its extensions. */
export interface ExtensionBinding {
  actions: ExtensionActions;
  createContext(): ExtensionContext;
  /** Tools have been registered or replaced. */
  toolsChanged(): void;
  providerChanged(change: ProviderChange): void;
  report(error: ExtensionError): void;
}

/** What the extensions of one session share; of no session before `bind`, of a past one after `invalidate`. */
export interface ExtensionRuntime {
  readonly flagValues: Map<string, boolean | string>;
  readonly events: EventBus;
  /** In order; what was registered before there was a session waits here for it. */
  readonly providers: ProviderChange[];
  /** True for the first session that asks: the others need extensions of their own. */
  claim(): boolean;
  /** @throws PiError `extension.stale`. */
  requireFresh(): void;
  /** @throws PiError `extension.unbound`, `extension.stale`. */
  binding(): ExtensionBinding;
  bind(binding: ExtensionBinding): void;
  /** Whatever is asked of it from now on is refused with this. */
  invalidate(message?: string): void;
  /** Where they are loaded: what can be done without a session is done there. */
  readonly place?: ExtensionPlace;
  /** The session in force; nothing before `bind` and after `invalidate`. */
  readonly current: ExtensionBinding | undefined;
}

export interface LoadExtensionsResult {
  extensions: Extension[];
  errors: { path: string; error: string }[];
  /** What an extension asked for that there is not here; the rest of it works. */
  warnings?: { path: string; warning: string }[];
  runtime: ExtensionRuntime;
}

export interface ExtensionError {
  extensionPath: string;
  /** The event, or `command:name`. */
  event: string;
  error: string;
}
