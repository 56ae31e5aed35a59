// Sign in with ChatGPT: a plan's tokens for the ordinary Responses API, under this program's own name.
// Source: OpenAI's pages for open-source programs (Sign in with ChatGPT, token sharing), read 2026-11-26.

import { PiError } from "../../contracts/error.ts";
import type { StoredToken } from "../auth-file.ts";
import { browserLogin } from "./browser-login.ts";
import type { Flow, FlowEndpoints, FlowRequests } from "./flow.ts";
import { checkIdToken } from "./id-token.ts";
import { newPkce, randomSecret, withQuery } from "./pkce.ts";
import { postForm, tokenFields } from "./requests.ts";

const authorizeUrl = "https://auth.openai.com/api/accounts/authorize";
const tokenUrl = "https://auth.openai.com/api/accounts/oauth/token";
const baseUrl = "https://api.openai.com/v1";
const issuer = "https://auth.openai.com";
const jwksUrl = "https://auth.openai.com/.well-known/jwks.json";
/** Whom a token is for. It is not where it is sent: a server of one's own is told the same. */
const resource = "https://api.openai.com/v1";
const neededScope = "chatgpt.tokens.use.direct";
const scope = `openid profile email offline_access resource.invoke ${neededScope}`;
/** What a program is before its first sign-in; the callback brings the id that was issued to it. */
const firstClientId = "dynamic_agent_client";
const marginMs = 3 * 60_000;
const usualLifeMs = 60 * 60_000;

export const flow: Flow = {
  provider: "openai",
  name: "OpenAI (ChatGPT plan)",
  terms: "OpenAI allows open-source programs to use a ChatGPT plan this way; paid or hosted use needs OpenAI's consent.",
  async login(at) {
    const { verifier, challenge } = await newPkce();
    const [state, nonce] = [randomSecret(), randomSecret()];
    const knownId = at.endpoints.clientId ?? (typeof at.stored?.clientId === "string" ? at.stored.clientId : firstClientId);
    const granted = await browserLogin(at, { path: "/auth/callback", port: 1455, state }, (redirectUri) =>
      withQuery(at.endpoints.authorizeUrl ?? authorizeUrl, {
        client_id: knownId,
        agent_name_hint: "pi",
        ext_agent_host_id: `urn:uuid:${at.installationId()}`,
        response_type: "code",
        redirect_uri: redirectUri,
        resource,
        scope: at.endpoints.scope ?? scope,
        state,
        nonce,
        code_challenge: challenge,
        code_challenge_method: "S256",
      }),
    );
    const clientId = granted.parameters.get("client_id") ?? knownId;
    const answer = await postForm(
      at.endpoints.tokenUrl ?? tokenUrl,
      {
        grant_type: "authorization_code",
        client_id: clientId,
        code: granted.code,
        code_verifier: verifier,
        redirect_uri: granted.redirectUri,
        resource,
      },
      at,
    );
    const { access, refresh, expiresInMs, fields } = tokenFields("OpenAI gave no token", answer);
    const scopes = typeof fields.scope === "string" ? fields.scope.split(" ") : [];
    if (!scopes.includes(neededScope)) {
      throw new PiError("auth.login_refused", "OpenAI did not allow this program to use the plan", {
        hint: `Allow it in the browser (${neededScope}), or use an API key.`,
      });
    }
    await checkIdToken(
      fields.id_token,
      { issuer: at.endpoints.issuer ?? issuer, jwksUrl: at.endpoints.jwksUrl ?? jwksUrl, audience: clientId, nonce },
      at,
    );
    if (refresh === undefined)
      throw new PiError("auth.login_refused", "OpenAI gave no token to stay signed in with", { hint: "Try again." });
    return { type: "oauth", access, refresh, expires: expiry(at, expiresInMs), clientId, scopes };
  },
  async refresh(token, at) {
    const clientId = typeof token.clientId === "string" ? token.clientId : (at.endpoints.clientId ?? firstClientId);
    const answer = await postForm(
      at.endpoints.tokenUrl ?? tokenUrl,
      { grant_type: "refresh_token", refresh_token: token.refresh, client_id: clientId, resource },
      at,
    );
    const { access, refresh, expiresInMs } = tokenFields("OpenAI did not renew the sign-in", answer);
    return { ...token, access, refresh: refresh ?? token.refresh, expires: expiry(at, expiresInMs) };
  },
  use: (_: StoredToken, endpoints: FlowEndpoints) => ({ baseUrl: endpoints.baseUrl ?? baseUrl }),
};

function expiry({ now }: FlowRequests, expiresInMs = usualLifeMs): number {
  return now() + expiresInMs - marginMs;
}
