// Which secrets the user has, as far as environment and configuration say them without running anything. Called where models are looked up,
// and before a stored conversation is written out. Invariant: also those count that this run does not use: commands see them all the same.

import type { ProviderSettings } from "../../contracts/provider-settings.ts";
import { isSecretHeader, readSecretText } from "../../contracts/text/secret-text.ts";
import type { Env } from "../../platform/paths.ts";
import { isKeyOfSomebody, looksLikeCredential } from "../../platform/processes/child-env.ts";
import { liveSecrets } from "../../platform/secrets.ts";
import { type Vendor, vendors } from "../../providers/vendors.ts";

export interface SecretPlaces {
  env: Env;
  apiKey?: string;
  config?: { providers: Record<string, ProviderSettings>; values?: { shell: { set: Record<string, string> } } };
}

export function learnSecrets({ env, apiKey, config }: SecretPlaces): void {
  liveSecrets.add(apiKey ?? "");
  for (const { credentialVariables, baseUrlVariable } of Object.values<Vendor>(vendors)) {
    for (const name of credentialVariables) {
      const key = env[name];
      if (key !== undefined) liveSecrets.add(key);
    }
    const address = baseUrlVariable === undefined ? undefined : env[baseUrlVariable];
    if (address !== undefined) liveSecrets.addUrl(address);
  }
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (isKeyOfSomebody(name, value)) liveSecrets.add(value);
    // A user without a password is no secret.
    else if (value.includes("@") && /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s@:]*:[^/?#\s]+@/i.test(value)) liveSecrets.addUrl(value);
  }
  for (const [name, text] of Object.entries(config?.values?.shell.set ?? {})) if (looksLikeCredential(name, text)) liveSecrets.add(text);
  for (const { baseUrl, apiKey: written, models, headers, modelOverrides } of Object.values(config?.providers ?? {})) {
    for (const set of [headers, ...models.map((model) => model.headers), ...Object.values(modelOverrides).map((model) => model.headers)])
      learnHeaders(set ?? {}, env);
    for (const url of [baseUrl?.value, ...models.map((model) => model.baseUrl)]) liveSecrets.addUrl(url ?? "");
    const text = written === undefined ? undefined : readSecretText(written.value, env);
    if (text?.kind === "text") liveSecrets.add(text.text);
  }
}

function learnHeaders(headers: Readonly<Record<string, string>>, env: Env): void {
  for (const [name, written] of Object.entries(headers)) {
    const text = readSecretText(written, env);
    if (text.kind === "text" && isSecretHeader(name, written, text.text)) liveSecrets.addHeader(text.text);
  }
}
