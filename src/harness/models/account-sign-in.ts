// An account signed in to for a person who is there: which provider is meant, the flow carried out with the user's network, a key taken as one.
// Called by `pi auth login` and by the screen's /login. Invariant: what is stored and said along the way is the accounts' own doing.

import { providerOfAccount } from "../../accounts/auth-file.ts";
import type { AskHow, LoginFlow, LoginOption } from "../../accounts/flows/flow.ts";
import { flowProviders } from "../../accounts/flows/flows.ts";
import { signIn } from "../../accounts/sign-in.ts";
import type { Config } from "../../config/load-config.ts";
import { PiError } from "../../contracts/error.ts";
import { nearestName } from "../../contracts/nearest.ts";
import type { Env } from "../../platform/paths.ts";
import type { ModelRegistry } from "./model-registry.ts";

export interface SignInPlace {
  agentDir: string;
  config: Pick<Config, "values">;
  registry: ModelRegistry;
  env: Env;
  now(): number;
}

/** How the person is spoken to. */
export interface SignInFace {
  say(line: string): void;
  ask(question: string, signal: AbortSignal, how?: AskHow): Promise<string>;
  /** Absent: by numbers. */
  choose?(question: string, options: readonly LoginOption[], signal: AbortSignal): Promise<string>;
  /** Whether a browser was started. */
  openBrowser(url: string): boolean;
  signal: AbortSignal;
}

export const maxKeyLength = 16_384;

export async function signInTo(accountId: string, flow: LoginFlow, at: SignInPlace, face: SignInFace): Promise<void> {
  const { createFetch } = await import("../../platform/network/fetch.ts");
  const { network } = at.config.values;
  await signIn(accountId, flow, {
    ...face,
    agentDir: at.agentDir,
    endpoints: at.registry.endpoints(providerOfAccount(accountId)),
    fetch: await createFetch({ env: at.env, proxy: network.proxy, caFile: network.caFile }),
    now: at.now,
    callbackHost: at.env.PI_OAUTH_CALLBACK_HOST,
  });
}

/** Providers that somebody can have an account at. */
export function accountProviders(registry: ModelRegistry): string[] {
  return [...new Set([...registry.providers(), ...flowProviders])];
}

/** An account as it was said, by the provider's id or by another name of it. @throws PiError `usage.unknown_provider`, `usage.account_name`. */
export function knownAccount(said: string, registry: ModelRegistry): { accountId: string; provider: string } {
  const providerSaid = providerOfAccount(said);
  const provider = registry.providerId(providerSaid);
  const name = said.slice(providerSaid.length);
  if (name !== "" && !/^#[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    throw new PiError("usage.account_name", `${JSON.stringify(said)} is no name of an account`, {
      hint: `For example ${provider}#work.`,
    });
  }
  const names = accountProviders(registry);
  if (names.includes(provider)) return { accountId: provider + name, provider };
  const near = nearestName(provider, names);
  throw new PiError("usage.unknown_provider", `There is no provider ${JSON.stringify(provider)}`, {
    hint: near === undefined ? "pi models --all lists them." : `Did you mean ${near}?`,
  });
}

/** What was typed or piped, as a key. @throws PiError `auth.no_key`. */
export function keyIn(text: string, hint: string): string {
  const key = text.trim();
  if (key !== "" && key.length <= maxKeyLength && !/[\r\n]/.test(key)) return key;
  const problem = key === "" ? "No key was given" : "What was given is no key: it is more than one line";
  throw new PiError("auth.no_key", problem, { hint, exitStatus: 1 });
}
