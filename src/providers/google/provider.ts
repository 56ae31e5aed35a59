// Speaks Gemini's generateContent through @google/genai (its web entry: no Google Cloud credentials, same on Bun and Node). Loaded by the registry.
// Invariant: the SDK makes the request and never reads the answer; stream-call does.

import type { ModelCall } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import { baseUrlWith } from "../resolve-dialect.ts";
import { credentialHeaders, modelHeaders } from "../shared/headers.ts";
import { streamCall } from "../shared/stream-call.ts";
import { googleDecoder } from "./decode.ts";
import { encodeGoogle, type GoogleRequest } from "./encode.ts";
import { googleFailure } from "./failure.ts";

export const googleProvider: Provider = {
  api: "google-generative-ai",
  stream(call) {
    return streamCall({
      call,
      encode: encodeGoogle,
      headers: googleHeaders,
      send: (body, fetch, signal) => send(call, body, fetch, signal),
      decoder: googleDecoder(call.model),
      failureOf: googleFailure,
    });
  },
};

function googleHeaders(call: ModelCall): Record<string, string> {
  return {
    accept: "text/event-stream",
    ...credentialHeaders(call.credential, "x-goog-api-key"),
    ...modelHeaders(call),
  };
}

async function send(call: ModelCall, request: GoogleRequest, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Response> {
  const { GoogleGenAI } = await import("@google/genai/web");
  const { baseUrl, apiVersion } = addressOf(call.model.baseUrl);
  let response: Response | undefined;
  const keeping = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    response = await fetch(input, init);
    return response;
  };
  // The real credential stands in the headers of stream-call.
  const client = new GoogleGenAI({
    apiKey: "unused",
    vertexai: false,
    httpOptions: { baseUrl, apiVersion, fetch: keeping as typeof globalThis.fetch },
  });
  // What this gives back reads the answer only when it is iterated over, which it never is.
  await client.models.generateContentStream({
    ...request,
    config: { ...request.config, abortSignal: signal, automaticFunctionCalling: { disable: true } },
  } as Parameters<typeof client.models.generateContentStream>[0]);
  if (response === undefined) throw new Error("no request was made");
  return response;
}

/** The version is part of the catalogue's base URL, and is put behind one that has none. */
export function addressOf(modelBaseUrl: string): { baseUrl: string; apiVersion: string } {
  const trimmed = baseUrlWith(modelBaseUrl, "");
  const match = /^(.*)\/(v\d+(?:alpha|beta)?\d*)$/.exec(trimmed);
  return match === null ? { baseUrl: trimmed, apiVersion: "v1beta" } : { baseUrl: match[1] ?? trimmed, apiVersion: match[2] ?? "v1beta" };
}
