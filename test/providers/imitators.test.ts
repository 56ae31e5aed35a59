// What imitators and gateways do that a recorded stream cannot show: calls without ids, requests refused for a field they do not know,
// answers without end.

import { afterEach, describe, expect, test } from "vitest";
import type { Model } from "../../src/contracts/model.ts";
import { openaiFailure } from "../../src/providers/openai-completions/failure.ts";
import { completionsProvider } from "../../src/providers/openai-completions/provider.ts";
import { loadProvider } from "../../src/providers/registry.ts";
import { type Decoder, EventReader } from "../../src/providers/shared/event-reader.ts";
import { assistant, collect, fold, pixel, readTool, testCall, testModel, testRequest, toolResult, user } from "../support/model-calls.ts";
import { decoders, readAnswer } from "../support/recorded-streams.ts";
import { startWireServer, type WireAnswer, type WireServer } from "../support/wire-server.ts";

let server: WireServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const chat = { api: "openai-completions", provider: "test", id: "m" };
const sse = (...events: unknown[]): string => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const delta = (value: object, reason: string | null = null): object => ({ choices: [{ index: 0, delta: value, finish_reason: reason }] });
const end = delta({}, "tool_calls");
const fragment = (fields: object, args: unknown, name?: string): object =>
  delta({ tool_calls: [{ ...fields, function: { ...(name === undefined ? {} : { name }), arguments: args } }] });

function argumentsOf(...events: object[]): unknown[] {
  const answer = readAnswer(chat, [Buffer.from(sse(...events, end))]);
  expect(answer.finish?.stopReason).toBe("toolUse");
  expect(new Set(answer.content.map((block) => block.type === "toolCall" && block.id)).size).toBe(answer.content.length);
  return answer.content.map((block) => block.type === "toolCall" && block.arguments);
}

describe("calls without ids", () => {
  const a = '{"path":"a"}';
  const b = '{"path":"b"}';
  test.each<[string, object[], unknown[]]>([
    [
      "one index, an empty id",
      [fragment({ index: 0, id: "" }, a, "read"), fragment({ index: 0, id: "" }, b, "read")],
      [{ path: "a" }, { path: "b" }],
    ],
    ["one index, no id", [fragment({ index: 0 }, a, "read"), fragment({ index: 0 }, b, "read")], [{ path: "a" }, { path: "b" }]],
    ["one index, another tool", [fragment({ index: 0 }, "", "ls"), fragment({ index: 0 }, b, "read")], [{}, { path: "b" }]],
    [
      "one index, objects",
      [fragment({ index: 0 }, { path: "a" }, "read"), fragment({ index: 0 }, { path: "b" }, "read")],
      [{ path: "a" }, { path: "b" }],
    ],
    ["no index", [fragment({}, a, "read"), fragment({}, b, "read")], [{ path: "a" }, { path: "b" }]],
    ["no index, no arguments", [fragment({}, "{}", "ls"), fragment({}, "{}", "ls")], [{}, {}]],
    [
      "the name with every fragment",
      [fragment({ index: 0, id: "" }, '{"path"', "read"), fragment({ index: 0, id: "" }, ':"a"}', "read")],
      [{ path: "a" }],
    ],
    ["the name with every fragment, no index", [fragment({}, '{"path"', "read"), fragment({}, ':"a"}', "read")], [{ path: "a" }]],
    [
      "nothing, an empty object, the real one",
      [fragment({ index: 0 }, "", "read"), fragment({ index: 0 }, "{}", "read"), fragment({ index: 0 }, a, "read")],
      [{ path: "a" }],
    ],
    ["an empty object and then text", [fragment({ index: 0, id: "c" }, {}, "read"), fragment({ index: 0 }, a)], [{ path: "a" }]],
    [
      "the call of old",
      [delta({ function_call: { name: "read", arguments: "" } }), delta({ function_call: { arguments: a } })],
      [{ path: "a" }],
    ],
  ])("%s", (_name, events, expected) => {
    expect(argumentsOf(...events)).toEqual(expected);
  });
});

describe("a field that the service does not know", () => {
  const whole = (api: string): string =>
    JSON.stringify(
      api === "anthropic-messages"
        ? { type: "message", content: [{ type: "text", text: "fine" }], stop_reason: "end_turn" }
        : api === "openai-responses"
          ? { status: "completed", output: [{ type: "message", content: [{ type: "output_text", text: "fine" }] }] }
          : { choices: [{ message: { content: "fine" }, finish_reason: "stop" }] },
    );

  /** Refuses a request as long as the words for what is wrong with it are not empty. */
  async function serve(api: string, complaint: (body: string) => string): Promise<WireServer> {
    server = await startWireServer((request): WireAnswer => {
      const words = complaint(request.rawBody);
      return words === "" ? { body: whole(api) } : { status: 400, body: words };
    });
    return server;
  }

  const schemaOfNames = {
    ...readTool,
    parameters: { type: "object", properties: { store: { type: "string" }, strict: { type: "string" }, display: { type: "string" } } },
  };

  test.each<[string, string, (field: string) => string, Partial<Model>]>([
    [
      "anthropic-messages",
      "eager_input_streaming",
      (field) => `{"error":{"message":"tools.0.custom.${field}: Extra inputs are not permitted"}}`,
      { provider: "anthropic", id: "claude-sonnet-4-5" },
    ],
    [
      "anthropic-messages",
      "display",
      (field) => `{"error":{"message":"thinking.enabled.${field}: Extra inputs are not permitted"}}`,
      { provider: "anthropic", id: "claude-sonnet-4-5" },
    ],
    [
      "anthropic-messages",
      "cache_control",
      (field) => `{"message":"#: extraneous key [${field}] is not permitted"}`,
      { provider: "anthropic", id: "claude-sonnet-4-5" },
    ],
    [
      "openai-completions",
      "store",
      (field) => `{"detail":[{"type":"extra_forbidden","loc":["body","${field}"],"msg":"Extra inputs are not permitted"}]}`,
      { provider: "openai", id: "gpt-5.1" },
    ],
    [
      "openai-completions",
      "strict",
      (field) => `{"error":{"message":"Unknown parameter: 'tools[0].function.${field}'."}}`,
      { provider: "openai", id: "gpt-5.1" },
    ],
    [
      "openai-completions",
      "stream_options",
      (field) => `{"error":{"message":"Unrecognized request argument supplied: ${field}"}}`,
      { provider: "openai", id: "gpt-5.1" },
    ],
    [
      "openai-completions",
      "developer",
      (field) => `messages[0].role: unknown variant \`${field}\`, expected one of \`system\`, \`user\``,
      { provider: "openai", id: "gpt-5.1" },
    ],
    [
      "openai-responses",
      "max_output_tokens",
      (field) => `{"detail":"Unsupported parameter: ${field}"}`,
      { provider: "openai", id: "gpt-5.1" },
    ],
  ])("%s: %s", async (api, field, words, values) => {
    // What stands in a schema is the tool's own, whatever it is called.
    const own = JSON.stringify(schemaOfNames.parameters.properties).slice(1, -1);
    const at = await serve(api, (body) => (body.replaceAll(own, "").includes(`"${field}"`) ? words(field) : ""));
    const provider = await loadProvider(api);
    const model = testModel({ api, baseUrl: at.url, ...values });
    const request = testRequest({ tools: [schemaOfNames], thinkingLevel: "low" });
    const answer = await collect(provider.stream(testCall({ model, request })));
    expect(answer.content).toMatchObject([{ type: "text", text: "fine" }]);
    expect(at.requests).toHaveLength(2);
    expect(at.requests[1]?.rawBody).toContain(own);
    // The next call to this model knows.
    await collect(provider.stream(testCall({ model, request })));
    expect(at.requests).toHaveLength(3);
  });

  test("one after the other, and the name that is asked for", async () => {
    const at = await serve("openai-completions", (body) => {
      if (body.includes('"store"')) return 'Unknown name "store": Cannot find field.';
      if (body.includes('"max_completion_tokens"')) return "Unsupported parameter: 'max_completion_tokens'. Use 'max_tokens' instead.";
      return "";
    });
    const model = testModel({ api: "openai-completions", provider: "openai", baseUrl: at.url });
    const answer = await collect(completionsProvider.stream(testCall({ model })));
    expect(answer.failure).toBeUndefined();
    expect(at.requests.at(-1)?.body).toMatchObject({ max_tokens: 64_000 });
    expect(at.requests).toHaveLength(3);
  });

  test.each([
    ["what the answer depends on", "Unsupported parameter: 'model'"],
    ["another fault", "store: this value is wrong"],
    ["a field that was not sent", "Unknown parameter: 'tool_stream'"],
  ])("%s is not left out", async (_name, words) => {
    const at = await serve("openai-completions", () => words);
    const model = testModel({ api: "openai-completions", provider: "openai", baseUrl: at.url });
    expect((await collect(completionsProvider.stream(testCall({ model })))).failure?.code).toBe("bad_request");
    expect(at.requests).toHaveLength(1);
  });

  test("an abort at the refusal: nothing more is asked", async () => {
    const stop = new AbortController();
    let asked = 0;
    const fetch = async (): Promise<Response> => {
      asked++;
      stop.abort();
      return new Response("Unknown parameter: 'store'", { status: 400 });
    };
    const model = testModel({ api: "openai-completions", provider: "openai", baseUrl: "http://service.invalid/v1" });
    const answer = await collect(
      completionsProvider.stream(testCall({ model, fetch: fetch as typeof globalThis.fetch, signal: stop.signal })),
    );
    expect(answer.failure?.code).toBe("aborted");
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(1);
  });

  test("a service that refuses whatever is left out is given up", async () => {
    const at = await serve("openai-completions", () => "Unknown parameter: 'store', 'stream_options', 'strict'");
    const model = testModel({ api: "openai-completions", provider: "openai", baseUrl: at.url });
    expect((await collect(completionsProvider.stream(testCall({ model })))).failure?.code).toBe("bad_request");
    expect(at.requests).toHaveLength(2);
  });
});

test("thinking on: every replayed message of calls has the field that Kimi asks for, whoever wrote it", async () => {
  server = await startWireServer(() => ({ status: 404 }));
  const model = testModel({ api: "openai-completions", provider: "moonshotai", id: "kimi-k3", baseUrl: server.url });
  const other = testModel({ api: "openai-completions", provider: "else" });
  const messages = [
    user("q"),
    assistant(other, [{ type: "toolCall", id: "a", name: "read", arguments: {} }]),
    toolResult("a", "read", "r"),
    assistant(other, [{ type: "text", text: "t" }]),
    user("next"),
  ];
  await collect(completionsProvider.stream(testCall({ model, request: testRequest({ messages, thinkingLevel: "high" }) })));
  const written = server.requests[0]?.body.messages.filter((message: { role: string }) => message.role === "assistant");
  expect(written.map((message: { reasoning_content?: string }) => message.reasoning_content)).toEqual(["", ""]);
});

test.each<[string, (args: string) => string]>([
  ["openai-completions", (args) => sse(fragment({ index: 0, id: "c" }, "ARGS", "read"), end).replace('"ARGS"', JSON.stringify(args))],
  ["openai-completions", (args) => sse(fragment({ index: 0, id: "c" }, "ARGS", "read"), end).replace('"ARGS"', args)],
  [
    "google-generative-ai",
    (args) =>
      sse({ candidates: [{ content: { parts: [{ functionCall: { name: "read", args: "ARGS" } }] }, finishReason: "STOP" }] }).replace(
        '"ARGS"',
        args,
      ),
  ],
  [
    "anthropic-messages",
    (args) =>
      sse(
        { type: "message_start", message: { id: "m", content: [], usage: {} } },
        { type: "content_block_start", index: 0, content_block: { type: "tool_use", id: "c", name: "read", input: "ARGS" } },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: {} },
        { type: "message_stop" },
      ).replace('"ARGS"', args),
  ],
])("%s: arguments nested without end are none, and what is kept can be written", (api, body) => {
  const args = `{"path":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  const answer = readAnswer({ ...chat, api }, [Buffer.from(body(args))]);
  expect(answer.content).toEqual([expect.objectContaining({ type: "toolCall", name: "read" })]);
  expect(answer.content[0]).not.toHaveProperty("arguments.path");
  expect(answer.finish?.stopReason).toBe("toolUse");
  expect(() => JSON.stringify(answer)).not.toThrow();
});

describe.each(["openai-completions", "anthropic-messages", "openai-responses", "google-generative-ai"])("%s", (api) => {
  test.each<[string, object]>([
    ["a number and a text", { code: 1301, msg: "no reason 7731" }],
    ["Baidu's", { error_code: 17, error_msg: "no reason 7731" }],
    ["MiniMax's, in what looks like an answer", { choices: null, base_resp: { status_code: 1008, status_msg: "no reason 7731" } }],
  ])("an error that is an event like others, %s, is told", (_, event) => {
    const answer = readAnswer({ ...chat, api }, [Buffer.from(sse(event))]);
    expect(answer.failure?.message).toContain("no reason 7731");
  });
});

test("an answer of which MiniMax says that it went well is one", () => {
  const well = { base_resp: { status_code: 0, status_msg: "" } };
  const answer = readAnswer(chat, [Buffer.from(sse({ ...delta({ content: "hi" }), ...well }, { ...delta({}, "stop"), ...well }))]);
  expect(answer).toMatchObject({ content: [{ type: "text", text: "hi" }], finish: { stopReason: "stop" } });
});

test("a failed call's image stands beside its result", async () => {
  server = await startWireServer(() => ({ status: 404 }));
  const model = testModel({ api: "anthropic-messages", provider: "anthropic", id: "claude-opus-4-5", baseUrl: server.url });
  const image = { type: "image", data: pixel, mimeType: "image/png" } as const;
  const calls = ["a", "b"].map((id) => ({ type: "toolCall", id, name: "read", arguments: {} }) as const);
  const messages = [
    user("q"),
    assistant(model, [...calls]),
    toolResult("a", "read", "", { content: [image, { type: "text", text: "broken" }], isError: true }),
    toolResult("b", "read", "", { content: [image], isError: true }),
  ];
  const provider = await loadProvider(model.api);
  await collect(provider.stream(testCall({ model, request: testRequest({ messages }) })));
  const shown = { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } };
  expect(server.requests[0]?.body.messages.at(-1)).toEqual({
    role: "user",
    content: [
      { type: "tool_result", tool_use_id: "a", content: "broken", is_error: true },
      { type: "tool_result", tool_use_id: "b", content: "(see the attached image)", is_error: true },
      shown,
      { ...shown, cache_control: { type: "ephemeral" } },
    ],
  });
});

test.each([
  ["a line", Buffer.alloc(1024 * 1024, "x"), "an event of more than 64 MB"],
  ["an answer", Buffer.from(sse({ choices: [], padding: "x".repeat(4_000_000) })), "an answer of more than 256 MB"],
  ["a list of calls", undefined, "an answer of more than 5000 tool calls"],
])("%s without end is given up", (_name, piece, words) => {
  const decoder = decoders["openai-completions"]?.(testModel(chat));
  if (decoder === undefined) throw new Error("no decoder");
  const reader = new EventReader(testCall({ model: testModel(chat) }), decoder, new Headers(), openaiFailure);
  const events = [];
  for (let count = 0; !reader.ended && count < 1000; count++) {
    const ten = Array.from({ length: 10 }, (_, at) => fragment({ index: 10 * count + at, id: `c${count}-${at}` }, "{}", "ls"));
    events.push(...reader.push(piece ?? Buffer.from(sse(...ten))));
  }
  expect(fold(events).failure).toMatchObject({ code: "bad_request", message: `the service sent ${words}` });
});

test("parts without end are given up", () => {
  let at = 0;
  const decoder: Decoder = {
    decode: (_event, _name, _raw, out) => {
      for (let count = 0; count < 1000; count++, at++)
        out.push({ type: "text_start", contentIndex: at }, { type: "text_end", contentIndex: at });
    },
    decodeWhole: () => {},
    end: () => {},
  };
  const reader = new EventReader(testCall({ model: testModel(chat) }), decoder, new Headers(), openaiFailure);
  const events = [];
  for (let count = 0; !reader.ended && count < 100; count++) events.push(...reader.push(Buffer.from(sse({}))));
  expect(fold(events).failure).toMatchObject({ message: "the service sent an answer of more than 50000 parts" });
});

test("a refusal without end is read as far as it can be told, and let go of", async () => {
  let isLetGo = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 16).fill(0x78)),
    cancel: () => {
      isLetGo = true;
    },
  });
  const fetch = async (): Promise<Response> => new Response(endless, { status: 400 });
  const model = testModel({ ...chat, baseUrl: "http://service.invalid/v1" });
  const answer = await collect(completionsProvider.stream(testCall({ model, fetch: fetch as typeof globalThis.fetch })));
  expect(answer.failure?.code).toBe("bad_request");
  expect(answer.failure?.message.length).toBeLessThan(1 << 20);
  expect(isLetGo).toBe(true);
});
