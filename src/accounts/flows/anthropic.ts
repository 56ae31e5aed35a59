// Anthropic: its terms forbid other programs to sign in with a Claude plan. A client that Anthropic gave to somebody can be configured.
// Source: Anthropic's legal page for Claude Code, read 2026-11-26.

import { PiError } from "../../contracts/error.ts";
import { browserLogin } from "./browser-login.ts";
import type { Flow, FlowRequests } from "./flow.ts";
import { newPkce, randomSecret, withQuery } from "./pkce.ts";
import { postJson, tokenFields } from "./requests.ts";

const baseUrl = "https://api.anthropic.com";
const usualLifeMs = 60 * 60_000;
const marginMs = 5 * 60_000;

export const flow: Flow = {
  provider: "anthropic",
  name: "Anthropic",
  terms: "Anthropic does not allow programs like this one to sign in with a Claude Pro or Max plan.",
  async login(at) {
    const { clientId, authorizeUrl, tokenUrl, scope } = at.endpoints;
    if (clientId === undefined || authorizeUrl === undefined || tokenUrl === undefined || scope === undefined) {
      throw notConfigured();
    }
    const { verifier, challenge } = await newPkce();
    const state = randomSecret();
    const { code, redirectUri } = await browserLogin(at, { path: "/callback", port: 0, state }, (redirect) =>
      withQuery(authorizeUrl, {
        response_type: "code",
        client_id: clientId,
        redirect_uri: redirect,
        scope,
        state,
        code_challenge: challenge,
        code_challenge_method: "S256",
      }),
    );
    const answer = await postJson(
      tokenUrl,
      { grant_type: "authorization_code", client_id: clientId, code, state, redirect_uri: redirectUri, code_verifier: verifier },
      at,
    );
    const { access, refresh = "", expiresInMs } = tokenFields("Anthropic gave no token", answer);
    return { type: "oauth", access, refresh, expires: expiry(at, expiresInMs), clientId };
  },
  async refresh(token, at) {
    const { clientId, tokenUrl } = at.endpoints;
    if (clientId === undefined || tokenUrl === undefined) throw notConfigured();
    const answer = await postJson(tokenUrl, { grant_type: "refresh_token", refresh_token: token.refresh, client_id: clientId }, at);
    const { access, refresh, expiresInMs } = tokenFields("Anthropic did not renew the sign-in", answer);
    return { ...token, access, refresh: refresh ?? token.refresh, expires: expiry(at, expiresInMs) };
  },
  use: (_, endpoints) => ({ baseUrl: endpoints.baseUrl ?? baseUrl }),
};

function notConfigured(): PiError {
  return new PiError("auth.login_unavailable", "There is no sign-in to Anthropic", {
    hint: "Set ANTHROPIC_API_KEY (or ANTHROPIC_AUTH_TOKEN for a bearer token, or for a workload ANTHROPIC_FEDERATION_RULE_ID, ANTHROPIC_ORGANIZATION_ID and ANTHROPIC_IDENTITY_TOKEN_FILE). A client that Anthropic gave you goes under [providers.anthropic.oauth]: client_id, authorize_url, token_url, scope.",
  });
}

function expiry({ now }: FlowRequests, expiresInMs = usualLifeMs): number {
  return now() + expiresInMs - marginMs;
}
