// Request headers that several formats share. Called by their providers. Invariant: names are lower case, so that a later one replaces an earlier one.

import type { Credential, ModelCall, ModelRequest } from "../../contracts/model-request.ts";
import { vendors } from "../vendors.ts";

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
  // Servers of chat completions that are not OpenAI's go by this one.
  const beside = sessionHeader === "session_id" ? { "x-session-affinity": sessionId } : {};
  switch (format) {
    case "openrouter":
      return { "x-session-id": sessionId };
    case "session-affinity":
      return { "x-session-affinity": sessionId };
    case "openai":
      return { [sessionHeader]: sessionId, "x-client-request-id": sessionId, ...beside };
    case "openai-nosession":
      return { "x-client-request-id": sessionId, ...beside };
  }
}

/** What the vendor's row and the model's own settings say, the latter in the last word. */
export function modelHeaders({ model, request }: Pick<ModelCall, "model" | "request">): Record<string, string> {
  const vendor = Object.hasOwn(vendors, model.provider) ? vendors[model.provider] : undefined;
  const own = Object.entries(model.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...vendor?.headers, ...(vendor?.saysInitiator ? initiatorHeaders(request) : {}), ...Object.fromEntries(own) };
}

/** Source: GitHub Copilot's requests as other agents make them (read 2026-11-26). */
function initiatorHeaders({ messages }: ModelRequest): Record<string, string> {
  const hasPictures = messages.some(
    ({ content }) => typeof content !== "string" && content.some((block: { type: string }) => block.type === "image"),
  );
  return {
    "x-initiator": messages.at(-1)?.role === "user" ? "user" : "agent",
    ...(hasPictures ? { "copilot-vision-request": "true" } : {}),
  };
}
