// What a conversation is made of and what it asks of its surroundings: filled in by start-session and handed on by coding-session.
// Invariant: all that a run needs of the outside comes in here; nothing of it is looked up on the way.

import type { KeptTurn } from "../../agent/loop.ts";
import type { Validation } from "../../agent/run-tools.ts";
import type { Interceptor } from "../../contracts/interceptor.ts";
import type { AssistantMessage } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { Credential } from "../../contracts/model-request.ts";
import type { Denial } from "../../contracts/policy.ts";
import type { Provider } from "../../contracts/provider.ts";
import type { Tool, ToolContext } from "../../contracts/tool.ts";
import type { Session } from "../../session/tree/session.ts";
import type { Limits } from "./budget.ts";
import type { ModelWishes } from "./model-wishes.ts";
import type { FallbackSettings, RetrySettings } from "./recovery-settings.ts";
import type { StoredContext } from "./stored-context.ts";
import type { PromptParts } from "./system-prompt.ts";

export interface ModelAccess {
  provider: Provider;
  credential: Credential;
  fetch: typeof globalThis.fetch;
}

export interface CompactionSettings {
  /** Whether it happens by itself. */
  enabled: boolean;
  reserveTokens: number;
  keepRecentTokens: number;
  /** In place of those two, by `provider/id`. */
  modelOverrides?: Readonly<Record<string, { reserveTokens?: number; keepRecentTokens?: number }>>;
  /** Tokens of the window kept free when a branch is summarised; as many as its summary may need where absent. */
  branchReserveTokens?: number | undefined;
  /** Who writes summaries, where not the session's model. Rejects with a PiError when there is no such model. */
  model?(): Promise<Model>;
}

export interface CodingSessionDeps {
  session: Session;
  /** Of the session as it stands, where the caller has it already. */
  stored?: StoredContext | undefined;
  model: Model;
  thinkingLevel: ThinkingLevel;
  /** For models that have no level of their own, where the one in force is such a one's. */
  wantedLevel?: ThinkingLevel;
  /** All tools there are, and the names of those the model gets. */
  tools: readonly Tool[];
  activeToolNames: readonly string[];
  validate(tool: Tool, args: unknown): Promise<Validation>;
  toolContext: Omit<ToolContext, "toolCallId" | "signal" | "onUpdate" | "acceptsImages">;
  prompt: Omit<PromptParts, "tools">;
  /** What a prompt stands for (`/template …`); the text itself when absent. */
  expand?(text: string): Promise<string>;
  /** The final answer must be JSON valid against this JSON Schema. */
  outputSchema?: Record<string, unknown>;
  /** Of the configuration, for what is asked of models. */
  wishes?: ModelWishes;
  /** Who may change what happens, beside those who are told of it. */
  interceptor?: Interceptor | undefined;
  /** Calls that the policy has refused, as they come. */
  denied?: readonly Denial[];
  /** Loads the wire format and finds the credential of a model; rejects with a PiError that says what is missing. */
  access: AccessTo;
  retry: RetrySettings;
  compaction: CompactionSettings;
  fallback: FallbackSettings;
  limits: Limits;
  /** Longest silence in ms; 0: none. */
  stall: { modelMs: number; toolMs: number };
  clock: { now(): number; random(): number };
}

/** A credential that is given stands in place of what is found for the provider. */
export type AccessTo = (model: Model, given?: Credential) => Promise<ModelAccess>;

/** What other concerns do in the middle of a run. */
export interface ConversationHooks {
  beforeNextTurn(signal: AbortSignal): Promise<void>;
  /** Once all of a turn is recorded; true: one more answer is wanted. */
  turnKept(turn: KeptTurn): Promise<boolean> | undefined;
  /** After listeners were told of an answer that is whole. */
  answered(answer: AssistantMessage): Promise<void> | undefined;
}

/** A subscription's notional prices are not money. */
export function isBilled(access: ModelAccess): boolean {
  return access.credential.billing === "metered";
}
