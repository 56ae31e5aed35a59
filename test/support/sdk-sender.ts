// What both SDKs send by `post`, as JSON on stdout: bundled by bundle.test and run as it is.

import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import { OpenAI } from "openai/client";

const sent: unknown[] = [];
const fetch = async (input: unknown, init?: RequestInit): Promise<Response> => {
  const { headers, method, body, signal } = init ?? {};
  sent.push({ url: String(input), method, body, type: new Headers(headers).get("content-type") });
  if (String(input).endsWith("/refused")) return new Response(null, { status: 500 });
  if (!String(input).endsWith("/silent")) {
    return new Response('data: {"hello":1}\n\n', { headers: { "content-type": "text/event-stream" } });
  }
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
    queueMicrotask(() => stop.abort());
  });
};

let stop = new AbortController();
const options = { apiKey: "unused", baseURL: "http://127.0.0.1:1/v1", maxRetries: 0, fetch: fetch as typeof globalThis.fetch };
const openai = new OpenAI(options);
const anthropic = new BaseAnthropic({ ...options, openTelemetry: false, logLevel: "off" });
const body = { model: "m", messages: [{ role: "user", content: "ä" }], stream: true };
const answers = [
  await openai.post("/chat/completions", { body, query: { "api-version": "1" }, stream: true }).asResponse(),
  await anthropic.post("/v1/messages", { body, query: { beta: "true" }, stream: true }).asResponse(),
];
const texts = await Promise.all(answers.map((answer) => answer.text()));
const failures: unknown[] = [];
for (const client of [openai, anthropic]) {
  stop = new AbortController();
  for (const path of ["/refused", "/silent"]) {
    await client
      .post(path, { body, stream: true, ...(path === "/silent" && { signal: stop.signal }) })
      .asResponse()
      .catch((error: Error & { status?: number }) => failures.push([error.status, error.message]));
  }
}
console.log(JSON.stringify({ sent, texts, failures, hasResources: typeof openai.chat.completions?.create === "function" }));
