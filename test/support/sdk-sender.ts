// What both SDKs make of a request, as JSON on stdout: bundled by bundle.test and run as it is.

import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import { OpenAI } from "openai/client";

const options = { apiKey: "unused", baseURL: "http://127.0.0.1:1/v1", maxRetries: 0, logLevel: "off" as const };
const openai = new OpenAI(options);
const anthropic = new BaseAnthropic({ ...options, openTelemetry: false });
const body = { model: "m", messages: [{ role: "user", content: "ä" }], stream: true };
const { signal } = new AbortController();
const asked = { method: "post" as const, body, query: { "api-version": "1" }, stream: true, signal };
const made = [
  await openai.buildRequest({ ...asked, path: "/chat/completions" }),
  await anthropic.buildRequest({ ...asked, path: "/v1/messages" }),
];
const sent = made.map(({ url, req }) => {
  const headers = new Headers(req.headers as Headers);
  const told = ["accept", "content-type"].map((name) => headers.get(name));
  return { url, method: req.method, body: req.body, told, hasSignal: req.signal === signal };
});
console.log(JSON.stringify({ sent, hasResources: typeof openai.chat.completions?.create === "function" }));
