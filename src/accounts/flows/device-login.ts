// The device flow (RFC 8628): a code is typed in at another device, and the service is asked until it knows. Called by the flows.
// Invariant: never faster than the service allows, never longer than its code lives.

import { PiError } from "../../contracts/error.ts";
import type { LoginContext } from "./flow.ts";
import { type Answer, errorCode, postForm, refused } from "./requests.ts";

export interface DeviceLogin {
  name: string;
  deviceUrl: string;
  tokenUrl: string;
  clientId: string;
  scope: string;
  /** More fields of the first request. */
  more?: Record<string, string>;
}

const usualIntervalMs = 5000;
const slowDownMs = 5000;
const usualLifeMs = 15 * 60_000;

/** The answer that brought the token. Rejects with `auth.login_refused`, `auth.login_expired`, `auth.refused`. */
export async function deviceLogin(at: LoginContext, login: DeviceLogin): Promise<Answer> {
  const { clientId, scope } = login;
  const begun = await postForm(login.deviceUrl, { client_id: clientId, scope, ...login.more }, at);
  const { device_code: deviceCode, user_code: userCode, interval, expires_in: expiresIn } = begun.fields;
  const address = begun.fields.verification_uri_complete ?? begun.fields.verification_uri;
  if (typeof deviceCode !== "string" || typeof userCode !== "string" || typeof address !== "string") {
    throw refused(`${login.name} gave no code to sign in with`, begun);
  }
  at.say(`Enter the code ${userCode.replace(/[^\x20-\x7e]/g, "?").slice(0, 40)} in the browser.`);
  await at.open(address);
  const endMs = at.elapsedMs() + (typeof expiresIn === "number" ? expiresIn * 1000 : usualLifeMs);
  let waitMs = Math.max(1000, typeof interval === "number" ? interval * 1000 : usualIntervalMs);
  for (;;) {
    if (at.elapsedMs() + waitMs > endMs) throw expired(login.name);
    await at.pause(waitMs, at.signal);
    const answer = await postForm(
      login.tokenUrl,
      { client_id: clientId, device_code: deviceCode, grant_type: "urn:ietf:params:oauth:grant-type:device_code" },
      at,
    );
    switch (errorCode(answer)) {
      case undefined:
        if (typeof answer.fields.access_token === "string") return answer;
        if (answer.status >= 500) break;
        throw refused(`${login.name} refused the sign-in`, answer);
      case "authorization_pending":
        break;
      case "slow_down":
        waitMs = typeof answer.fields.interval === "number" ? Math.max(1000, answer.fields.interval * 1000) : waitMs + slowDownMs;
        break;
      case "access_denied":
        throw new PiError("auth.login_refused", `The sign-in to ${login.name} was refused`, {
          hint: "Try again, and allow it in the browser.",
        });
      case "expired_token":
        throw expired(login.name);
      default:
        throw refused(`${login.name} refused the sign-in`, answer);
    }
  }
}

function expired(name: string): PiError {
  return new PiError("auth.login_expired", `The code for ${name} has expired`, { hint: "Try again." });
}
