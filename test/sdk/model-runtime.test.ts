// One call to a model without a session.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Model, ModelRuntime, type ModelStreamEvent } from "../../src/sdk/ai.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { startWireServer } from "../support/wire-server.ts";

const hello = { systemPrompt: "Be brief.", messages: [{ role: "user", content: "hello", timestamp: 0 }] } as const;

const answer = [
  { choices: [{ index: 0, delta: { role: "assistant", content: "Hi" } }] },
  { choices: [{ index: 0, delta: { content: "!" }, finish_reason: "stop" }] },
  { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
]
  .map((chunk) => `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model: "m", ...chunk })}\n\n`)
  .join("");

test("events as they come, the answer at the end, the key that was given", async () => {
  const server = await startWireServer(() => ({ headers: { "content-type": "text/event-stream" }, body: `${answer}data: [DONE]\n\n` }));
  onTestFinished(() => server.close());
  const home = temporaryDirectory();
  const runtime = await ModelRuntime.create({ cwd: home, env: { HOME: home, OPENAI_API_KEY: "sk-env" } });
  const [any] = runtime.getModels("openai");
  if (any === undefined) throw new Error("the catalogue has no model of openai");
  const model = { ...any, api: "openai-completions", baseUrl: server.url };
  const stream = runtime.stream(
    model,
    { ...hello, tools: [{ name: "t", description: "d", parameters: { type: "object" } }] },
    { maxTokens: 99 },
  );
  const events: ModelStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  expect(events.map((event) => event.type)).toEqual(["text_start", "text_delta", "text_delta", "text_end", "done"]);
  const message = await stream.result();
  expect(events.at(-1)).toEqual({ type: "done", reason: "stop", message });
  expect(message).toMatchObject({ content: [{ type: "text", text: "Hi!" }], stopReason: "stop", usage: { input: 3, output: 2 } });
  expect(JSON.stringify(server.requests[0]?.body)).toMatch(/Be brief\..*hello/);
  expect(server.requests[0]?.body.tools).toHaveLength(1);
  expect(server.requests[0]?.headers.authorization).toBe("Bearer sk-env");
  await runtime.completeSimple(model, hello, { apiKey: "sk-call" });
  await runtime.setRuntimeApiKey("openai", "sk-runtime");
  await runtime.complete(model, hello);
  expect(server.requests.map((request) => request.headers.authorization)).toEqual(["Bearer sk-env", "Bearer sk-call", "Bearer sk-runtime"]);
});

test("a call that cannot be made is an answer that says so", async () => {
  const home = temporaryDirectory();
  const runtime = await ModelRuntime.create({ cwd: home, env: { HOME: home } });
  const model = runtime.getModel("anthropic", "claude-sonnet-5");
  const demo = runtime.getModel("scripted", "demo");
  if (model === undefined || demo === undefined) throw new Error("the catalogue lacks a model");
  expect(runtime.getProviderAuthStatus("anthropic")).toEqual({ configured: false });
  expect(await runtime.complete(model, hello)).toMatchObject({
    stopReason: "error",
    errorMessage: expect.stringMatching(/^No API key found for anthropic\. \(Set ANTHROPIC_API_KEY/),
  });
  const stream = runtime.streamSimple(demo, hello, { signal: AbortSignal.abort() });
  expect(await stream.result()).toMatchObject({ stopReason: "aborted" });
  const events: string[] = [];
  for await (const event of stream) events.push(event.type);
  expect(events.at(-1)).toBe("error");
  expect((await runtime.complete(demo, hello)).stopReason).toBe("stop");
});

test("calls without a session go by a configuration that was mended after the first of them", async () => {
  const directory = temporaryDirectory();
  vi.stubEnv("PI_CODING_AGENT_DIR", directory);
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.resetModules();
  const { complete } = await import("../../src/sdk/npm/model-calls.ts");
  const { getModel: listed } = await import("../../src/sdk/npm/model-runtime.ts");
  const asked = () => complete(listed("scripted", "demo") as Model, { messages: [{ role: "user", content: "hello", timestamp: 0 }] });
  writeFileSync(join(directory, "config.toml"), "model = [");
  expect(await asked()).toMatchObject({ stopReason: "error", errorMessage: expect.stringContaining("config.toml") });
  writeFileSync(join(directory, "config.toml"), "");
  expect(await asked()).toMatchObject({ stopReason: "stop" });
});
