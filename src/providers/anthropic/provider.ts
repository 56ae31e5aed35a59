// Speaks Anthropic Messages through @anthropic-ai/sdk: the SDK builds the request, stream-call sends it and reads the answer. Loaded by the registry.
// Invariant: the SDK's retries, timeouts, logging, credential lookup and environment variables have no say.

import { longestTimerMs } from "../../contracts/duration.ts";
import type { ModelCall } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import { anthropicDialect, baseUrlWith } from "../resolve-dialect.ts";
import { affinityHeaders, credentialHeaders, modelHeaders } from "../shared/headers.ts";
import { streamCall } from "../shared/stream-call.ts";
import { anthropicDecoder } from "./decode.ts";
import { type AnthropicRequest, encodeAnthropic } from "./encode.ts";
import { anthropicFailure } from "./failure.ts";

/** The version whose wire format Anthropic's imitators know; Anthropic keeps serving it (https://platform.claude.com/docs/en/api/versioning). */
const apiVersion = "2023-06-01";

export const anthropicProvider: Provider = {
  api: "anthropic-messages",
  stream(call) {
    return streamCall({
      call,
      encode: encodeAnthropic,
      headers: anthropicHeaders,
      send: (body, fetch, signal) => send(call, body, fetch, signal),
      decoder: anthropicDecoder(call.model),
      failureOf: anthropicFailure,
    });
  },
};

async function send(call: ModelCall, body: AnthropicRequest, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Response> {
  // Without the resource modules, which nothing here calls.
  const { BaseAnthropic } = await import("@anthropic-ai/sdk/client");
  const baseUrl = baseUrlWith(call.model.baseUrl, "");
  const client = new BaseAnthropic({
    // The real credential stands in the headers of stream-call; this keeps the SDK from looking for one.
    apiKey: "unused",
    baseURL: baseUrl.endsWith("/v1") ? baseUrl.slice(0, -3) : baseUrl,
    maxRetries: 0,
    // As good as none for the SDK, which cannot do without.
    timeout: longestTimerMs,
    logLevel: "off",
    openTelemetry: false,
  });
  const { url, req } = await client.buildRequest({ method: "post", path: "/v1/messages", body, stream: true, signal });
  return fetch(url, req);
}

export function anthropicHeaders(call: ModelCall, body: AnthropicRequest): Record<string, string> {
  const { model, credential } = call;
  const dialect = anthropicDialect(model);
  const betas: string[] = [];
  if (model.provider === "anthropic") {
    if (credential.scheme === "bearer") betas.push("oauth-2025-04-20");
    // Adaptive thinking goes on between tool calls by itself; a budget does so only when asked.
    if (body.thinking?.type === "enabled" && body.tools !== undefined) betas.push("interleaved-thinking-2025-05-14");
  }
  return {
    accept: "text/event-stream",
    "anthropic-version": apiVersion,
    ...credentialHeaders(credential, dialect.credentialHeader),
    ...(betas.length > 0 ? { "anthropic-beta": betas.join(",") } : {}),
    ...(dialect.sendSessionAffinityHeaders ? affinityHeaders(call.request.sessionId, dialect.sessionAffinityFormat, "session-id") : {}),
    ...modelHeaders(call),
  };
}
