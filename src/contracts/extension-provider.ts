// What extensions register to have more models: providers, their own way to call them, their sign-in, their lists. Names and shapes are the npm
// agent's. Types only; the harness makes settings, providers and flows of ours of them.

import type { Message, ToolDeclaration } from "./message.ts";
import type { Model } from "./model.ts";

/** In the npm agent's words: `baseUrl apiKey api headers models` as its models file has them, and a way of its own to call them. */
export interface ExtensionProvider {
  name?: string;
  baseUrl?: string;
  /** A literal, `$ENV` or `!command`. */
  apiKey?: string;
  /** A wire format; of a whole provider its way to call models, or one for each format. */
  api?: string | ProviderCalls | Readonly<Record<string, ProviderCalls>>;
  headers?: Record<string, string>;
  authHeader?: boolean;
  models?: readonly object[];
  streamSimple?: ExtensionStream;
  stream?: ExtensionStream;
  /** Of a whole provider: its models as they are now. */
  getModels?(): readonly object[];
  oauth?: ExtensionSignIn;
  /** Which models there are; nothing where `publish` or `getModels` says it. Asked by lists and by `ctx.modelRegistry.refresh()`, never at a start. */
  refreshModels?(context: RefreshModelsContext): Promise<readonly object[] | undefined>;
}

export interface ProviderCalls {
  stream?: ExtensionStream;
  streamSimple?: ExtensionStream;
}

export interface RefreshModelsContext {
  signal: AbortSignal;
  /** Nothing: lists are not kept from one run to the next. */
  stored: undefined;
  /** `update` puts the provider's own list into force. */
  publish(what?: { update?: () => unknown }): Promise<boolean>;
}

/** What a sign-in gives; kept in auth.json, with whatever fields it has beside these. */
export interface SignInTokens {
  access: string;
  refresh: string;
  /** Unix ms. */
  expires: number;
  [field: string]: unknown;
}

/** A sign-in that a provider brings: `pi auth login NAME`. */
export interface ExtensionSignIn {
  /** For people. */
  name: string;
  /** Default: a plan, unless its tokens cannot be renewed. */
  isSubscription?: boolean;
  login(callbacks: SignInCallbacks): Promise<SignInTokens>;
  refreshToken(tokens: SignInTokens, signal: AbortSignal): Promise<SignInTokens>;
  /** What is sent as the key. */
  getApiKey(tokens: SignInTokens): string;
}

/** How a sign-in talks to the person. */
export interface SignInCallbacks {
  onAuth(about: { url: string; instructions?: string }): void;
  onDeviceCode(about: { userCode: string; verificationUri: string }): void;
  onProgress(message: string): void;
  onPrompt(about: { message: string; placeholder?: string }): Promise<string>;
  onManualCodeInput(): Promise<string>;
  onSelect(about: { message: string; options: readonly { id: string; label: string }[] }): Promise<string | undefined>;
  signal: AbortSignal | undefined;
}

/** Gives events in the npm agent's form; the last one is `done` or `error` with the message. */
export type ExtensionStream = (
  model: Model,
  context: { systemPrompt?: string; messages: readonly Message[]; tools?: readonly ToolDeclaration[] },
  options: Record<string, unknown>,
) => AsyncIterable<{ type: string; [field: string]: unknown }> | Promise<AsyncIterable<{ type: string; [field: string]: unknown }>>;

export interface ProviderChange {
  extensionPath: string;
  name: string;
  /** Nothing: it is taken back. */
  provider: ExtensionProvider | undefined;
}
