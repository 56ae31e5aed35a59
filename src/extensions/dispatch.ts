// Tells handlers of events, in the order of loading and registering, and folds what they answer. Made for each session by the harness.
// Invariant: a handler that throws is reported and passed over, but for `tool_call`, where it blocks the call: a guard that fails stays shut.

import type { Boundary, BoundaryPreview, BoundaryProposal, PreviewBoundary } from "../contracts/boundary.ts";
import { defined } from "../contracts/defined.ts";
import { messageOf, PiError } from "../contracts/error.ts";
import type {
  Extension,
  ExtensionCommandContext,
  ExtensionContext,
  ExtensionError,
  ExtensionHandler,
  RegisteredCommand,
} from "../contracts/extension.ts";
import type {
  BeforeAgentStartEvent,
  CustomMessageDraft,
  ExtensionEventName,
  ExtensionEventOf,
  ExtensionResultOf,
  InputEvent,
  SystemPromptOptions,
  ToolCallEvent,
  ToolResultEvent,
  UserBashEvent,
  UserBashResult,
} from "../contracts/extension-event.ts";
import { contentProblem, isEncodable, isUserContent, messageProblem } from "../contracts/given-message.ts";
import type { BootstrapText } from "../contracts/interceptor.ts";
import type { ImageContent, Message } from "../contracts/message.ts";
import type { Refusal } from "../contracts/tool.ts";

export interface DispatchDeps {
  extensions: readonly Extension[];
  createContext(extensionPath: string): ExtensionContext;
  report(error: ExtensionError): void;
}

export class ExtensionDispatch {
  readonly #deps: DispatchDeps;
  readonly #waitedFor = new Set<{ extensionPath: string; event: string }>();

  constructor(deps: DispatchDeps) {
    this.#deps = deps;
  }

  hears(event: ExtensionEventName): boolean {
    return this.#deps.extensions.some((extension) => (extension.handlers.get(event)?.length ?? 0) > 0);
  }

  /** The handlers and commands that are at work now. */
  get waitedFor(): readonly { extensionPath: string; event: string }[] {
    return [...this.#waitedFor];
  }

  /** For what nobody can change any more. */
  async notify(event: ExtensionEventOf<ExtensionEventName>): Promise<void> {
    for await (const _ of this.#answers(event.type, () => event));
  }

  /** All answers with their lists of texts, in order. */
  async collect<N extends "resources_discover">(event: ExtensionEventOf<N> & { type: N }): Promise<NonNullable<ExtensionResultOf<N>>[]> {
    const answers: NonNullable<ExtensionResultOf<N>>[] = [];
    for await (const answer of this.#answers<N>(event.type, () => event, { check: pathsOf })) answers.push(answer);
    return answers;
  }

  /** The first answer that calls it off. */
  async isCancelled(event: ExtensionEventOf<"session_before_switch" | "session_before_fork">): Promise<boolean> {
    for await (const answer of this.#answers<typeof event.type>(event.type, () => event)) if (answer.cancel === true) return true;
    return false;
  }

  /** The answer that calls it off, else all of them together, later ones over earlier ones. */
  async decision<N extends "session_before_compact" | "session_before_tree">(
    event: ExtensionEventOf<N> & { type: N },
  ): Promise<ExtensionResultOf<N>> {
    let all = {} as ExtensionResultOf<N>;
    for await (const answer of this.#answers<N>(event.type, () => event)) {
      if (answer.cancel === true) return answer;
      all = { ...all, ...given(answer) };
    }
    return all;
  }

  /**
   * Why the call must not run, or nothing. `event.input` is what the tool gets. Once it must not run nobody else is asked: they would judge, and
   * ask the user about, what does not happen.
   */
  async toolCall(event: ToolCallEvent): Promise<Refusal | undefined> {
    let failure: Refusal | undefined;
    const shut = (error: ExtensionError): void => {
      failure = { reason: `${error.extensionPath} failed while it looked at the call: ${error.error}` };
    };
    for await (const answer of this.#answers<"tool_call">("tool_call", () => event, { onFailure: shut })) {
      // What is JavaScript comes in any shape: a guard that says yes in another way has said it.
      const { block, reason, terminate }: { block?: unknown; reason?: unknown; terminate?: unknown } = answer;
      if (block) return { reason: blockedFor(reason), ...(terminate === true && { terminate }) };
    }
    return failure;
  }

  /** The result with all changes made. Text that was replaced takes the structured content with it, unless that is given anew. */
  async toolResult(event: ToolResultEvent): Promise<ToolResultEvent> {
    let current = event;
    for await (const answer of this.#answers<"tool_result">("tool_result", () => current, { check: resultOf })) {
      const { structuredContent, ...kept } = current;
      const isStale = answer.content !== undefined && !("structuredContent" in answer);
      current = { ...kept, ...(isStale || structuredContent === undefined ? {} : { structuredContent }), ...given(answer) };
    }
    return current;
  }

  async context(messages: Message[], name: "context" | "context_with_system" = "context"): Promise<Message[]> {
    let current = messages;
    const event = (): ExtensionEventOf<"context" | "context_with_system"> => ({ type: name, messages: current });
    for await (const answer of this.#answers<"context" | "context_with_system">(name, event, { check: messagesOf })) {
      current = answer.messages ?? current;
    }
    return current;
  }

  /** The texts as the last handler has left them; an answer that is no list of texts is none. */
  async bootstrap(files: readonly BootstrapText[], cwd: string): Promise<readonly BootstrapText[]> {
    let current = files.map((one) => ({ ...one }));
    const event = (): ExtensionEventOf<"agent_bootstrap"> => ({ type: "agent_bootstrap", files: current, cwd });
    for await (const answer of this.#answers<"agent_bootstrap">("agent_bootstrap", event, { check: listIn("files") }))
      current = answer.files ?? current;
    return current.filter(({ name, content }) => typeof name === "string" && typeof content === "string");
  }

  /** What is to be sent. */
  async payload(payload: unknown): Promise<unknown> {
    let current = payload;
    const event = (): ExtensionEventOf<"before_provider_request"> => ({ type: "before_provider_request", payload: current });
    const check = (answer: object): void => requireJson("the payload", answer);
    for await (const answer of this.#answers<"before_provider_request">("before_provider_request", event, { check })) current = answer;
    return current;
  }

  /** The first that says where the command runs, or what became of it; rejects where one throws. */
  async userBash(event: UserBashEvent): Promise<UserBashResult | undefined> {
    let failure: ExtensionError | undefined;
    const onFailure = (error: ExtensionError): void => {
      failure = error;
    };
    for await (const answer of this.#answers<"user_bash">("user_bash", () => event, { check: commandOf, onFailure })) {
      if (answer.operations !== undefined || answer.result !== undefined) return answer;
    }
    if (failure === undefined) return undefined;
    throw new PiError("extension.refused", `${failure.extensionPath} failed while it looked at the command: ${failure.error}`);
  }

  /** The first that decides. */
  async projectTrust(cwd: string): Promise<{ trusted: boolean; remember: boolean } | undefined> {
    const event = { type: "project_trust" as const, cwd };
    for await (const { trusted, remember = false } of this.#answers<"project_trust">("project_trust", () => event)) {
      if (trusted === "yes" || trusted === "no") return { trusted: trusted === "yes", remember };
    }
    return undefined;
  }

  /** Nothing: it has been handled. */
  async input(event: InputEvent): Promise<{ text: string; images?: ImageContent[] } | undefined> {
    let current = event;
    for await (const answer of this.#answers<"input">("input", () => current, { check: inputOf })) {
      if (answer.action === "handled") return undefined;
      if (answer.action === "transform") {
        current = { ...current, text: answer.text, ...defined({ images: answer.images }) };
      }
    }
    return { text: current.text, ...defined({ images: current.images }) };
  }

  /** `promptInForce` is asked before each handler. */
  async beforeAgentStart(
    about: { messageType: "user"; prompt: string; images?: ImageContent[] } | Extract<BeforeAgentStartEvent, { messageType: "custom" }>,
    systemPromptOptions: SystemPromptOptions,
    promptInForce: (replaced: string | undefined) => string,
  ): Promise<{ messages: CustomMessageDraft[]; systemPrompt?: string }> {
    const messages: CustomMessageDraft[] = [];
    let replaced: string | undefined;
    const event = (): BeforeAgentStartEvent => ({
      ...about,
      type: "before_agent_start",
      systemPrompt: promptInForce(replaced),
      systemPromptOptions,
    });
    const check = textIn("systemPrompt");
    for await (const answer of this.#answers<"before_agent_start">("before_agent_start", event, { check })) {
      if (answer.message !== undefined) messages.push(answer.message);
      replaced = answer.systemPrompt ?? replaced;
    }
    return { messages, ...defined({ systemPrompt: replaced }) };
  }

  /** What all have proposed; `noted` hears of it as it grows. Entries that cannot be written count as a failure of who wants them. */
  async boundary(
    about: Boundary & ({ type: "turn_end"; turnIndex: number } | { type: "agent_before_settle" }),
    proposal: BoundaryProposal,
    preview: PreviewBoundary,
    noted: (proposal: BoundaryProposal) => void,
  ): Promise<void> {
    let proposed = proposal;
    const event = (): ExtensionEventOf<"turn_end" | "agent_before_settle"> => {
      const { entries } = proposed;
      let context: BoundaryPreview | undefined;
      return Object.defineProperty({ ...about, entries: [...entries], continue: proposed.continue }, "context", {
        get: () => {
          context ??= preview(entries);
          return context;
        },
        enumerable: true,
      }) as ExtensionEventOf<"turn_end" | "agent_before_settle">;
    };
    const check = (answer: object): void => {
      listIn("entries")(answer);
      const { entries } = answer as Partial<BoundaryProposal>;
      if (entries !== undefined) preview(entries);
    };
    for await (const answer of this.#answers<"turn_end" | "agent_before_settle">(about.type, event, { check })) {
      const { entries = proposed.entries, continue: isWanted = proposed.continue } = answer;
      proposed = { entries: [...entries], continue: isWanted === true };
      noted(proposed);
    }
    if (proposed.continue && !preview(proposed.entries).canContinue) {
      const error = "It wants another answer, and there is nothing to answer: add a message";
      this.#deps.report({ extensionPath: "<boundary>", event: about.type, error });
      noted({ ...proposed, continue: false });
    }
  }

  /** What is to be recorded. An answer of another role is no answer. */
  async messageEnd(message: Message): Promise<Message> {
    let current = message;
    const event = (): ExtensionEventOf<"message_end"> => ({ type: "message_end", message: current });
    for await (const answer of this.#answers<"message_end">("message_end", event, { check: messageOfAnswer })) {
      if (answer.message !== undefined && answer.message.role === message.role) current = withMeasures(answer.message, current);
    }
    return current;
  }

  /** By the name they are called with: of several with one name each gets a number. */
  commands(): Map<string, RegisteredCommand & { extensionPath: string }> {
    const all = this.#deps.extensions.flatMap((extension) =>
      [...extension.commands.values()].map((command) => ({ ...command, extensionPath: extension.path })),
    );
    const seen = new Map<string, number>();
    return new Map(
      all.map((command) => {
        if (all.filter((one) => one.name === command.name).length === 1) return [command.name, command];
        const number = (seen.get(command.name) ?? 0) + 1;
        seen.set(command.name, number);
        return [`${command.name}:${number}`, command];
      }),
    );
  }

  /** Whether the text is a command; it has been run then. */
  async runCommand(text: string, createContext: (extensionPath: string) => ExtensionCommandContext): Promise<boolean> {
    const [, name = "", args = ""] = /^\/(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
    const command = this.commands().get(name);
    if (command === undefined) return false;
    try {
      await this.#during(command.extensionPath, `command:${name}`, () =>
        command.handler(args.trim(), createContext(command.extensionPath)),
      );
    } catch (error) {
      const { extensionPath } = command;
      const extension = this.#deps.extensions.find(({ path }) => path === extensionPath);
      this.#deps.report({
        extensionPath,
        event: `command:${name}`,
        error: extension === undefined ? messageOf(error) : (await import("./error-in.ts")).errorIn(extension, error),
      });
    }
    return true;
  }

  async #during<T>(extensionPath: string, event: string, work: () => T | Promise<T>): Promise<T> {
    const one = { extensionPath, event };
    this.#waitedFor.add(one);
    try {
      return await work();
    } finally {
      this.#waitedFor.delete(one);
    }
  }

  async *#answers<N extends ExtensionEventName>(
    name: N,
    event: () => ExtensionEventOf<N>,
    { check, onFailure }: { check?: (answer: object) => void; onFailure?: (error: ExtensionError) => void } = {},
  ): AsyncGenerator<NonNullable<ExtensionResultOf<N>>> {
    // Taken now: who is added or removed meanwhile is not part of this.
    const handlers = this.#deps.extensions.flatMap((extension) =>
      (extension.handlers.get(name) ?? []).map((handler) => ({ handler: handler as unknown as ExtensionHandler<N>, extension })),
    );
    for (const { handler, extension } of handlers) {
      const { path } = extension;
      try {
        const answer = await this.#during(path, name, () => handler(event(), this.#deps.createContext(path)));
        if (answer === undefined || answer === null) continue;
        check?.(answer as object);
        yield answer as NonNullable<ExtensionResultOf<N>>;
      } catch (error) {
        this.#deps.report({ extensionPath: path, event: name, error: (await import("./error-in.ts")).errorIn(extension, error) });
        onFailure?.({ extensionPath: path, event: name, error: messageOf(error) });
        if (onFailure !== undefined) return;
      }
    }
  }
}

/** The model is told a text, whatever was given for one. */
function blockedFor(reason: unknown): string {
  if (typeof reason === "string" && reason !== "") return reason;
  const given = reason === undefined || reason === null || reason === "" ? "" : `: ${JSON.stringify(reason) ?? String(reason)}`;
  return `Tool execution was blocked by an extension${given}`;
}

type Fields = Readonly<Record<string, unknown>>;

/** What would spoil the session, were it taken as it is. */
function listIn(name: string): (answer: object) => void {
  return (answer) => {
    const value = (answer as Fields)[name];
    if (value !== undefined && !Array.isArray(value)) throw badAnswer(`${name} must be a list, not ${typeof value}`);
  };
}

function textIn(name: string): (answer: object) => void {
  return (answer) => {
    const value = (answer as Fields)[name];
    if (value !== undefined && typeof value !== "string") throw badAnswer(`${name} must be a text, not ${typeof value}`);
  };
}

function badAnswer(problem: string): PiError {
  return new PiError("extension.bad_answer", problem);
}

function requireJson(what: string, value: unknown): void {
  if (!isEncodable(value)) throw badAnswer(`${what} cannot be written as JSON`);
}

function resultOf(answer: object): void {
  listIn("content")(answer);
  const { content } = answer as Fields;
  const problem = content === undefined ? undefined : contentProblem(content);
  if (problem !== undefined) throw badAnswer(problem);
}

function messagesOf(answer: object): void {
  listIn("messages")(answer);
  for (const [at, message] of ((answer as Fields).messages as unknown[] | undefined)?.entries() ?? []) {
    const problem = messageProblem(message);
    if (problem !== undefined) throw badAnswer(`messages[${at}] is no message: ${problem}`);
  }
}

function messageOfAnswer(answer: object): void {
  const { message } = answer as Fields;
  const problem = message === undefined ? undefined : messageProblem(message);
  if (problem !== undefined) throw badAnswer(`message is none: ${problem}`);
  requireJson("message", message);
}

/** What an answer has cost, and how it ended, is known whoever tells it anew. */
function withMeasures(message: Message, before: Message): Message {
  if (message.role !== "assistant" || before.role !== "assistant") return message;
  const { api, provider, model, usage, stopReason, timestamp } = before;
  const told: Partial<Message> = given(message);
  return { api, provider, model, usage, stopReason, timestamp, ...told } as Message;
}

function pathsOf(answer: object): void {
  for (const name of ["skillPaths", "promptPaths", "themePaths"]) {
    listIn(name)(answer);
    const paths = ((answer as Fields)[name] ?? []) as unknown[];
    if (!paths.every((path) => typeof path === "string")) throw badAnswer(`${name} must be a list of texts`);
  }
}

function inputOf(answer: object): void {
  const { action, text, images } = answer as Fields;
  if (action !== "transform") return;
  if (typeof text !== "string") throw badAnswer(`text must be a text, not ${typeof text}`);
  listIn("images")(answer);
  if (!((images ?? []) as unknown[]).every((image) => isUserContent(image) && image.type === "image"))
    throw badAnswer("images must be a list of pictures");
}

function commandOf(answer: object): void {
  const { result } = answer as { result?: unknown };
  if (result !== undefined && typeof (result as Fields | null)?.output !== "string") throw badAnswer("result.output must be a text");
}

/** Without the fields that say `undefined`: they would take something away. */
function given<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
