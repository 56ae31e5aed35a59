// What every wire format owes its callers, as one suite. Run by test/providers/<format>/contract.test.ts against that format's strict server.

import { getEventListeners } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import type { Model } from "../../src/contracts/model.ts";
import type { ModelCall, ModelRequest } from "../../src/contracts/model-request.ts";
import type { Provider } from "../../src/contracts/provider.ts";
import { eachEvent, type FailureCode, type StreamEvent } from "../../src/contracts/stream-event.ts";
import {
  type Answer,
  assistant,
  collect,
  messageOfAnswer,
  pixel,
  readTool,
  testCall,
  testModel,
  testRequest,
  toolResult,
  user,
} from "../support/model-calls.ts";
import { type Script, type StrictFormat, type StrictServer, startStrictServer } from "../support/strict/script.ts";

export interface ContractCase {
  format: StrictFormat;
  provider: Provider;
  /** Without base URL. */
  model: Partial<Model>;
  /** Whether thinking comes with a signature that the service checks. */
  signsThinking: boolean;
  /** How a hidden payload looks in the request that replays it; the payload itself when absent. */
  opaque?(payload: string): string;
}

export function testProviderContract(item: ContractCase): void {
  const { format, provider } = item;
  let server: StrictServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function serve(...scripts: Script[]): Promise<StrictServer> {
    server = await startStrictServer(format, scripts);
    return server;
  }

  function callTo(at: StrictServer, request: Partial<ModelRequest> = {}, values: Partial<ModelCall> = {}): ModelCall {
    return testCall({
      model: testModel({ api: format.api, ...item.model, baseUrl: at.baseUrl }),
      request: testRequest(request),
      ...values,
    });
  }

  async function ask(scripts: Script[], request: Partial<ModelRequest> = {}, values: Partial<ModelCall> = {}): Promise<Answer> {
    const at = await serve(...scripts);
    const answer = await collect(provider.stream(callTo(at, request, values)));
    expect(at.complaints).toEqual([]);
    return answer;
  }

  describe(`contract: ${format.api}`, () => {
    test("text", async () => {
      const text = 'Hello — wörld 👩‍💻 "quoted"\n\n';
      const answer = await ask([{ say: [{ text }] }]);
      expect(answer.content).toMatchObject([{ type: "text", text }]);
      expect(answer.finish?.stopReason).toBe("stop");
      expect(answer.responseId).toBeTruthy();
    });

    test("thinking, and its replay byte for byte", async () => {
      const thinking = "First — this.\nThen 🤔 that.";
      const at = await serve({ say: [{ thinking }, { text: "Done" }] }, { say: [{ text: "Again" }] });
      const call = callTo(at, { thinkingLevel: "medium" });
      const answer = await collect(provider.stream(call));
      expect(answer.content).toMatchObject([
        { type: "thinking", thinking },
        { type: "text", text: "Done" },
      ]);
      const messages = [...call.request.messages, messageOfAnswer(call.model, answer), user("Go on")];
      const second = await collect(provider.stream({ ...call, request: { ...call.request, messages } }));
      expect(at.complaints).toEqual([]);
      expect(second.content).toMatchObject([{ type: "text", text: "Again" }]);
      if (item.signsThinking) {
        const block = answer.content[0];
        const signature = block?.type === "thinking" ? block.thinkingSignature : undefined;
        expect(signature).toBeTruthy();
      }
    });

    test("hidden thinking is replayed", async () => {
      const at = await serve({ say: [{ redacted: "secret" }, { text: "Done" }] }, { say: [{ text: "Again" }] });
      const call = callTo(at, { thinkingLevel: "medium" });
      const answer = await collect(provider.stream(call));
      expect(answer.content.some((block) => block.type === "text" && block.text === "Done")).toBe(true);
      const messages = [...call.request.messages, messageOfAnswer(call.model, answer), user("Go on")];
      await collect(provider.stream({ ...call, request: { ...call.request, messages } }));
      expect(at.complaints).toEqual([]);
      expect(at.requests[1]?.rawBody).toContain(item.opaque?.("secret") ?? "secret");
    });

    test("parallel tool calls whose arguments arrive in fragments, and their results", async () => {
      const first = { path: "a — b.txt", offset: 3, deep: { list: [1, "zwei", null], text: 'q"\\\n🙂' } };
      const at = await serve(
        {
          say: [
            { text: "Reading" },
            { call: "read", arguments: first },
            { call: "read", arguments: { path: "b" } },
            { call: "read", arguments: {} },
          ],
        },
        { say: [{ text: "Read" }] },
      );
      const call = callTo(at, { tools: [readTool], thinkingLevel: "low" });
      const answer = await collect(provider.stream(call));
      expect(answer.finish?.stopReason).toBe("toolUse");
      expect(answer.content).toMatchObject([
        { type: "text", text: "Reading" },
        { type: "toolCall", name: "read", arguments: first },
        { type: "toolCall", name: "read", arguments: { path: "b" } },
        { type: "toolCall", name: "read", arguments: {} },
      ]);
      const calls = answer.content.flatMap((block) => (block.type === "toolCall" ? [block] : []));
      expect(new Set(calls.map((one) => one.id)).size).toBe(3);
      const results = calls.map((one, index) => toolResult(one.id, one.name, `result ${index}`, { isError: index === 1 }));
      const messages = [...call.request.messages, messageOfAnswer(call.model, answer), ...results, user("Steered")];
      const second = await collect(provider.stream({ ...call, request: { ...call.request, messages } }));
      expect(at.complaints).toEqual([]);
      expect(second.finish?.stopReason).toBe("stop");
      for (const text of ["result 0", "result 1", "result 2", "Steered"]) expect(at.requests[1]?.rawBody).toContain(text);
    });

    test("images in prompts and in tool results", async () => {
      const model = testModel({ api: format.api, ...item.model });
      const image = { type: "image", data: pixel, mimeType: "image/png" } as const;
      const messages = [
        user([{ type: "text", text: "Look" }, image]),
        assistant(model, [
          { type: "toolCall", id: "call_1", name: "read", arguments: { path: "a" } },
          { type: "toolCall", id: "call_2", name: "read", arguments: { path: "b" } },
        ]),
        toolResult("call_1", "read", "", { content: [image] }),
        toolResult("call_2", "read", "", { content: [{ type: "text", text: "and" }, image] }),
      ];
      await ask([{ say: [{ text: "Seen" }] }], { messages, tools: [readTool] });
      expect(server?.requests[0]?.rawBody.split(pixel).length).toBe(4);
    });

    test("no images for a model that takes none", async () => {
      const at = await serve({ say: [{ text: "Ok" }] });
      const call = callTo(at, { messages: [user([{ type: "image", data: pixel, mimeType: "image/png" }])] });
      await collect(provider.stream({ ...call, model: { ...call.model, input: ["text"] } }));
      expect(at.complaints).toEqual([]);
      expect(at.requests[0]?.rawBody).not.toContain(pixel);
      expect(at.requests[0]?.rawBody).toContain("Image omitted");
    });

    test("usage, priced", async () => {
      const answer = await ask([{ say: [{ text: "x" }], usage: { input: 1000, output: 200, cacheRead: 5000, reasoning: 50 } }]);
      expect(answer.usage).toMatchObject({ input: 1000, output: 200, cacheRead: 5000, cacheWrite: 0, reasoning: 50, totalTokens: 6200 });
      expect(answer.usage?.cost.total).toBeCloseTo((1000 * 3 + 200 * 15 + 5000 * 0.3) / 1e6, 10);
    });

    test("stop reasons", async () => {
      expect((await ask([{ say: [{ text: "cut" }], stop: "length" }])).finish?.stopReason).toBe("length");
      await server?.close();
      const called = await ask([{ say: [{ call: "read", arguments: { path: "a" } }] }], { tools: [readTool] });
      expect(called.finish?.stopReason).toBe("toolUse");
    });

    test("refusal", async () => {
      const answer = await ask([{ say: [{ text: "I" }], stop: "refusal" }]);
      expect(answer.failure?.code).toBe("refusal");
      expect(answer.failure?.message).toBe("The model refused to complete the request");
      expect(answer.failure?.rawStopReason).toBeTruthy();
    });

    test("an empty answer is an answer without content", async () => {
      const answer = await ask([{ say: [] }]);
      expect(answer.content).toEqual([]);
      expect(answer.finish?.stopReason).toBe("stop");
    });

    test("overflow in disguise: nothing said for length, nothing said in a full window", async () => {
      expect((await ask([{ say: [], stop: "length", usage: { input: 1000, output: 0 } }])).failure?.code).toBe("overflow");
      await server?.close();
      expect((await ask([{ say: [], usage: { input: 199_000, output: 0 } }])).failure?.code).toBe("overflow");
    });

    test("an output limit used up in silence is no overflow", async () => {
      expect((await ask([{ say: [], stop: "length", usage: { input: 10, output: 500 } }], { maxTokens: 500 })).finish?.stopReason).toBe(
        "length",
      );
    });

    test.each<[number, FailureCode]>([
      [400, "bad_request"],
      [401, "auth"],
      [403, "auth"],
      [404, "not_found"],
      [413, "overflow"],
      [429, "rate_limited"],
      [500, "overloaded"],
      [503, "overloaded"],
      [529, "overloaded"],
    ])("status %i is %s", async (status, code) => {
      const answer = await ask([{ refuse: status, message: "No — because" }]);
      expect(answer.failure).toMatchObject({ code, status });
      expect(answer.failure?.message).toMatch(new RegExp(`^${status} .*No — because`));
      expect(answer.failure?.message).not.toContain("\n");
      expect(answer.events).toHaveLength(1);
    });

    test("Retry-After is told as a moment", async () => {
      const before = Date.now();
      const answer = await ask([{ refuse: 429, headers: { "retry-after": "7" } }]);
      expect(answer.failure?.retryAt).toBeGreaterThanOrEqual(before + 7000);
      expect(answer.failure?.retryAt).toBeLessThan(Date.now() + 7001);
    });

    test("a context overflow told in prose", async () => {
      const message = "prompt is too long: 250000 tokens > 200000 maximum context length";
      expect((await ask([{ refuse: 400, message }])).failure?.code).toBe("overflow");
    });

    test("a credential never shows", async () => {
      const answer = await ask([{ refuse: 401, message: "Incorrect API key provided: test-key-123456" }]);
      expect(JSON.stringify(answer.events)).not.toContain("test-key-123456");
      await server?.close();
      const credential = { scheme: "own", billing: "metered", value: "line\nbreak-secret", source: "TEST_API_KEY" } as const;
      const bad = await ask([{ say: [] }], {}, { credential });
      expect(bad.failure?.code).toBe("auth");
      expect(bad.failure?.message).toContain("TEST_API_KEY");
      expect(bad.failure?.message).not.toContain("break-secret");
    });

    test("connection refused, base URL that is none", async () => {
      const at = await serve({ say: [] });
      await at.close();
      expect((await collect(provider.stream(callTo(at)))).failure?.code).toBe("network");
      const call = callTo(at);
      const odd = await collect(provider.stream({ ...call, model: { ...call.model, baseUrl: "nonsense" } }));
      expect(["bad_request", "network"]).toContain(odd.failure?.code);
    });

    test("connection dropped without an answer", async () => {
      expect((await ask([{ wire: { drop: true } }])).failure?.code).toBe("network");
    });

    test("cut mid-stream: what was said is kept, the failure is network", async () => {
      const text = "The beginning of an answer, and then a long rest. ".repeat(10);
      const answer = await ask([{ say: [{ text }], cutAfterBytes: 2000, deltaLength: 4 }]);
      expect(answer.failure?.code).toBe("network");
      const said = answer.events.map((event) => (event.type === "text_delta" ? event.delta : "")).join("");
      expect(said).not.toBe("");
      expect(text.startsWith(said)).toBe(true);
    });

    test("a body that is no stream", async () => {
      const page = await ask([{ wire: { headers: { "content-type": "text/html" }, body: "<html><body>Sign in</body></html>" } }]);
      expect(page.failure?.code).toBe("network");
      expect(page.failure?.message).toContain("text/html");
      await server?.close();
      expect((await ask([{ wire: { body: "" } }])).failure?.code).toBe("network");
      await server?.close();
      expect((await ask([{ wire: { body: "data: {not json}\n\ndata: more\n\n" } }])).failure?.code).toBe("network");
      await server?.close();
      expect((await ask([{ wire: { body: Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x0a, 0x80]) } }])).failure?.code).toBe("network");
    });

    test("abort before the request", async () => {
      const stop = new AbortController();
      stop.abort();
      const at = await serve({ say: [{ text: "x" }] });
      const answer = await collect(provider.stream(callTo(at, {}, { signal: stop.signal })));
      expect(answer.failure?.code).toBe("aborted");
      expect(at.requests).toHaveLength(0);
    });

    test("abort while nothing comes", async () => {
      const stop = new AbortController();
      const at = await serve({ wire: { hang: true } });
      const work = collect(provider.stream(callTo(at, {}, { signal: stop.signal })));
      await at.received(1);
      stop.abort();
      expect((await work).failure?.code).toBe("aborted");
      await at.hungUp(0);
    });

    test("abort mid-stream keeps what was said and closes the connection", async () => {
      const stop = new AbortController();
      const at = await serve({ say: [{ text: "Half an ans" }], keepOpen: true });
      const call = callTo(at, {}, { signal: stop.signal });
      const events: StreamEvent[] = [];
      for await (const event of eachEvent(provider.stream(call), call.signal)) {
        events.push(event);
        if (event.type === "text_delta") stop.abort();
      }
      expect(events.at(-1)).toMatchObject({ type: "failure", failure: { code: "aborted" } });
      expect(events.filter((event) => event.type === "text_delta")).toHaveLength(1);
      await at.hungUp(0);
    });

    test("the turns of a run share a connection, and leave nothing at its signal", async () => {
      const at = await serve({ say: [{ text: "One turn" }] });
      const { signal } = new AbortController();
      for (let turn = 0; turn < 5; turn++) {
        await collect(provider.stream(callTo(at, {}, { signal })));
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(getEventListeners(signal, "abort")).toEqual([]);
      expect(at.requests).toHaveLength(5);
      expect(at.connectionCount()).toBeLessThan(5);
    });

    test("a caller who stops listening closes the connection", async () => {
      const at = await serve({ say: [{ text: "Much to say" }], keepOpen: true });
      const call = callTo(at);
      for await (const event of eachEvent(provider.stream(call), call.signal)) if (event.type === "text_delta") break;
      await at.hungUp(0);
    });

    test("history left by an aborted run is put right", async () => {
      const model = testModel({ api: format.api, ...item.model });
      const messages = [
        user("One"),
        assistant(model, [{ type: "text", text: "partial" }], { stopReason: "aborted" }),
        user("Two"),
        assistant(model, [
          { type: "toolCall", id: "bad id!|x", name: "read", arguments: { path: "a" } },
          { type: "toolCall", id: "open", name: "read", arguments: { path: "b" } },
        ]),
        toolResult("bad id!|x", "read", "found"),
        toolResult("nobody", "read", "lost"),
        user("  "),
        user("half a pair \ud83d here"),
        assistant(model, [{ type: "text", text: " " }]),
        user("Three"),
      ];
      await ask([{ say: [{ text: "Ok" }] }], { messages, tools: [readTool] });
      const body = server?.requests[0]?.rawBody ?? "";
      expect(body).toContain("found");
      expect(body).toContain("No result provided");
      expect(body).not.toContain("lost");
      expect(body).not.toContain("partial");
    });
  });
}
