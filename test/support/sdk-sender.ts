// What both SDKs send by `post`, as JSON on stdout: bundled by bundle.test and run as it is.

import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import { OpenAI } from "openai/client";

const sent: unknown[] = [];
const fetch = async (input: unknown, init?: RequestInit): Promise<Response> => {
  const { headers, method, body } = init ?? {};
  sent.push({ url: String(input), method, body, type: new Headers(headers).get("content-type") });
  return new Response('data: {"hello":1}\n\n', { headers: { "content-type": "text/event-stream" } });
};

const options = { apiKey: "unused", baseURL: "http://127.0.0.1:1/v1", maxRetries: 0, fetch: fetch as typeof globalThis.fetch };
const openai = new OpenAI(options);
const anthropic = new BaseAnthropic(options);
const body = { model: "m", messages: [{ role: "user", content: "ä" }], stream: true };
const answers = [
  await openai.post("/chat/completions", { body, query: { "api-version": "1" }, stream: true }).asResponse(),
  await anthropic.post("/v1/messages", { body, stream: true }).asResponse(),
];
const texts = await Promise.all(answers.map((answer) => answer.text()));
console.log(JSON.stringify({ sent, texts, hasResources: typeof openai.chat.completions?.create === "function" }));
