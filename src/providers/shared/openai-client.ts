// One request as the openai package builds it. Called by the providers of chat completions and responses.
// Invariant: whatever OPENAI_* variables say, the request goes where and as the caller says.

import { longestTimerMs } from "../../contracts/duration.ts";

export interface OpenaiRequest {
  /** Without a trailing slash; a query in it (Azure's `api-version`) goes along with the request. */
  baseUrl: string;
  path: string;
  body: object;
  fetch: typeof globalThis.fetch;
  signal: AbortSignal;
}

export async function sendByOpenai(request: OpenaiRequest): Promise<Response> {
  const { OpenAI } = await import("openai/client");
  // It tells services its name, which is another one in each build.
  Object.defineProperty(OpenAI, "name", { value: "OpenAI" });
  const [address = "", search = ""] = request.baseUrl.split("?");
  const query = Object.fromEntries(new URLSearchParams(search));
  const client = new OpenAI({
    // The real credential stands in the headers of stream-call; null keeps the SDK from its environment variables.
    apiKey: "unused",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: address,
    maxRetries: 0,
    // As good as none for the SDK, which cannot do without.
    timeout: longestTimerMs,
    logLevel: "off",
  });
  const { path, body, signal } = request;
  const { url, req } = await client.buildRequest({ method: "post", path, body, query, stream: true, signal });
  return request.fetch(url, req);
}
