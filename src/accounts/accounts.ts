// What pays for model calls, by provider: asked by the harness before each call, by lists and by `pi inspect`. Made once a run.
// Invariants: a provider nobody asks for is not looked up; whoever only looks runs no command and learns no value.

import { PiError } from "../contracts/error.ts";
import type { Credential } from "../contracts/model-request.ts";
import type { ProviderSettings } from "../contracts/provider-settings.ts";
import type { Env } from "../platform/paths.ts";
import {
  type CredentialOptions,
  commandSource,
  credentialSource,
  hasCredential,
  resolveCredential,
  resolveSecretTexts,
} from "./credentials.ts";

/** How a vendor is paid for. */
export interface AccountVendor {
  /** Environment variables that hold a credential, the one that counts first. */
  credentialVariables: readonly string[];
  /** Those of them that hold a bearer token and not a key. */
  bearerVariables?: readonly string[];
  /** Those of them that hold a subscription's token. */
  planVariables?: readonly string[];
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
  /** Unix ms. */
  now?: () => number;
}

const commandKeepMs = 300_000;

export class Accounts {
  readonly #input: AccountsInput;
  /** A command is not run for every call, but often enough for tokens that expire. */
  readonly #fromCommands = new Map<string, { credential: Credential; untilMs: number }>();

  constructor(input: AccountsInput) {
    this.#input = input;
  }

  /** Whether a call could be paid for; looks at `--api-key` only when asked to. */
  has(providerId: string, withApiKey = false): boolean {
    return hasCredential(providerId, this.#options(providerId, withApiKey));
  }

  /** Where the credential of a provider would come from, by name; nothing when there is none. Never its value. */
  source(providerId: string, withApiKey = false): string | undefined {
    return credentialSource(providerId, this.#options(providerId, withApiKey));
  }

  /** Variables that hold the provider's credential. */
  variables(providerId: string): readonly string[] {
    return this.#input.vendorOf(providerId)?.credentialVariables ?? [];
  }

  /** @throws PiError `auth.no_credential` naming the variable to set, `auth.command`. */
  async credential(providerId: string): Promise<Credential> {
    const now = (this.#input.now ?? Date.now)();
    const kept = this.#fromCommands.get(providerId);
    if (kept !== undefined && now < kept.untilMs) return kept.credential;
    const credential = await resolveCredential(providerId, this.#options(providerId, true));
    if (credential === undefined) throw this.missing(providerId);
    if (credential.source.startsWith(commandSource)) this.#fromCommands.set(providerId, { credential, untilMs: now + commandKeepMs });
    return credential;
  }

  missing(providerId: string): PiError {
    const variables = this.variables(providerId);
    const variable = variables.find((name) => name.endsWith("KEY")) ?? variables[0];
    const projectFile = this.#input.providers[providerId]?.projectBaseUrlFile;
    const remedy =
      projectFile !== undefined
        ? `Its base URL is set by ${projectFile}, which must then set the key too`
        : variable !== undefined
          ? `Set ${variable}`
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
      keyless: vendor?.keyless === true,
      ...(withApiKey && apiKey !== undefined ? { apiKey } : {}),
      ...(now === undefined ? {} : { now: now() }),
    };
  }
}
