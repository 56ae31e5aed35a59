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
  /** Of a whole provider, in place of `apiKey` and `oauth`. */
  auth?: ProviderAuth;
  /** Of a whole provider: those of its models that whoever has this credential can use. */
  filterModels?(models: readonly Model[], credential: StoredCredential | undefined): readonly Model[];
  /** Which models there are; nothing where `publish` or `getModels` says it. Asked by lists and by `ctx.modelRegistry.refresh()`, never at a start. */
  refreshModels?(context: RefreshModelsContext): Promise<readonly object[] | undefined>;
}

export interface ProviderCalls {
  stream?: ExtensionStream;
  streamSimple?: ExtensionStream;
}

export interface RefreshModelsContext {
  signal: AbortSignal;
  /** What is stored of the account, a sign-in renewed where it was due. */
  credential: StoredCredential | undefined;
  allowNetwork: true;
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
  /** What the models are for whoever is signed in: another address, fewer of them. */
  modifyModels?(models: readonly Model[], tokens: SignInTokens): readonly Model[];
}

/** As auth.json has it. */
export type StoredCredential = { type: "api_key"; key?: string; env?: Record<string, string> } | ({ type: "oauth" } & SignInTokens);

/** How a whole provider is paid for. */
export interface ProviderAuth {
  apiKey?: ProviderKey;
  oauth?: ProviderSignIn;
}

/** What a request is made with. */
export interface RequestAuth {
  apiKey?: string;
  headers?: Record<string, string>;
  baseUrl?: string;
}

export interface ProviderKey {
  /** For people. */
  name: string;
  /** Asks for it; without it the key alone is asked for. */
  login?(interaction: SignInInteraction): Promise<StoredCredential>;
  /** Whether there is one, without a request; default: what `resolve` says. */
  check?(input: KeyQuestion): Promise<{ source?: string } | undefined>;
  /** Of what is stored, configured or said; without one, of the surroundings. Nothing: there is none. */
  resolve(input: KeyQuestion): Promise<{ auth: RequestAuth; env?: Record<string, string>; source?: string } | undefined>;
}

export interface KeyQuestion {
  credential: StoredCredential | undefined;
  ctx: { env(name: string): Promise<string | undefined>; fileExists(path: string): Promise<boolean> };
  signal: AbortSignal;
}

export interface ProviderSignIn {
  /** For people. */
  name: string;
  /** Default: a plan, unless its tokens cannot be renewed. */
  isSubscription?: boolean;
  login(interaction: SignInInteraction): Promise<SignInTokens>;
  refresh(tokens: SignInTokens, signal: AbortSignal): Promise<SignInTokens>;
  toAuth(tokens: SignInTokens): Promise<RequestAuth> | RequestAuth;
}

/** How a provider of its own talks to the person. */
export interface SignInInteraction {
  signal: AbortSignal;
  /** Of a selection the id. Rejects where the person has left. */
  prompt(asked: SignInPrompt): Promise<string>;
  notify(event: SignInEvent): void;
}

export interface SignInPrompt {
  /** A word of another version is asked as a text. */
  type: "text" | "secret" | "manual_code" | "select";
  message: string;
  placeholder?: string;
  options?: readonly SignInOption[];
  /** It need not be answered any more. */
  signal?: AbortSignal;
}

export interface SignInOption {
  id: string;
  label: string;
  description?: string;
}

export type SignInEvent =
  | { type: "auth_url"; url: string; instructions?: string }
  | { type: "device_code"; userCode: string; verificationUri: string }
  | { type: "info"; message: string; links?: readonly { url: string; label?: string }[] }
  | { type: "progress"; message: string };

/** How a sign-in talks to the person. */
export interface SignInCallbacks {
  onAuth(about: { url: string; instructions?: string }): void;
  onDeviceCode(about: { userCode: string; verificationUri: string }): void;
  onProgress(message: string): void;
  onPrompt(about: { message: string; placeholder?: string }): Promise<string>;
  onManualCodeInput(): Promise<string>;
  onSelect(about: { message: string; options: readonly SignInOption[] }): Promise<string | undefined>;
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
