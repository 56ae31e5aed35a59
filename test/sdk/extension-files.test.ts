// Extension files in a library session, and what extensions hear of requests, commands and the prompt: in the order of the spec.

import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ExtensionFactory } from "../../src/contracts/extension.ts";
import {
  type AgentSession,
  type CreateAgentSessionOptions,
  createAgentSession,
  DefaultResourceLoader,
  type DefaultResourceLoaderOptions,
  type ExtensionError,
  SessionManager,
} from "../../src/index.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

interface Made {
  session: AgentSession;
  loader: DefaultResourceLoader;
  errors: ExtensionError[];
  cwd: string;
  agentDir: string;
}

async function made(
  factories: ExtensionFactory[],
  { loader: more = {}, ...options }: CreateAgentSessionOptions & { loader?: Partial<DefaultResourceLoaderOptions> } = {},
  prepare: (place: { cwd: string; agentDir: string }) => void = () => {},
): Promise<Made> {
  const home = temporaryDirectory();
  const place = { cwd: join(home, "project"), agentDir: join(home, "agent") };
  mkdirSync(place.cwd);
  mkdirSync(join(place.agentDir, "extensions"), { recursive: true });
  prepare(place);
  const env = { HOME: home, PATH: process.env.PATH };
  const loader = new DefaultResourceLoader({ ...place, env, extensionFactories: factories, ...more });
  await loader.reload();
  const { session } = await createAgentSession({
    ...place,
    env,
    model: "demo",
    resourceLoader: loader,
    sessionManager: SessionManager.inMemory(place.cwd),
    ...options,
  });
  onTestFinished(() => session.dispose());
  const errors: ExtensionError[] = [];
  await session.bindExtensions({ onError: (error) => errors.push(error) });
  return { session, loader, errors, ...place };
}

test("files of resource directories and named ones come before inline ones; a repaired file loads with a reload", async () => {
  let file = "";
  const { loader } = await made([(pi) => pi.registerCommand("inline", { handler: () => {} })], {}, ({ agentDir }) => {
    file = join(agentDir, "extensions", "one.js");
    writeFileSync(file, 'export default (pi) => pi.registerCommand("one", { handler() {} });');
  });
  const names = (): string[] => loader.getExtensions().extensions.flatMap(({ commands }) => [...commands.keys()]);
  expect(names()).toEqual(["one", "inline"]);
  writeFileSync(file, "export default () => { throw new Error('on purpose'); };");
  await loader.reload();
  expect(names()).toEqual(["inline"]);
  expect(loader.getExtensions().errors).toMatchObject([{ path: file, error: expect.stringContaining("on purpose") }]);
  writeFileSync(file, 'export default (pi) => pi.registerCommand("two", { handler() {} });');
  await loader.reload();
  expect(names()).toEqual(["two", "inline"]);
});

/** A service that keeps what it is asked and answers with one text. */
async function service(): Promise<{
  url: string;
  requests: { headers: Record<string, unknown>; body: { model: string; extra?: string } }[];
}> {
  const requests: Awaited<ReturnType<typeof service>>["requests"] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      requests.push({ headers: request.headers, body: JSON.parse(body) });
      response.writeHead(200, { "content-type": "text/event-stream", "x-mark": "seen" });
      const say = (record: object): boolean => response.write(`data: ${JSON.stringify(record)}\n\n`);
      say({ id: "c", choices: [{ index: 0, delta: { role: "assistant", content: "answered" } }] });
      say({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, requests };
}

test("a provider registered in a factory is there for the choice of the model; requests and answers are heard and changed", async () => {
  const { url, requests } = await service();
  const heard: unknown[] = [];
  const { session, errors } = await made(
    [
      (pi) => {
        pi.registerProvider("mine", {
          baseUrl: url,
          apiKey: "k",
          api: "openai-completions",
          models: [{ id: "m", name: "M", reasoning: false, input: ["text"], contextWindow: 10_000, maxTokens: 100 }],
        });
        pi.on("before_provider_headers", ({ headers }) => {
          headers["x-own"] = "yes";
          headers["user-agent"] = null;
        });
        pi.on("before_provider_request", ({ payload }) => ({ ...(payload as object), extra: "one" }));
        pi.on("before_provider_request", ({ payload }) => {
          heard.push((payload as { extra: string }).extra);
        });
        pi.on("after_provider_response", ({ status, headers }) => void heard.push(`${status} ${headers["x-mark"]}`));
        pi.on(
          "provider_stream_event",
          ({ provider, model, data }) =>
            void heard.push(`${provider}/${model} ${(data as { choices: { finish_reason?: string }[] }).choices[0]?.finish_reason}`),
        );
      },
    ],
    { model: "mine/m" },
  );
  const outcome = await session.prompt("hello");
  expect({ outcome, errors }).toMatchObject({ outcome: { kind: "done", text: "answered" }, errors: [] });
  expect(requests[0]?.body).toMatchObject({ model: "m", extra: "one" });
  expect(requests[0]?.headers).toMatchObject({ "x-own": "yes", authorization: "Bearer k" });
  expect(heard).toEqual(["one", "200 seen", "mine/m undefined", "mine/m stop"]);
});

test("a provider with a way of its own streams as one of ours does", async () => {
  const heard: unknown[] = [];
  const { session } = await made(
    [
      (pi) =>
        pi.registerProvider("own", {
          api: "own-api",
          apiKey: "k",
          baseUrl: "http://localhost",
          models: [{ id: "m", name: "M", reasoning: false, input: ["text"], contextWindow: 10_000, maxTokens: 100 }],
          streamSimple: async function* (model, { messages }, options) {
            const onPayload = options.onPayload as (payload: object) => Promise<{ extra?: string }>;
            const onResponse = options.onResponse as (response: object) => Promise<void>;
            const onProviderStreamEvent = options.onProviderStreamEvent as (data: object) => Promise<void>;
            const { extra } = await onPayload({ own: true });
            await onResponse({ status: 200, headers: { a: "b" } });
            await onProviderStreamEvent({ piece: 1 });
            const [system] = messages;
            const isTold = system?.role === "system" && system.toolsAdded?.some(({ name }) => name === "read");
            const text = `${model.id} was asked ${messages.map(({ role }) => role).join()} ${isTold} ${extra}`;
            yield { type: "text_start", contentIndex: 0 };
            yield { type: "text_delta", contentIndex: 0, delta: text };
            yield { type: "text_end", contentIndex: 0, content: text };
            const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
            const usage = { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, totalTokens: 3, cost };
            yield { type: "done", reason: "stop", message: { role: "assistant", content: [], usage, stopReason: "stop" } };
          },
        }),
      (pi) => {
        pi.on("before_provider_request", ({ payload }) => ({ ...(payload as object), extra: "added" }));
        pi.on("after_provider_response", ({ status, headers }) => void heard.push([status, headers]));
        pi.on("provider_stream_event", ({ provider, data }) => void heard.push([provider, data]));
      },
    ],
    { model: "own/m" },
  );
  expect(await session.prompt("hello")).toMatchObject({ kind: "done", text: "m was asked system,user true added" });
  expect(heard).toEqual([
    [200, { a: "b" }],
    ["own", { piece: 1 }],
  ]);
});

test("a whole provider calls each of its models in that model's format", async () => {
  const says = (text: string) => ({
    stream: async function* () {
      yield { type: "text_start", contentIndex: 0 };
      yield { type: "text_delta", contentIndex: 0, delta: text };
      yield { type: "text_end", contentIndex: 0, content: text };
      const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
      const usage = { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, totalTokens: 3, cost };
      yield { type: "done", reason: "stop", message: { role: "assistant", content: [], usage, stopReason: "stop" } };
    },
  });
  const model = { name: "M", reasoning: false, input: ["text"], contextWindow: 10_000, maxTokens: 100 };
  const models = [
    { id: "a", api: "one", ...model },
    { id: "b", api: "other", ...model },
  ];
  const whole = {
    id: "whole",
    baseUrl: "http://localhost",
    apiKey: "k",
    models,
    api: { one: says("by one"), other: says("by the other") },
  };
  for (const [id, text] of [
    ["a", "by one"],
    ["b", "by the other"],
  ]) {
    const { session } = await made([(pi) => pi.registerProvider(whole)], { model: `whole/${id}` });
    expect(await session.prompt("hello")).toMatchObject({ kind: "done", text });
  }
  const { session } = await made([(pi) => pi.registerProvider({ ...whole, api: says("by the only way") })], { model: "whole/b" });
  expect(await session.prompt("hello")).toMatchObject({ kind: "done", text: "by the only way" });
});

test("context_with_system comes after context, with the messages of the system", async () => {
  const roles: string[][] = [];
  const { session } = await made([
    (pi) => {
      pi.on("context_with_system", ({ messages }) => void roles.push(messages.map(({ role }) => role)));
      pi.on("context", ({ messages }) => void roles.push(messages.map(({ role }) => role)));
    },
  ]);
  await session.prompt("hello");
  expect(roles).toEqual([["user"], ["system", "user"]]);
});

test("options of the system prompt that a handler changes make the prompt of that run", async () => {
  const prompts: string[] = [];
  const { session } = await made([
    (pi) => {
      pi.on("before_agent_start", ({ systemPromptOptions }) => {
        systemPromptOptions.sections.weather = "It rains.";
        systemPromptOptions.promptGuidelines.push("Take an umbrella.");
      });
      pi.on("before_agent_start", ({ systemPrompt }) => void prompts.push(systemPrompt));
      pi.on("agent_start", (_, ctx) => void prompts.push(ctx.getSystemPrompt()));
    },
  ]);
  await session.prompt("hello");
  for (const prompt of prompts) expect(prompt).toMatch(/- Take an umbrella\.[\s\S]*<weather>\nIt rains\.\n<\/weather>/);
  expect(prompts).toHaveLength(2);
});

test("user_bash: the first that answers says where a command runs or what became of it, and a throw stops it", async () => {
  const { session } = await made([
    (pi) => {
      pi.on("user_bash", ({ command }) => {
        if (command === "known") return { result: { output: "known already", exitCode: 0, cancelled: false, truncated: false } };
        if (command === "elsewhere")
          return {
            operations: {
              exec: async (line, _cwd, { onData }) => {
                onData(Buffer.from(`ran ${line}`));
                return { exitCode: 3 };
              },
            },
          };
        if (command === "forbidden") throw new Error("not that");
        return undefined;
      });
    },
  ]);
  expect(await session.executeBash("known")).toMatchObject({ output: "known already", exitCode: 0 });
  expect(await session.executeBash("elsewhere")).toMatchObject({ output: "ran elsewhere", exitCode: 3 });
  await expect(session.executeBash("forbidden")).rejects.toThrow("not that");
  expect(await session.executeBash("echo here")).toMatchObject({ output: "here\n", exitCode: 0 });
});

test("every member of the user interface is there without a terminal", async () => {
  const seen: unknown[] = [];
  const { session, errors } = await made([
    (pi) => {
      pi.on("agent_start", async (_, { ui }) => {
        ui.setWorkingMessage("x");
        ui.setFooter(() => undefined);
        ui.setEditorComponent(undefined);
        seen.push(ui.theme.fg("accent", ui.theme.bold("text")), ui.getEditorText(), ui.getAllThemes(), ui.setTheme("x").success);
        seen.push(await ui.custom(() => undefined), typeof ui.onTerminalInput(() => undefined));
      });
    },
  ]);
  await session.prompt("hello");
  expect(seen).toEqual(["text", "", [], false, undefined, "function"]);
  expect(errors).toEqual([]);
});

test("a tool whose parameters are no schema of an object fails its extension", async () => {
  const { loader } = await made([
    (pi) =>
      pi.registerTool({
        name: "bad",
        label: "Bad",
        description: "",
        parameters: { type: "string" } as never,
        execute: async () => ({ content: [] }),
      }),
  ]);
  expect(loader.getExtensions().errors[0]?.error).toContain("The parameters of the tool bad are no schema of an object");
});

test("of an extension that fails no provider stays", async () => {
  const { session } = await made([
    (pi) => {
      pi.registerProvider("half", { baseUrl: "http://localhost", apiKey: "k", api: "openai-completions", models: [{ id: "m" }] });
      throw new Error("on purpose");
    },
    (pi) => void pi.on("agent_start", (_, ctx) => pi.appendEntry("known", { half: ctx.modelRegistry.getProvider("half") ?? null })),
  ]);
  await session.prompt("hello");
  expect(session.sessionManager.getEntries()).toContainEqual(expect.objectContaining({ customType: "known", data: { half: null } }));
});
