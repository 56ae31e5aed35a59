// What an AgentSession is told by its caller and tells its listeners. Owned by agent-session.
// Invariant: a listener that fails disturbs neither the run nor other listeners; its first error rejects the prompt once that has settled.

import type { AgentEvent, RpcOnlyEvent } from "../../contracts/agent-event.ts";
import { PiError } from "../../contracts/error.ts";
import type { InputSource } from "../../contracts/extension-event.ts";
import type { ImageContent, UserContent } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { Outcome } from "../../contracts/outcome.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import type { CodingSession } from "../../harness/run/coding-session.ts";
import { requireFields } from "./checked-calls.ts";

/** What `subscribe` tells; the same events as JSON and RPC mode. */
export type AgentSessionEvent = AgentEvent | Extract<RpcOnlyEvent, { type: "extension_error" }>;
/**
 * One that answers with a promise slows the run down to its pace. One that fails does not disturb the run: its first error rejects the
 * prompt once that has settled.
 */
export type AgentSessionEventListener = (event: AgentSessionEvent) => unknown;

export interface PromptOptions {
  /** Made smaller where they are too large; one that cannot be is replaced by a text in the prompt. */
  images?: readonly ImageContent[];
  /** What to do while a run goes on; without it such a prompt is refused. */
  streamingBehavior?: "steer" | "followUp";
  /** Whether `/template` and `/skill:name` stand for what they name. Default true. */
  expandPromptTemplates?: boolean;
  /** Sent again in the same session, it is not run again: the first one's outcome is the answer. */
  key?: string;
  /** What extensions are told. Default `interactive`. */
  source?: InputSource;
  /** Told once the prompt is taken: `handled` where an extension has handled it. */
  preflightResult?: (disposition: PromptDisposition) => void;
}

export type PromptDisposition = "started" | "queued" | "handled";

export class SessionPrompts {
  readonly #sessions: SessionHost;
  #listenerFailure: { error: unknown } | undefined;

  constructor(sessions: SessionHost) {
    this.#sessions = sessions;
  }

  /** @throws PiError `session.closed` after `dispose`: there is nothing left to change then. */
  get live(): CodingSession {
    if (this.#sessions.isDisposed) throw new PiError("session.closed", "The session has been disposed of");
    return this.#sessions.coding;
  }

  subscribe(listener: AgentSessionEventListener): () => void {
    const failed = (error: unknown): void => {
      this.#listenerFailure ??= { error };
    };
    const tell = (event: AgentSessionEvent): Promise<void> | undefined => {
      try {
        const answer = listener(event);
        return isThenable(answer) ? Promise.resolve(answer).then(() => undefined, failed) : undefined;
      } catch (error) {
        failed(error);
        return undefined;
      }
    };
    const removers = [
      this.#sessions.subscribe(tell),
      this.#sessions.extensions.onError((error) => void tell({ type: "extension_error", ...error })),
    ];
    return () => {
      for (const remove of removers) remove();
    };
  }

  async prompt(text: string, options: PromptOptions): Promise<Outcome> {
    requireFields("AgentSession.prompt", options, ["images?: pictures", "key?: string", "preflightResult?: function"]);
    const { expandPromptTemplates: isExpanded = true, source = "interactive", images, streamingBehavior, key, preflightResult } = options;
    const queued = this.live.isStreaming ? { streamingBehavior } : {};
    const receiving = this.#sessions.intake.receive({ text, source, isExpanded, images, key, ...queued });
    // Where there is nothing to wait for, what is prompted begins to run before this returns.
    const received = receiving instanceof Promise ? await receiving : receiving;
    if (received.kind !== "handled") void this.live;
    const begun = this.#sessions.intake.begin(received, { streamingBehavior });
    preflightResult?.(begun.disposition);
    if (begun.disposition === "handled") return (await begun.done) ?? begun.known?.outcome ?? { kind: "done", text: "" };
    const outcome = (await begun.done) ?? { kind: "done", text: "" };
    const failure = this.#listenerFailure;
    this.#listenerFailure = undefined;
    if (failure !== undefined) throw failure.error;
    return outcome;
  }

  async queue(
    kind: "steer" | "followUp",
    text: string,
    { images, isExpanded = true }: { images?: readonly ImageContent[] | undefined; isExpanded?: boolean } = {},
  ): Promise<"queued" | "handled"> {
    void this.live;
    const receiving = this.#sessions.intake.receive({ text, isExpanded, images, source: "interactive", streamingBehavior: kind });
    const received = receiving instanceof Promise ? await receiving : receiving;
    if (received.kind !== "handled") void this.live;
    const begun = this.#sessions.intake.begin(received, { streamingBehavior: kind, isQueued: true });
    if (begun.disposition === "handled") return "handled";
    begun.done?.catch(() => undefined);
    return "queued";
  }

  async sendUserMessage(content: string | readonly UserContent[], { deliverAs }: { deliverAs?: "steer" | "followUp" }): Promise<void> {
    const text = typeof content === "string" ? content : textOf([...content]);
    const images = typeof content === "string" ? [] : content.filter((block) => block.type === "image");
    if (deliverAs !== undefined && this.live.isStreaming) await this.queue(deliverAs, text, { images, isExpanded: false });
    else await this.prompt(text, { images, expandPromptTemplates: false });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined | null)?.then === "function";
}
