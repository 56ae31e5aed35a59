// The sign-in that an extension brings for its provider, and its own way with a key, as flows like ours. Called by extension-provider; `pi auth login`, the
// screen's /login and the accounts use them. Invariant: what they say to the person goes through the flow's context, which opens no address that others could
// read; what they give is stored only where it is a credential.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StoredKey, StoredToken } from "../../accounts/auth-file.ts";
import type { Flow, LoginContext, LoginFlow, OwnKey } from "../../accounts/flows/flow.ts";
import { defined } from "../../contracts/defined.ts";
import { isPiError, messageOf, PiError } from "../../contracts/error.ts";
import type {
  ExtensionSignIn,
  KeyQuestion,
  ProviderKey,
  ProviderSignIn,
  RequestAuth,
  SignInCallbacks,
  SignInInteraction,
  SignInTokens,
} from "../../contracts/extension-provider.ts";
import type { Credential } from "../../contracts/model-request.ts";
import { isTable } from "../../contracts/provider-settings.ts";
import type { Env } from "../../platform/paths.ts";

/** Whether there is a key is not waited for longer than this. */
const checkMs = 5000;

/** The older form as the newer one. */
export function asProviderSignIn(signIn: ExtensionSignIn): ProviderSignIn {
  return {
    name: signIn.name,
    ...defined({ isSubscription: signIn.isSubscription }),
    login: (interaction) => signIn.login(callbacksOver(interaction)),
    refresh: (tokens, signal) => signIn.refreshToken(tokens, signal),
    toAuth: (tokens) => ({ apiKey: signIn.getApiKey(tokens) }),
  };
}

/** `isBearer`: what it gives goes into `Authorization`, else where the wire format has its key. */
export function flowOf(provider: string, signIn: ProviderSignIn, isBearer: boolean): Flow {
  return {
    provider,
    name: signIn.name,
    terms: termsOf(signIn.name),
    login: async (at) => storedToken(provider, await asked(at, (interaction) => signIn.login(interaction))),
    refresh: async (token, { signal = new AbortController().signal }) => {
      try {
        return storedToken(provider, await signIn.refresh(token, signal));
      } catch (error) {
        if (isPiError(error)) throw error;
        throw new PiError("auth.network", `The sign-in to ${signIn.name} could not be renewed: ${messageOf(error)}`, {
          hint: `Try again, or pi auth login ${provider}.`,
          cause: error,
        });
      }
    },
    use: async (token) => {
      const isPlan = signIn.isSubscription ?? token.refresh !== "";
      const auth = await signIn.toAuth(token);
      const { headers, baseUrl = "" } = auth;
      return { baseUrl, ...defined({ headers }), credential: { ...keyOf(auth, isBearer), billing: isPlan ? "plan" : "metered" } };
    },
  };
}

/** `learned`: it is known whether there is a key in the surroundings. */
export function ownKeyOf(provider: string, key: ProviderKey, isBearer: boolean, env: Env): { key: OwnKey; learned: Promise<void> } {
  let ambient: string | undefined;
  const question = (credential: KeyQuestion["credential"], signal: AbortSignal): KeyQuestion => ({
    credential,
    ctx: keyContext(env),
    signal,
  });
  const learn = async (): Promise<void> => {
    const asking = question(undefined, AbortSignal.timeout(checkMs));
    const found = await beforeAbort((key.check ?? key.resolve).call(key, asking), asking.signal);
    ambient = found === undefined ? undefined : (found.source ?? key.name);
  };
  const { login } = key;
  const own: OwnKey = {
    name: key.name,
    ...(login !== undefined && { flow: keyFlowOf(provider, key.name, login.bind(key)) }),
    ambient: () => ambient,
    resolve: async (stored, signal = new AbortController().signal) => {
      try {
        const found = await key.resolve(question(stored, signal));
        if (found === undefined) return undefined;
        const { auth, env: variables, source = key.name } = found;
        const request = defined({ baseUrl: auth.baseUrl, headers: auth.headers, env: variables });
        return { ...keyOf(auth, isBearer), billing: "metered", source, ...(Object.keys(request).length > 0 && { request }) };
      } catch (error) {
        signal.throwIfAborted();
        if (isPiError(error)) throw error;
        throw new PiError("auth.no_credential", `${key.name} of ${provider} cannot be had: ${messageOf(error)}`, {
          hint: `pi auth login ${provider} stores it anew.`,
          cause: error,
        });
      }
    },
  };
  // Of one that cannot say there is none; a call says why.
  return { key: own, learned: learn().catch(() => {}) };
}

function keyFlowOf(provider: string, name: string, login: NonNullable<ProviderKey["login"]>): LoginFlow {
  return {
    provider,
    name,
    terms: termsOf(name),
    login: async (at) => {
      const given = await asked(at, login);
      const { type, key, env } = (isTable(given) ? given : {}) as Partial<StoredKey>;
      const isEnv = env === undefined || (isTable(env) && Object.values(env).every((value) => typeof value === "string"));
      if (type !== "api_key" || (key !== undefined && typeof key !== "string") || !isEnv || (key === undefined && env === undefined)) {
        throw new PiError("auth.refused", `${name} of ${provider} gave no key (type, key, env)`, {
          hint: "That is the extension's to mend.",
        });
      }
      return given as StoredKey;
    },
  };
}

const termsOf = (name: string): string =>
  `${name}: this sign-in is an extension's, and what it asks for goes to whom the extension sends it.`;

function keyOf({ apiKey = "" }: RequestAuth, isBearer: boolean): Pick<Credential, "scheme" | "value"> {
  return { scheme: apiKey === "" ? "none" : isBearer ? "bearer" : "own", value: apiKey };
}

/** @throws PiError `auth.refused` */
function storedToken(provider: string, tokens: SignInTokens | undefined): StoredToken {
  const { access, refresh = "", expires = Number.MAX_SAFE_INTEGER } = tokens ?? {};
  if (typeof access !== "string" || access === "" || typeof refresh !== "string" || typeof expires !== "number") {
    throw new PiError("auth.refused", `The sign-in to ${provider} gave no tokens (access, refresh, expires)`, {
      hint: "That is the extension's to mend.",
    });
  }
  return { ...tokens, type: "oauth", access, refresh, expires };
}

/** What the extension gives; whatever the person or an address put an end to comes first. */
function asked<T>(at: LoginContext, login: (interaction: SignInInteraction) => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    at.signal?.addEventListener("abort", () => reject(at.signal?.reason), { once: true });
    login(interactionOf(at, reject)).then(resolve, reject);
  });
}

function interactionOf({ say, open, ask, choose, signal }: LoginContext, failed: (error: unknown) => void): SignInInteraction {
  const end = signal ?? new AbortController().signal;
  const show = (url: string): void => void open(url).catch(failed);
  return {
    signal: end,
    prompt: ({ type, message, placeholder, options = [], signal: own }) => {
      const until = own === undefined ? end : AbortSignal.any([end, own]);
      if (type === "select") return choose(message, options, until);
      const isHidden = type === "secret";
      return ask(placeholder === undefined ? `${message} ` : `${message} (${placeholder}) `, until, { isHidden });
    },
    notify: (event) => {
      switch (event.type) {
        case "auth_url":
          if (event.instructions !== undefined) say(event.instructions);
          show(event.url);
          return;
        case "device_code":
          say(`The code is ${event.userCode}`);
          show(event.verificationUri);
          return;
        case "info":
          say(event.message);
          for (const { url, label } of event.links ?? []) say(label === undefined ? url : `${label}: ${url}`);
          return;
        default:
          say(event.message);
      }
    },
  };
}

function callbacksOver({ prompt, notify, signal }: SignInInteraction): SignInCallbacks {
  return {
    onAuth: (about) => notify({ type: "auth_url", ...about }),
    onDeviceCode: (about) => notify({ type: "device_code", ...about }),
    onProgress: (message) => notify({ type: "progress", message }),
    onPrompt: (about) => prompt({ type: "text", ...about }),
    onManualCodeInput: () => prompt({ type: "manual_code", message: "Paste the code:" }),
    onSelect: (about) => prompt({ type: "select", ...about }),
    signal,
  };
}

/** What a provider's own code may ask of the surroundings. */
export function keyContext(env: Env): KeyQuestion["ctx"] {
  const home = env.HOME ?? env.USERPROFILE ?? "";
  return {
    env: async (name) => env[name] || undefined,
    fileExists: async (path) => existsSync(path.startsWith("~") ? join(home, path.slice(1)) : path),
  };
}

/** Also of what does not heed its signal. */
async function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let end = (): void => {};
  const ended = new Promise<never>((_, reject) => {
    end = () => reject(signal.reason);
    signal.addEventListener("abort", end, { once: true });
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
