// What pays for model calls, by provider: asked by the harness before each call, by lists and by `pi inspect`. Made once a run.
// Invariants: a provider nobody asks for is not looked up; whoever only looks runs no command and learns no value.

import { defined } from "../contracts/defined.ts";
import { isPiError, PiError } from "../contracts/error.ts";
import type { Credential } from "../contracts/model-request.ts";
import { type FlowEndpoints, isTable, type ProviderSettings, type WorkloadVariables } from "../contracts/provider-settings.ts";
import { readSecretText } from "../contracts/text/secret-text.ts";
import type { Env } from "../platform/paths.ts";
import { liveSecrets } from "../platform/secrets.ts";
import { authFilePath, isStoredToken, type StoredKey, type StoredToken } from "./auth-file.ts";
import {
  accountIdOf,
  type CredentialOptions,
  commandSource,
  credentialSource,
  hasCredential,
  resolveCredential,
  resolveSecretTexts,
  soundAccount,
  storedAccount,
} from "./credentials.ts";
import type { Flow, OwnKey } from "./flows/flow.ts";
import { loadFlow } from "./flows/flows.ts";
import type { TokenRefresher } from "./refresh.ts";
import type { WorkloadTokens } from "./workload-identity.ts";

/** How a vendor is paid for. */
export interface AccountVendor {
  /** Environment variables that hold a credential, the one that counts first. */
  credentialVariables: readonly string[];
  /** Those of them that hold a bearer token and not a key. */
  bearerVariables?: readonly string[];
  /** Those of them that hold a subscription's token. */
  planVariables?: readonly string[];
  /** How a workload without a key shows who it is. */
  workload?: WorkloadVariables;
  /** A server that answers without a credential. */
  keyless?: boolean;
}

export interface AccountsInput {
  /** What is configured, by provider. */
  providers: Readonly<Record<string, ProviderSettings>>;
  vendorOf(providerId: string): AccountVendor | undefined;
  env: Env;
  agentDir: string;
  cwd: string;
  /** `--api-key`: for the model that is chosen, whatever its provider. */
  apiKey?: string;
  /** The sign-in that an extension brings for a provider. */
  flowOf?(providerId: string): Flow | undefined;
  /** What an extension makes of a provider's key. */
  keyOf?(providerId: string): OwnKey | undefined;
  /** Unix ms. */
  now?: () => number;
  /** For renewing sign-ins: with the user's proxy and CA. Default: the runtime's. */
  fetch?: () => Promise<typeof globalThis.fetch>;
}

/** How a credential is wanted. */
export interface CredentialWish {
  /** In place of the account that the configuration names. */
  accountId?: string;
  /** How long a token must be good for; default 5 min. */
  leadMs?: number;
  /** A token that has ended is an error and not made new. */
  mayRefresh?: boolean;
  /** The token that the service has just refused. */
  spent?: string;
  signal?: AbortSignal;
}

const commandKeepMs = 300_000;

export class Accounts {
  readonly #input: AccountsInput;
  /** A command is not run for every call, but often enough for tokens that expire. */
  readonly #fromCommands = new Map<string, { credential: Credential; untilMs: number }>();

  #refresher: Promise<TokenRefresher> | undefined;
  #workload: Promise<WorkloadTokens> | undefined;
  /** Made when something is asked for. */
  readonly #fetch: typeof globalThis.fetch = async (input, init) => ((await this.#input.fetch?.()) ?? globalThis.fetch)(input, init);

  constructor(input: AccountsInput) {
    this.#input = input;
  }

  /** Whether a call could be paid for; looks at `--api-key` only when asked to. */
  has(providerId: string, withApiKey = false): boolean {
    return hasCredential(providerId, this.#options(providerId, withApiKey)) || this.#ambient(providerId) !== undefined;
  }

  /** Where the credential of a provider would come from, by name; nothing when there is none. Never its value. */
  source(providerId: string, withApiKey = false): string | undefined {
    return credentialSource(providerId, this.#options(providerId, withApiKey)) ?? this.#ambient(providerId);
  }

  /** Variables that hold the provider's credential. */
  variables(providerId: string): readonly string[] {
    return this.#input.vendorOf(providerId)?.credentialVariables ?? [];
  }

  /**
   * @throws PiError `auth.no_credential` naming the variable to set, `auth.command`; of a sign-in `auth.sign_in_again`, `auth.network`,
   * `auth.plan_not_allowed`; `auth.damaged_file`.
   */
  async credential(providerId: string, wish: CredentialWish = {}): Promise<Credential> {
    const now = (this.#input.now ?? Date.now)();
    const kept = wish.accountId === undefined ? this.#fromCommands.get(providerId) : undefined;
    if (kept !== undefined && now < kept.untilMs) return kept.credential;
    const options = { ...this.#options(providerId, true), ...defined({ accountId: wish.accountId }) };
    const given = await resolveCredential(providerId, options, {
      ofToken: (accountId) => this.#ofSignIn(providerId, accountId, wish),
      ofWorkload: (variables) => this.#ofWorkload(providerId, variables, wish),
    });
    const own = this.#input.keyOf?.(providerId);
    const credential =
      own === undefined || given?.account !== undefined ? given : await this.#ofOwnKey(own, given, options, providerId, wish);
    if (credential === undefined) throw this.missing(providerId, options);
    liveSecrets.add(credential.value);
    if (credential.source.startsWith(commandSource)) this.#fromCommands.set(providerId, { credential, untilMs: now + commandKeepMs });
    return credential;
  }

  /** Addresses of a sign-in in place of the service's own, with variables filled in. @throws PiError `auth.unset_variable`. */
  endpoints(providerId: string): FlowEndpoints {
    const written = Object.entries(this.#input.providers[providerId]?.oauth ?? {});
    return Object.fromEntries(
      written.map(([name, value]) => {
        const text = readSecretText(value, this.#input.env);
        if (text.kind === "text") return [name, text.text];
        const variable = text.kind === "unset" ? text.variable : name;
        throw new PiError("auth.unset_variable", `The sign-in to ${providerId} needs ${variable}, which is not set.`, {
          hint: `Set ${variable}.`,
        });
      }),
    );
  }

  /** How to sign in to a provider, where that can be done. */
  async flow(providerId: string): Promise<Flow | undefined> {
    return this.#input.flowOf?.(providerId) ?? loadFlow(providerId);
  }

  async #ofSignIn(providerId: string, accountId: string, wish: CredentialWish): Promise<Credential> {
    const flow = await this.flow(providerId);
    if (flow === undefined) throw this.missing(providerId);
    const endpoints = this.endpoints(providerId);
    const now = this.#input.now ?? Date.now;
    this.#refresher ??= import("./refresh.ts").then(({ TokenRefresher }) => new TokenRefresher());
    const refresher = await this.#refresher;
    const { accountId: _, mayRefresh = true, ...how } = wish;
    const path = authFilePath(this.#input.agentDir);
    const request = { ...how, accountId, path, flow, endpoints, now, fetch: this.#fetch };
    const token = mayRefresh ? await refresher.current(request) : refresher.stored(request);
    liveSecrets.add(token.refresh);
    const { baseUrl, headers, credential } = await flow.use(token, endpoints);
    if (credential !== undefined) liveSecrets.add(credential.value);
    return {
      scheme: "bearer",
      // One that gives no other when it ends is a key that a sign-in made, billed like any key.
      billing: token.refresh === "" ? "metered" : "plan",
      value: token.access,
      ...credential,
      source: "auth.json",
      account: { id: accountId, baseUrl, ...defined({ headers }) },
    };
  }

  async #ofWorkload(providerId: string, variables: WorkloadVariables, wish: CredentialWish): Promise<Credential> {
    const { env, now = Date.now } = this.#input;
    const endpoints = this.endpoints(providerId);
    const { accountId: _, mayRefresh: __, ...how } = wish;
    this.#workload ??= import("./workload-identity.ts").then(({ WorkloadTokens }) => new WorkloadTokens());
    const value = await (await this.#workload).current({ ...how, variables, env, endpoints, now, fetch: this.#fetch });
    const account = { id: providerId, baseUrl: endpoints.baseUrl ?? variables.baseUrl };
    return { scheme: "bearer", billing: "metered", value, source: variables.rule, account };
  }

  /** What is stored of a provider's account, as it is; nothing where that is no credential. */
  stored(providerId: string): StoredKey | StoredToken | undefined {
    const entry = soundAccount(providerId, this.#options(providerId, false));
    if (isStoredToken(entry)) return entry;
    return isTable(entry) && entry.type === "api_key" ? (entry as unknown as StoredKey) : undefined;
  }

  async #ofOwnKey(
    own: OwnKey,
    given: Credential | undefined,
    options: CredentialOptions,
    providerId: string,
    { signal }: CredentialWish,
  ): Promise<Credential | undefined> {
    const entry = given === undefined || given.source === "auth.json" ? storedAccount(providerId, options) : undefined;
    const stored = isTable(entry) && entry.type === "api_key" ? (entry as unknown as StoredKey) : undefined;
    const isStored = stored !== undefined;
    const key: StoredKey | undefined = given === undefined ? stored : { ...(isStored ? stored : {}), type: "api_key", key: given.value };
    const made = await own.resolve(key, signal);
    if (made === undefined) return undefined;
    for (const header of Object.values(made.request?.headers ?? {})) liveSecrets.addHeader(header);
    return given === undefined && !isStored ? made : { ...made, source: given?.source ?? "auth.json" };
  }

  #ambient(providerId: string): string | undefined {
    return this.#input.keyOf?.(providerId)?.ambient();
  }

  /** Why what is stored pays for nothing. */
  #unusableEntry(providerId: string, options: CredentialOptions): PiError | undefined {
    let stored: unknown;
    try {
      stored = storedAccount(providerId, options);
    } catch (error) {
      if (isPiError(error)) return error;
      throw error;
    }
    if (stored === undefined) return undefined;
    const id = accountIdOf(providerId, options);
    const entry = isTable(stored) ? stored : {};
    if (entry.type !== "oauth") {
      if (typeof entry.key === "string" || isTable(entry.env)) return undefined;
      return new PiError(
        "auth.damaged_file",
        `${authFilePath(options.agentDir)} is damaged: its entry ${id} is neither a key nor a sign-in`,
        {
          hint: `Store it anew: pi auth login ${id} --api-key.`,
        },
      );
    }
    if (providerId === "anthropic") {
      return new PiError(
        "auth.plan_not_allowed",
        "The stored sign-in to Anthropic is that of a Claude plan, which its terms reserve for Anthropic's own programs",
        { hint: "Set ANTHROPIC_API_KEY; the stored sign-in is kept for the program that made it." },
      );
    }
    return new PiError("auth.sign_in_again", `The stored sign-in to ${id} has expired`, {
      hint: `Sign in again with the program that made it, or set a key: pi auth login ${id} --api-key.`,
    });
  }

  /** What is wrong where nothing pays: a damaged file, a damaged entry and a sign-in that cannot be used are no missing key. */
  missing(providerId: string, options = this.#options(providerId, true)): PiError {
    const unusable = this.#unusableEntry(providerId, options);
    if (unusable !== undefined) return unusable;
    const variables = this.variables(providerId);
    const variable = variables.find((name) => name.endsWith("KEY")) ?? variables[0];
    const projectFile = this.#input.providers[providerId]?.projectBaseUrlFile;
    const remedy =
      projectFile !== undefined
        ? `Its base URL is set by ${projectFile}, which must then set the key too`
        : variable !== undefined
          ? `Set ${variable}`
          : options.hasOwnFlow === true
            ? `Sign in with pi auth login ${providerId}`
            : options.hasOwnKey === true
              ? `Store it with pi auth login ${providerId}`
              : `Set api_key under [providers.${providerId}] in config.toml`;
    return new PiError("auth.no_credential", `No API key found for ${providerId}.`, {
      hint: `${remedy}, or try --model demo, which needs none.`,
    });
  }

  /** Headers as they are sent, of headers as they are written. @throws PiError `auth.command`, `auth.unset_variable`. */
  headers(providerId: string, written: Record<string, string>): Promise<Record<string, string>> {
    return resolveSecretTexts(written, `A header of ${providerId}:`, this.#input);
  }

  #options(providerId: string, withApiKey: boolean): CredentialOptions {
    const { providers, env, agentDir, cwd, apiKey, now } = this.#input;
    const vendor = this.#input.vendorOf(providerId);
    return {
      providers,
      env,
      agentDir,
      cwd,
      credentialVariables: vendor?.credentialVariables ?? [],
      bearerVariables: vendor?.bearerVariables ?? [],
      planVariables: vendor?.planVariables ?? [],
      workload: vendor?.workload,
      keyless: vendor?.keyless === true,
      hasOwnFlow: this.#input.flowOf?.(providerId) !== undefined,
      hasOwnKey: this.#input.keyOf?.(providerId) !== undefined,
      ...(withApiKey && apiKey !== undefined ? { apiKey } : {}),
      ...(now === undefined ? {} : { now: now() }),
    };
  }
}
