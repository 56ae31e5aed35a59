// How a whole provider of an extension's is paid for, of the usual kinds: a key that is stored or in a variable, a sign-in that is loaded when it is used.
// Imported by extensions.

import type { KeyQuestion, ProviderKey, ProviderSignIn } from "../../contracts/extension-provider.ts";
import { keyContext } from "../../harness/extensions/extension-sign-in.ts";
import { surroundings } from "./places.ts";

/** The stored key, else the first of the variables that is set. `name`: as the person is asked for it. */
export function envApiKeyAuth(name: string, variables: readonly string[]): ProviderKey {
  return {
    name,
    login: async ({ prompt }) => ({ type: "api_key", key: await prompt({ type: "secret", message: `${name}:` }) }),
    resolve: async ({ credential, ctx }) => {
      if (credential?.type === "api_key" && credential.key) {
        const { key: apiKey, env } = credential;
        return { auth: { apiKey }, ...(env !== undefined && { env }), source: "stored credential" };
      }
      for (const variable of variables) {
        const apiKey = await ctx.env(variable);
        if (apiKey) return { auth: { apiKey }, source: variable };
      }
      return undefined;
    },
  };
}

export interface LazySignIn extends Pick<ProviderSignIn, "name" | "isSubscription"> {
  load(): Promise<Pick<ProviderSignIn, "login" | "refresh" | "toAuth">>;
}

export function lazyOAuth({ load, ...about }: LazySignIn): ProviderSignIn {
  let loading: ReturnType<LazySignIn["load"]> | undefined;
  const loaded = (): ReturnType<LazySignIn["load"]> => {
    loading ??= load().catch((error: unknown) => {
      // The next one who needs it may have more luck.
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return {
    ...about,
    login: async (interaction) => (await loaded()).login(interaction),
    refresh: async (...due) => (await loaded()).refresh(...due),
    toAuth: async (tokens) => (await loaded()).toAuth(tokens),
  };
}

/** Of this process. */
export function defaultProviderAuthContext(): KeyQuestion["ctx"] {
  return keyContext(surroundings().env);
}
