// xAI's device flow. Off until xAI agrees: a client of one's own in the configuration turns it on; what the npm agent stored is used and renewed.
// Source: that agent's wire behaviour, 1.6.0, read 2026-11-26.

import { PiError } from "../../contracts/error.ts";
import { deviceLogin } from "./device-login.ts";
import type { Flow, FlowRequests } from "./flow.ts";
import { postForm, tokenFields } from "./requests.ts";

const deviceUrl = "https://auth.x.ai/oauth2/device/code";
const tokenUrl = "https://auth.x.ai/oauth2/token";
const baseUrl = "https://api.x.ai/v1";
/** Of the sign-ins that the npm agent stored: a token is renewed by the client it was issued to. */
const storedClientId = "b1a00492-073a-47ea-816f-4c329264a828";
const scope = "openid profile email offline_access grok-cli:access api:access";
const usualLifeMs = 60 * 60_000;
const marginMs = 5 * 60_000;

export const flow: Flow = {
  provider: "xai",
  name: "xAI",
  terms: "xAI has not said that programs like this one may sign in; a client id of your own is needed.",
  async login(at) {
    const { clientId } = at.endpoints;
    if (clientId === undefined) {
      throw new PiError("auth.login_unavailable", "There is no sign-in to xAI without a client id of your own", {
        hint: "Set XAI_API_KEY, or client_id under [providers.xai.oauth].",
      });
    }
    const answer = await deviceLogin(at, {
      name: "xAI",
      deviceUrl: at.endpoints.deviceUrl ?? deviceUrl,
      tokenUrl: at.endpoints.tokenUrl ?? tokenUrl,
      clientId,
      scope: at.endpoints.scope ?? scope,
      more: { referrer: "pi" },
    });
    const { access, refresh = "", expiresInMs } = tokenFields("xAI gave no token", answer);
    return { type: "oauth", access, refresh, expires: expiry(at, expiresInMs), clientId };
  },
  async refresh(token, at) {
    const clientId = typeof token.clientId === "string" ? token.clientId : (at.endpoints.clientId ?? storedClientId);
    const answer = await postForm(
      at.endpoints.tokenUrl ?? tokenUrl,
      { grant_type: "refresh_token", refresh_token: token.refresh, client_id: clientId },
      at,
    );
    const { access, refresh, expiresInMs } = tokenFields("xAI did not renew the sign-in", answer);
    return { ...token, access, refresh: refresh ?? token.refresh, expires: expiry(at, expiresInMs) };
  },
  use: (_, endpoints) => ({ baseUrl: endpoints.baseUrl ?? baseUrl }),
};

function expiry({ now }: FlowRequests, expiresInMs = usualLifeMs): number {
  return now() + expiresInMs - marginMs;
}
