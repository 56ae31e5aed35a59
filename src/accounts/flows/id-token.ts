// Checks an OpenID Connect ID token: signature (RS256, by the issuer's published keys), issuer, audience, nonce, time. Called by the flows.
// Source: OpenID Connect Core 1.0, section 3.1.3.7. Invariant: a token that is not whole in every point is refused.

import { PiError } from "../../contracts/error.ts";
import type { FlowRequests } from "./flow.ts";
import { getJson } from "./requests.ts";

export interface ExpectedIdToken {
  issuer: string;
  jwksUrl: string;
  audience: string;
  nonce: string;
}

/** The part of a published key (RFC 7517) that matters here. */
interface PublishedKey {
  kty?: string;
  kid?: string;
  n?: string;
  e?: string;
}

/** Clocks may be apart by so much. */
const skewSeconds = 300;

/** @throws PiError `auth.login_refused` naming what is wrong. */
export async function checkIdToken(token: unknown, expected: ExpectedIdToken, at: FlowRequests): Promise<Record<string, unknown>> {
  const parts = typeof token === "string" ? token.split(".") : [];
  const [head = "", body = "", signature = ""] = parts;
  const header = decodePart(head);
  const claims = decodePart(body);
  if (parts.length !== 3 || header === undefined || claims === undefined) throw wrong("it is no token");
  if (header.alg !== "RS256") throw wrong("it is not signed with RS256");
  const keys = (await getJson(expected.jwksUrl, at)).fields.keys;
  const candidates = (Array.isArray(keys) ? (keys as PublishedKey[]) : []).filter(
    (key) => key?.kty === "RSA" && (header.kid === undefined || key.kid === header.kid),
  );
  const signed = Uint8Array.from(new TextEncoder().encode(`${head}.${body}`));
  if (!(await anySigned(candidates, signed, Uint8Array.from(Buffer.from(signature, "base64url")))))
    throw wrong("its signature is not the service's");
  const { iss, aud, azp, nonce, exp, iat } = claims;
  if (iss !== expected.issuer) throw wrong("it is of another issuer");
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(expected.audience)) throw wrong("it is for another program");
  if (audiences.length > 1 && azp !== expected.audience) throw wrong("it is for another program");
  if (nonce !== expected.nonce) throw wrong("it is of another sign-in");
  const seconds = at.now() / 1000;
  if (typeof exp !== "number" || exp < seconds - skewSeconds) throw wrong("it has expired; is the clock of this machine right?");
  if (typeof iat === "number" && iat > seconds + skewSeconds) throw wrong("it is of the future; is the clock of this machine right?");
  return claims;
}

/** What the body of a token says, unchecked: for fields of a token that came from the service itself. */
export function claimsOf(token: string): Record<string, unknown> {
  return decodePart(token.split(".")[1] ?? "") ?? {};
}

async function anySigned(
  keys: readonly PublishedKey[],
  signed: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  for (const key of keys) {
    try {
      const { n = "", e = "" } = key;
      const imported = await crypto.subtle.importKey("jwk", { kty: "RSA", n, e }, algorithm, false, ["verify"]);
      if (await crypto.subtle.verify(algorithm, imported, signature, signed)) return true;
    } catch {
      // A key that is none: another may be the one.
    }
  }
  return false;
}

function decodePart(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function wrong(what: string): PiError {
  return new PiError("auth.login_refused", `The service's proof of who signed in cannot be taken: ${what}`, { hint: "Try again." });
}
