// A conversation longer than the model takes, as each service says it or fails to say it: an outcome of its own, with a remedy where making it
// shorter cannot help.

import { describe, expect } from "vitest";
import { type Service, services } from "../support/served.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import type { Script } from "../support/strict/script.ts";
import { test } from "../support/world.ts";

const [anthropic, chat, responses, google] = services as [Service, Service, Service, Service];
/** Of the models that the services stand for. */
const windows = new Map([
  [anthropic, 200_000],
  [chat, 100_000],
  [responses, 1_050_000],
  [google, 1_048_576],
]);

const told: [string, Service, Script][] = [
  ["Anthropic", anthropic, { refuse: 400, message: "prompt is too long: 213462 tokens > 200000 maximum" }],
  ["Anthropic, met while answering", anthropic, { say: [{ text: "Half" }], stop: "overflow" }],
  ["OpenAI", responses, { refuse: 400, type: "context_length_exceeded", message: "Your input exceeds the context window of this model." }],
  ["vLLM", chat, { refuse: 400, message: "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens." }],
  ["llama.cpp", chat, { refuse: 400, type: "exceed_context_size_error", message: "the request exceeds the available context size" }],
  ["Groq", chat, { refuse: 400, message: "Please reduce the length of the messages or completion." }],
  ["LM Studio", chat, { refuse: 400, message: "The number of tokens to keep from the initial prompt is greater than the context length" }],
  ["Cerebras", chat, { wire: { status: 413, body: "" } }],
  ["Gemini", google, { refuse: 400, message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)." }],
];
const silent = services.flatMap((service): [string, Service, Script][] => [
  [`${service.format.api}: stopped for length without a word`, service, { say: [], stop: "length", usage: { input: 1000, output: 0 } }],
  [
    `${service.format.api}: nothing said in a full window`,
    service,
    { say: [], usage: { input: Math.floor((windows.get(service) ?? 0) * 0.97), output: 0 } },
  ],
]);

describe.concurrent("overflow", () => {
  test.for([...told, ...silent])("%s", async ([, service, script], { world }) => {
    const server = await world.strict(service.format, [script]);
    world.config(service.toml(server.baseUrl));
    const args = ["-p", "--model", service.model, "--result", "-", "hi"];
    const { stdout, stderr, status } = await world.run(args, { env: service.env(server.baseUrl) });
    expect(server.complaints).toEqual([]);
    expect({ status, requests: server.requests.length }).toEqual({ status: 1, requests: 1 });
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: "overflow",
      error: { code: "model.overflow", hint: expect.stringMatching(/new session/) },
    });
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain("Start a new session");
    expect(messagesOf(soundSession(world.sessionFiles()[0] ?? "")).at(-1)).toMatchObject({ role: "assistant", stopReason: "error" });
    const on = await world.run(["-c", "-p", "--model", "demo", "hello"]);
    expect(on).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Hello/) });
  });
});
