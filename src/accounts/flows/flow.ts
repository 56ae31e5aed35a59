// The contract of the flows: how a person signs in to one service, how its token is made new, and where a token may be sent. One file a flow
// beside this one, listed in `flows.ts`. Invariant: a flow stores nothing and prints nothing itself; both are handed in.

import type { Credential } from "../../contracts/model-request.ts";
import type { FlowEndpoints } from "../../contracts/provider-settings.ts";
import type { StoredKey, StoredToken } from "../auth-file.ts";

export type { FlowEndpoints } from "../../contracts/provider-settings.ts";

/** What a flow does its requests with. */
export interface FlowRequests {
  endpoints: FlowEndpoints;
  fetch: typeof globalThis.fetch;
  /** Unix ms. */
  now(): number;
  signal?: AbortSignal | undefined;
}

export interface LoginContext extends FlowRequests {
  /** What is stored of this account now. */
  stored: StoredToken | undefined;
  /** One line for the person. */
  say(line: string): void;
  /** Shows the address, and opens a browser where that is wanted and there is one. */
  open(url: string): Promise<void>;
  /** A line that the person pastes; rejects with `auth.no_terminal` where nobody can type, `auth.login_cancelled` at its end. */
  ask(question: string, signal: AbortSignal, how?: AskHow): Promise<string>;
  /** The id of the one that the person chooses; rejects as `ask` does. */
  choose(question: string, options: readonly LoginOption[], signal: AbortSignal): Promise<string>;
  /** A UUID of this installation, kept. */
  installationId(): string;
  /** Waits for the browser to come back. */
  receive(wanted: Callback): Promise<CallbackListener>;
  pause(ms: number, signal?: AbortSignal): Promise<void>;
  /** ms that only grow. */
  elapsedMs(): number;
}

export interface AskHow {
  /** What is typed is not shown. */
  isHidden?: boolean;
}

export interface LoginOption {
  id: string;
  label: string;
  description?: string;
}

export interface Callback {
  /** Exact path, with the leading slash. */
  path: string;
  /** Tried first; another one is taken where it is not free. 0: any. */
  port: number;
  /** What the address must bring as `state`; `undefined`: the path is the secret. */
  state: string | undefined;
}

export interface CallbackListener {
  /** The address that the service sends the browser back to. */
  redirectUri: string;
  /** Query of the first callback that is right. Rejects when the signal fires. */
  received: Promise<URLSearchParams>;
  close(): void;
}

export interface Flow {
  /** Whose account it is: the provider's id, also in auth.json. */
  provider: string;
  /** For people: "OpenAI (ChatGPT plan)". */
  name: string;
  /** What the service's terms say of signing in with a program like this: one line, shown before anything else. */
  terms: string;
  /** @throws PiError `auth.login_unavailable` where there is no sign-in to be had, saying what there is instead. */
  login(at: LoginContext): Promise<StoredToken | StoredKey>;
  /** Absent: its tokens do not expire. Rejects with `auth.refused` where only signing in anew helps, with `auth.network` otherwise. */
  refresh?(token: StoredToken, at: FlowRequests): Promise<StoredToken>;
  /** Where requests with the token go, and what they carry beside it. */
  use(token: StoredToken, endpoints: FlowEndpoints): TokenUse | Promise<TokenUse>;
}

/** What is done with a person who is there. */
export type LoginFlow = Pick<Flow, "provider" | "name" | "terms" | "login">;

/** A key that a provider of an extension's makes requests of by itself. */
export interface OwnKey {
  /** For people. */
  name: string;
  /** How it is asked for; absent: the key alone is. */
  flow?: LoginFlow;
  /** Where it comes from when nobody has stored, configured or said one; nothing: there is none, or nobody knows yet. */
  ambient(): string | undefined;
  /** Of what is stored, configured or said; nothing: of the surroundings. Nothing: there is none. */
  resolve(stored: StoredKey | undefined, signal: AbortSignal | undefined): Promise<Omit<Credential, "account"> | undefined>;
}

export interface TokenUse {
  /** In place of the provider's base URL; nothing else gets the token. Empty: the flow and the provider are of one maker, whose address stands. */
  baseUrl: string;
  /** What is sent; default: the access token, as a bearer. */
  credential?: Pick<Credential, "scheme" | "billing" | "value">;
  headers?: Record<string, string>;
}
