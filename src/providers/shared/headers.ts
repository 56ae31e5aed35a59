// Request headers that several formats share. Called by their providers. Invariant: names are lower case, so that a later one replaces an earlier one.

import type { Model } from "../../contracts/model.ts";
import type { Credential } from "../../contracts/model-request.ts";

/** A bearer goes as one whatever the service; a key goes in the header the service reads it from. */
export function credentialHeaders(credential: Credential, header: string): Record<string, string> {
  if (credential.scheme === "none") return {};
  const value = credential.value.trim();
  if (header === "cf-aig-authorization") return { [header]: `Bearer ${value}` };
  return credential.scheme === "bearer" || header === "bearer" ? { authorization: `Bearer ${value}` } : { [header]: value };
}

/** What routes the requests of one session to one replica, whose cache knows its beginning. */
export function affinityHeaders(
  sessionId: string | undefined,
  format: "openai" | "openai-nosession" | "openrouter" | "session-affinity",
  sessionHeader: string,
): Record<string, string> {
  if (sessionId === undefined) return {};
  switch (format) {
    case "openrouter":
      return { "x-session-id": sessionId };
    case "session-affinity":
      return { "x-session-affinity": sessionId };
    case "openai":
      return { [sessionHeader]: sessionId, "x-client-request-id": sessionId };
    case "openai-nosession":
      return { "x-client-request-id": sessionId };
  }
}

export function modelHeaders(model: Model): Record<string, string> {
  return Object.fromEntries(Object.entries(model.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}
