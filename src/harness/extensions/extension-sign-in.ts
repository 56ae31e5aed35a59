// The sign-in that an extension brings for its provider, as a flow like ours. Called by extension-provider; `pi auth login` and the accounts use it.
// Invariant: what it says to the person goes through the flow's context, which opens no address that others could read.

import type { StoredToken } from "../../accounts/auth-file.ts";
import type { Flow, LoginContext } from "../../accounts/flows/flow.ts";
import { isPiError, messageOf, PiError } from "../../contracts/error.ts";
import type { ExtensionSignIn, SignInCallbacks, SignInTokens } from "../../contracts/extension-provider.ts";

/** `isBearer`: what it gives goes into `Authorization`, else where the wire format has its key. */
export function flowOf(provider: string, signIn: ExtensionSignIn, isBearer: boolean): Flow {
  return {
    provider,
    name: signIn.name,
    terms: `${signIn.name}: this sign-in is an extension's, and what it asks for goes to whom the extension sends it.`,
    login: async (at) => {
      const tokens = await new Promise<SignInTokens>((resolve, reject) => signIn.login(callbacks(at, reject)).then(resolve, reject));
      return stored(provider, tokens);
    },
    refresh: async (token, { signal = new AbortController().signal }) => {
      try {
        return stored(provider, await signIn.refreshToken(token, signal));
      } catch (error) {
        if (isPiError(error)) throw error;
        throw new PiError("auth.network", `The sign-in to ${signIn.name} could not be renewed: ${messageOf(error)}`, {
          hint: `Try again, or pi auth login ${provider}.`,
          cause: error,
        });
      }
    },
    use: (token) => {
      const isPlan = signIn.isSubscription ?? token.refresh !== "";
      const value = signIn.getApiKey(token);
      return { baseUrl: "", credential: { scheme: isBearer ? "bearer" : "own", billing: isPlan ? "plan" : "metered", value } };
    },
  };
}

/** @throws PiError `auth.refused` */
function stored(provider: string, tokens: SignInTokens | undefined): StoredToken {
  const { access, refresh = "", expires = Number.MAX_SAFE_INTEGER } = tokens ?? {};
  if (typeof access !== "string" || access === "" || typeof refresh !== "string" || typeof expires !== "number") {
    throw new PiError("auth.refused", `The sign-in to ${provider} gave no tokens (access, refresh, expires)`, {
      hint: "That is the extension's to mend.",
    });
  }
  return { ...tokens, type: "oauth", access, refresh, expires };
}

function callbacks({ say, open, ask, signal }: LoginContext, failed: (error: unknown) => void): SignInCallbacks {
  const end = signal ?? new AbortController().signal;
  const show = (url: string): void => void open(url).catch(failed);
  return {
    onAuth: ({ url, instructions }) => {
      if (instructions !== undefined) say(instructions);
      show(url);
    },
    onDeviceCode: ({ userCode, verificationUri }) => {
      say(`The code is ${userCode}`);
      show(verificationUri);
    },
    onProgress: say,
    onPrompt: ({ message, placeholder }) => ask(placeholder === undefined ? `${message} ` : `${message} (${placeholder}) `, end),
    onManualCodeInput: () => ask("Paste the code: ", end),
    onSelect: async ({ message, options }) => {
      for (const [index, { label }] of options.entries()) say(`${index + 1}  ${label}`);
      return options[Number(await ask(`${message} (number) `, end)) - 1]?.id;
    },
    signal,
  };
}
