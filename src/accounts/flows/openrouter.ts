// OpenRouter: a key of one's own by way of the browser. Source: OpenRouter's page on OAuth PKCE, read 2026-11-26.

import { PiError } from "../../contracts/error.ts";
import { browserLogin } from "./browser-login.ts";
import type { Flow } from "./flow.ts";
import { newPkce, withQuery } from "./pkce.ts";
import { postJson, refused } from "./requests.ts";

const authorizeUrl = "https://openrouter.ai/auth";
const keysUrl = "https://openrouter.ai/api/v1/auth/keys";
const baseUrl = "https://openrouter.ai/api/v1";
/** Stored by the npm agent for a token that does not end. */
const never = 9007199254740991;

export const flow: Flow = {
  provider: "openrouter",
  name: "OpenRouter",
  terms: "OpenRouter documents this sign-in for programs of others; use is billed to your credits there.",
  async login(at) {
    const { verifier, challenge } = await newPkce();
    // There is no state in this flow: the path is the secret.
    const path = `/oauth/callback/${crypto.randomUUID()}`;
    const { code } = await browserLogin(at, { path, port: 0, state: undefined }, (redirectUri) =>
      withQuery(at.endpoints.authorizeUrl ?? authorizeUrl, {
        callback_url: redirectUri,
        code_challenge: challenge,
        code_challenge_method: "S256",
      }),
    );
    const answer = await postJson(at.endpoints.tokenUrl ?? keysUrl, { code, code_verifier: verifier, code_challenge_method: "S256" }, at);
    const { key } = answer.fields;
    if (answer.status >= 500) throw new PiError("auth.network", `OpenRouter gave no key: HTTP ${answer.status}`, { hint: "Try again." });
    if (typeof key !== "string" || key === "") throw refused("OpenRouter gave no key", answer);
    return { type: "oauth", access: key, refresh: "", expires: never };
  },
  use: (_, endpoints) => ({ baseUrl: endpoints.baseUrl ?? baseUrl }),
};
