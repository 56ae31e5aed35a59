import { expect, onTestFinished, test, vi } from "vitest";
import { runTools, type ToolSetup } from "../../src/agent/run-tools.ts";
import type { LoopEvent } from "../../src/contracts/agent-event.ts";
import type { ToolCall } from "../../src/contracts/message.ts";
import type { Tool, ToolContext } from "../../src/contracts/tool.ts";
import { errorResult, textResult } from "../../src/contracts/tool.ts";
import { emptyUsage } from "../../src/contracts/usage.ts";
import { steppingClock, tool } from "../support/coding-bench.ts";

const call = (id: string, name: string, args: Record<string, unknown> = {}): ToolCall => ({ type: "toolCall", id, name, arguments: args });

function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

async function run(
  tools: Tool[],
  calls: ToolCall[],
  changes: Partial<ToolSetup> & { signal?: AbortSignal; canonical?: (path: string) => Promise<string> } = {},
) {
  const events: LoopEvent[] = [];
  const { signal = new AbortController().signal, canonical = async (path: string) => path, ...setup } = changes;
  const { messages, isTerminated } = await runTools(
    calls,
    new Map([
      ["unreadable", { text: '{"x":', reason: "cut" }],
      ["long", { text: "x".repeat(3_000_000), reason: "cut" }],
    ]),
    {
      tools,
      validate: async (_, args) => ({ ok: true, args: args as Record<string, unknown> }),
      context: (one, linked, onUpdate) =>
        ({ toolCallId: one.id, signal: linked, onUpdate, files: { canonical } }) as unknown as ToolContext,
      stallTimeoutMs: 0,
      ...setup,
    },
    signal,
    {
      now: steppingClock(0).now,
      emit: (event) => {
        events.push(event);
        return undefined;
      },
    },
  );
  const told = events.map((event) => `${event.type}${"toolCallId" in event ? ` ${event.toolCallId}` : ""}`);
  return {
    messages,
    isTerminated,
    events,
    told,
    texts: messages.map(({ content }) => content.map((block) => ("text" in block ? block.text : "")).join("|")),
  };
}

test("one call: start, end with structured content, result message without it", async () => {
  const { messages, events } = await run(
    [tool("t", async () => ({ ...textResult("out", { d: 1 }), structuredContent: { s: 1 } }))],
    [call("1", "t", { a: 1 })],
  );
  expect(events).toEqual([
    { type: "tool_execution_start", toolCallId: "1", toolName: "t", args: { a: 1 } },
    {
      type: "tool_execution_end",
      toolCallId: "1",
      toolName: "t",
      result: { content: [{ type: "text", text: "out" }], details: { d: 1 }, structuredContent: { s: 1 } },
      isError: false,
      durationMs: 1,
    },
    { type: "message_start", message: messages[0] },
    { type: "message_end", message: messages[0] },
  ]);
  expect(messages[0]).toEqual({
    role: "toolResult",
    toolCallId: "1",
    toolName: "t",
    content: [{ type: "text", text: "out" }],
    details: { d: 1 },
    isError: false,
    durationMs: 1,
    timestamp: 2,
  });
});

test("all start before any ends, they run side by side, results are in call order", async () => {
  const first = gate();
  const tools = [
    tool("slow", async () => {
      await first.opened;
      return textResult("slow");
    }),
    tool("quick", async () => {
      first.open();
      return textResult("quick");
    }),
  ];
  const { told, texts } = await run(tools, [call("1", "slow"), call("2", "quick")]);
  expect(texts).toEqual(["slow", "quick"]);
  expect(told.slice(0, 2)).toEqual(["tool_execution_start 1", "tool_execution_start 2"]);
  expect(told.indexOf("tool_execution_end 2")).toBeLessThan(told.indexOf("tool_execution_end 1"));
});

test("calls are handed to their tools in call order, even when the first takes longest to check", async () => {
  const log: string[] = [];
  const slowCheck = gate();
  const editing = tool("edit", async (args) => {
    log.push(`begin ${String(args.id)}`);
    if (args.id === 1) await slowCheck.opened;
    log.push(`end ${String(args.id)}`);
    return textResult("ok");
  });
  const { texts } = await run([editing], [call("1", "edit", { id: 1 }), call("2", "edit", { id: 2 })], {
    validate: async (_, args) => {
      const { id } = args as { id: number };
      for (let turn = 0; turn < 20 / id; turn++) await Promise.resolve();
      if (id === 2) slowCheck.open();
      return { ok: true, args: { id } };
    },
  });
  expect(texts).toEqual(["ok", "ok"]);
  expect(log.filter((line) => line.startsWith("begin"))).toEqual(["begin 1", "begin 2"]);
});

test("beside a sequential tool one call waits for the one before it, also when that failed", async () => {
  const log: string[] = [];
  const editing = tool(
    "edit",
    async (args) => {
      log.push("begin");
      await new Promise((resolve) => setImmediate(resolve));
      log.push("end");
      if (args.fail) throw new Error("broken");
      return textResult("ok");
    },
    { isSequential: true },
  );
  const { texts, messages } = await run([editing], [call("1", "edit", { fail: true }), call("2", "edit")]);
  expect(texts).toEqual(["broken", "ok"]);
  expect(messages.map(({ isError }) => isError)).toEqual([true, false]);
  expect(log).toEqual(["begin", "end", "begin", "end"]);
});

test("who may refuse is asked for one call after the other, of the arguments that are checked, and what that breaks is that call alone", async () => {
  const asked: string[] = [];
  const first = gate();
  const ran: unknown[] = [];
  const running = run(
    [
      tool("t", async (args) => {
        ran.push(args.checked);
        return textResult("ran");
      }),
    ],
    ["1", "2", "3"].map((id) => call(id, "t", { id })),
    {
      validate: async (_, args) => ({ ok: true, args: { checked: (args as { id: string }).id } }),
      refuse: async ({ id }, args) => {
        asked.push(`${id} ${String(args.checked)}`);
        if (id === "1") await first.opened;
        args.checked = `${id}, changed`;
        if (id === "2") throw new Error("the guard broke");
        return id === "3" ? { reason: "no", terminate: true } : undefined;
      },
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual(["1 1"]);
  first.open();
  const { texts, isTerminated } = await running;
  expect(asked).toEqual(["1 1", "2 2", "3 3"]);
  expect({ texts, ran, isTerminated }).toEqual({ texts: ["ran", "the guard broke", "no"], ran: ["1, changed"], isTerminated: false });
});

test("a refusal may end the run as a result may", async () => {
  const refuse = async () => ({ reason: "no", terminate: true });
  expect(await run([tool("t")], [call("1", "t")], { refuse })).toMatchObject({ isTerminated: true, texts: ["no"] });
});

test("aborted while it is asked about, a call does not run; and nobody is asked about those behind it", async () => {
  const abort = new AbortController();
  const execute = vi.fn(async () => textResult("ran"));
  const amend = vi.fn(async (_call, _args, result) => result);
  const refuse = vi.fn(async () => {
    abort.abort();
    return undefined;
  });
  const { texts } = await run([tool("t", execute)], [call("1", "t"), call("2", "t")], { signal: abort.signal, refuse, amend });
  expect(texts).toEqual(["Not run: the request was aborted", "Not run: the request was aborted"]);
  expect({ asked: refuse.mock.calls.length, ran: execute.mock.calls.length, amended: amend.mock.calls.length }).toEqual({
    asked: 1,
    ran: 0,
    amended: 0,
  });
});

test("what cannot run: unknown tool, unreadable arguments, invalid ones, refused ones", async () => {
  const execute = vi.fn(async () => textResult("ran"));
  const setup: Partial<ToolSetup> = {
    validate: async (_, args) => ((args as { bad?: boolean }).bad ? { ok: false, message: "path: missing" } : { ok: true, args: {} }),
    refuse: async ({ id }) => (id === "refused" ? { reason: "The user said no" } : undefined),
  };
  const calls = [call("1", "raed"), call("unreadable", "read"), call("3", "read", { bad: true }), call("refused", "read")];
  const { texts, messages, told } = await run([tool("read", execute), tool("bash")], calls, setup);
  expect(texts).toEqual([
    "Tool raed not found. Did you mean read? Tools: read, bash.",
    'Invalid arguments for tool "read": cut\n\nReceived arguments:\n{"x":',
    "path: missing",
    "The user said no",
  ]);
  expect(execute).not.toHaveBeenCalled();
  for (const message of messages) expect(message).toMatchObject({ isError: true, details: {} });
  expect(messages.some((message) => "durationMs" in message)).toBe(false);
  expect(told.filter((one) => one.startsWith("tool_execution_start"))).toHaveLength(4);
  const long = "x".repeat(3_000_000);
  const echoes = await run([tool("read", execute)], [call("1", long), call("long", "read")], {});
  for (const text of echoes.texts) expect(text.length).toBeLessThan(20_000);
  expect((await run([], [call("1", "x")])).texts).toEqual(["Tool x not found. There are no tools."]);
  expect((await run([tool("read", execute)], [call("1", "read")], { refuseAll: "Not now" })).texts).toEqual(["Not now"]);
});

test("a tool that throws, one that answers with an error, one that has own usage", async () => {
  const usage = { ...emptyUsage(), input: 1 };
  const tools = [
    tool("throws", () => Promise.reject(new Error("boom"))),
    tool("fails", async () => errorResult("no")),
    tool("works", async () => ({ ...textResult("x"), usage })),
  ];
  const { messages, events } = await run(tools, [call("1", "throws"), call("2", "fails"), call("3", "works")]);
  expect(messages[0]).toMatchObject({ isError: true, details: {}, content: [{ text: "boom" }], durationMs: expect.any(Number) });
  expect(messages[1]).toMatchObject({ isError: true, details: {} });
  expect(messages[2]).toMatchObject({ isError: false, usage });
  expect("details" in (messages[2] ?? {})).toBe(false);
  const ends = events.flatMap((event) =>
    event.type === "tool_execution_end" ? [[event.toolName, event.result.isError, event.isError]] : [],
  );
  expect(ends.sort()).toEqual([
    ["fails", true, true],
    ["throws", true, true],
    ["works", undefined, false],
  ]);
});

test("whatever a tool has given, and whatever becomes of it, it has run", async () => {
  const picture = { type: "image", data: "aGk=" };
  const given: unknown[] = [
    undefined,
    null,
    "text",
    {},
    ...["text", [null], [{ type: "text" }], [picture]].map((content) => ({ content })),
  ];
  const tools = given.map((one, at) => tool(`tool${at}`, async () => one as never));
  const { messages, texts } = await run(
    [...tools, tool("fine", async () => textResult("x")), tool("spoilt", async () => textResult("x"))],
    [...tools.map(({ name }) => call(name, name)), call("fine", "fine"), call("spoilt", "spoilt")],
    {
      amend: async ({ name }, _, result) => {
        if (name === "fine") throw new Error("the hook broke");
        return name === "spoilt" ? ({ content: 5 } as never) : result;
      },
    },
  );
  for (const message of messages) expect(message).toMatchObject({ isError: true, durationMs: expect.any(Number) });
  expect(texts.map((text) => /has run, and what it gave is no result|the hook broke/.exec(text)?.[0])).toEqual([
    ...given.map(() => "has run, and what it gave is no result"),
    "the hook broke",
    "has run, and what it gave is no result",
  ]);
});

test("aborted: running tools hear it, those behind them do not begin, each call has its result", async () => {
  const abort = new AbortController();
  const waiting = tool(
    "edit",
    (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(errorResult("Command aborted")), { once: true });
        abort.abort();
      }),
    { isSequential: true },
  );
  const { texts } = await run([waiting], [call("1", "edit"), call("2", "edit")], { signal: abort.signal });
  expect(texts).toEqual(["Command aborted", "Not run: the request was aborted"]);
  expect((await run([waiting], [call("1", "edit")], { signal: abort.signal })).texts).toEqual(["Not run: the request was aborted"]);
});

test("details that JSON does not have are left out, and what the tool has said stays", async () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const odd = { count: 1n };
  const tools = [
    tool("circle", async () => ({ ...textResult("said"), details: circle })),
    tool("large", async () => ({ ...textResult("said"), structuredContent: odd })),
  ];
  const { messages, texts, events } = await run(tools, [call("1", "circle"), call("2", "large")]);
  expect(texts).toEqual(["circle", "large"].map((name) => `said|[The details of ${name} are left out: they cannot be written as JSON]`));
  expect(messages.map(({ isError }) => isError)).toEqual([false, false]);
  expect(() => JSON.stringify([messages, events])).not.toThrow();
});

test("usage that cannot be counted is left out, and flags that are none", async () => {
  const odd = ["many", { input: 1 }, { ...emptyUsage(), reasoning: 1n }, { ...emptyUsage(), input: Number.NaN }];
  const tools = odd.map((usage, at) =>
    tool(`t${at}`, async () => ({ ...textResult("said"), usage, isError: 1n, terminate: 1n }) as unknown as ReturnType<typeof textResult>),
  );
  const calls = odd.map((_, at) => call(String(at), `t${at}`));
  const { messages, texts, events, isTerminated } = await run(tools, calls);
  expect(texts).toEqual(odd.map(() => "said"));
  for (const message of messages) expect(message).not.toHaveProperty("usage");
  expect(() => JSON.stringify([messages, events])).not.toThrow();
  expect(isTerminated).toBe(false);
});

test("updates are told while it runs, and not after its result", async () => {
  let late: ToolContext["onUpdate"] = () => {};
  const talking = tool("t", async (_, { onUpdate }) => {
    late = onUpdate;
    for (const odd of [{ content: "half" }, { content: [null] }, { content: [], details: 1n }]) onUpdate(odd as never);
    onUpdate(textResult("half"));
    onUpdate({ details: { done: 1 } } as never);
    return textResult("whole");
  });
  const { events, told } = await run([talking], [call("1", "t")]);
  const count = events.length;
  expect(told.slice(1, 4)).toEqual(["tool_execution_update 1", "tool_execution_update 1", "tool_execution_end 1"]);
  expect(events[2]).toMatchObject({ partialResult: { content: [], details: { done: 1 } } });
  late(textResult("more"));
  expect(events).toHaveLength(count);
});

function fakeTime(): void {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

const stopsOnSignal = (_: unknown, { signal }: ToolContext) =>
  new Promise<ReturnType<typeof textResult>>((resolve) => {
    signal.addEventListener("abort", () => resolve(textResult("so far")), { once: true });
  });

test("silence beyond the limit stops the tool; every update starts it anew", async () => {
  fakeTime();
  let update: ToolContext["onUpdate"] = () => {};
  const silent = tool("bash", (args, context) => {
    update = context.onUpdate;
    return stopsOnSignal(args, context);
  });
  const running = run([silent], [call("1", "bash")], { stallTimeoutMs: 1000 });
  await vi.advanceTimersByTimeAsync(900);
  update(textResult("x"));
  await vi.advanceTimersByTimeAsync(900);
  update(textResult("y"));
  let isOver = false;
  void running.then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(999);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  const { texts, messages } = await running;
  expect(texts).toEqual(["so far|bash was stopped: it showed nothing for 1 s"]);
  expect(messages[0]).toMatchObject({ isError: true, details: {} });
  expect(vi.getTimerCount()).toBe(0);
});

test("a tool that ends after an abort, however silently, was aborted and did not stall", async () => {
  fakeTime();
  const abort = new AbortController();
  const slow = tool("bash", async (_args, { signal }) => {
    await stopsOnSignal(undefined, { signal } as ToolContext);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    return textResult("so far");
  });
  const running = run([slow], [call("1", "bash")], { stallTimeoutMs: 1000, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(0);
  abort.abort();
  await vi.advanceTimersByTimeAsync(5000);
  expect((await running).texts).toEqual(["so far"]);
});

test("a tool is not silent while one that it waits for is heard of, and what ends in time leaves no timer", async () => {
  fakeTime();
  const outer = tool("outer", async (_, { calls }) => (await calls?.execute("inner", {})) ?? errorResult("no calls"));
  const inner = tool("inner", async (_, { onUpdate }) => {
    for (let second = 0; second < 5; second++) {
      await new Promise((resolve) => setTimeout(resolve, 900));
      onUpdate(textResult("still there"));
    }
    return textResult("done");
  });
  const running = run([outer, inner], [call("a", "outer")], { stallTimeoutMs: 1000 });
  await vi.advanceTimersByTimeAsync(4500);
  expect((await running).texts).toEqual(["done"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("without a limit nothing is stopped, and an abort behind its end leaves no timer", async () => {
  fakeTime();
  const abort = new AbortController();
  const slow = tool("bash", async (_args, { signal }) => {
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    return textResult(signal.aborted ? "stopped" : "done");
  });
  const running = run([slow], [call("1", "bash")], { stallTimeoutMs: 0, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(60_000);
  expect((await running).texts).toEqual(["done"]);
  abort.abort();
  expect(vi.getTimerCount()).toBe(0);
});

test("a limit of more than a timer can hold is a long one", async () => {
  fakeTime();
  const slow = tool("bash", async (_args, { signal }) => {
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    return textResult(signal.aborted ? "stopped" : "done");
  });
  const running = run([slow], [call("1", "bash")], { stallTimeoutMs: 30 * 86_400_000 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect((await running).texts).toEqual(["done"]);
});

test("a tool that does not listen to its signal is left behind after a while", async () => {
  fakeTime();
  const abort = new AbortController();
  const unresponsive = tool("unresponsive", () => new Promise(() => {}));
  const running = run([unresponsive], [call("1", "unresponsive")], { signal: abort.signal });
  await vi.advanceTimersByTimeAsync(0);
  abort.abort();
  await vi.advanceTimersByTimeAsync(10_000);
  expect((await running).texts).toEqual(["unresponsive did not stop when told to"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a tool has others work: through the same gates, with ids of its own, and their results reach it alone", async () => {
  const judged: (string | undefined)[][] = [];
  const seen: string[] = [];
  const outer = tool("outer", async (_, { calls }) => {
    const results = await Promise.all([
      calls?.execute("inner", { n: 1 }, { onUpdate: ({ content }) => void seen.push(JSON.stringify(content)) }),
      calls?.execute("inner", { n: 2 }),
      calls?.execute("nobody", undefined),
      calls?.execute("inner", { n: 1n }),
      calls?.execute("broken", {}),
    ]);
    return textResult(results.map((one) => `${one?.isError} ${one?.content.map((b) => ("text" in b ? b.text : "")).join()}`).join("\n"));
  });
  const inner = tool("inner", async ({ n }, { onUpdate, calls }) => {
    onUpdate({ content: [{ type: "text", text: "half" }] });
    await calls?.execute("leaf", {});
    return { ...textResult(`inner ${n}`), usage: usageOf(1) };
  });
  const leaf = tool("leaf", async () => ({ ...textResult("leaf"), usage: usageOf(10) }));
  const broken = tool("broken", async () => {
    throw new Error("it broke");
  });
  const { messages, told, texts, events } = await run([outer], [call("a", "outer")], {
    callable: [inner, leaf, broken],
    refuse: async ({ id, parentToolCallId, name }, args) => {
      judged.push([id, parentToolCallId]);
      return name === "inner" && args.n === 2 ? { reason: "no 2" } : undefined;
    },
  });
  expect(texts[0]?.split("\n")).toEqual([
    "false inner 1",
    "true no 2",
    expect.stringMatching(/^true Tool nobody not found/),
    expect.stringMatching(/^true .*BigInt/),
    "true it broke",
  ]);
  expect(seen).toEqual(['[{"type":"text","text":"half"}]']);
  expect(judged).toEqual([["a", undefined], ["a/1", "a"], ["a/2", "a"], expect.anything(), expect.anything()]);
  expect(judged).toContainEqual(["a/1/1", "a/1"]);
  expect(messages).toHaveLength(1);
  expect(messages[0]?.usage?.input).toBe(11);
  expect(told.filter((one) => one.endsWith(" a/1/1"))).toEqual(["tool_execution_start a/1/1", "tool_execution_end a/1/1"]);
  expect(told.indexOf("tool_execution_end a")).toBe(told.length - 3);
  expect(events.find((event) => event.type === "tool_execution_end" && event.toolCallId === "a/2")).toMatchObject({
    parentToolCallId: "a",
    isError: true,
  });
});

test("of what a tool has others do one is asked about after the other, all they use is its own, and who listens badly harms nobody", async () => {
  const asked: string[] = [];
  const first = gate();
  const outer = tool("outer", async (_, { calls }) => {
    const onUpdate = (): never => {
      throw new Error("the listener broke");
    };
    const results = Promise.all([calls?.execute("inner", {}, { onUpdate }), calls?.execute("inner", {})]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual(["a", "a/1"]);
    first.open();
    return textResult((await results).map((one) => String(one?.isError)).join());
  });
  const inner = tool("inner", async (_, { onUpdate }) => {
    onUpdate(textResult("half"));
    return { ...textResult("inner"), usage: usageOf(1) };
  });
  const { texts, messages } = await run([outer, inner], [call("a", "outer")], {
    refuse: async ({ id }) => {
      asked.push(id);
      if (id === "a/1") await first.opened;
      return undefined;
    },
  });
  expect(texts).toEqual(["false,false"]);
  expect(asked).toEqual(["a", "a/1", "a/2"]);
  expect(messages[0]?.usage?.input).toBe(2);
});

const usageOf = (input: number) => ({ ...emptyUsage(), input });

test("what a tool has begun ends with it, and with its own signal; afterwards nothing begins", async () => {
  let late: ToolContext["calls"];
  const own = new AbortController();
  const outer = tool("outer", async (_, { calls }) => {
    late = calls;
    void calls?.execute("waiting", {});
    const stopped = calls?.execute("waiting", {}, { signal: own.signal });
    own.abort();
    return { content: (await stopped)?.content ?? [] };
  });
  const waiting = tool("waiting", (_, { signal }) => {
    return new Promise((_resolve, reject) => {
      if (signal.aborted) reject(new Error("aborted"));
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  });
  const broken = tool("broken", async (_, { calls }) => {
    void calls?.execute("waiting", {});
    throw new Error("it broke");
  });
  const afterFailure = (await run([broken, waiting], [call("b", "broken")])).told;
  expect(afterFailure.indexOf("tool_execution_end b/1")).toBe(afterFailure.indexOf("tool_execution_end b") - 1);
  const { told, texts } = await run([outer, waiting], [call("a", "outer")]);
  expect(texts[0]).toMatch(/aborted/);
  expect(told.slice(-3)).toEqual(["tool_execution_end a", "message_start", "message_end"]);
  expect(told).toContain("tool_execution_end a/1");
  const count = told.length;
  const text = "Not run: outer, which asks for it, has ended";
  expect(await late?.execute("waiting", {})).toMatchObject({ isError: true, content: [{ text }] });
  expect(told).toHaveLength(count);
});

test("a batch ends the run only where all of its results say so", async () => {
  const last = tool("last", async () => ({ ...textResult("bye"), terminate: true, usage: { ...emptyUsage(), input: 7 } }));
  const ending = await run([last], [call("1", "last"), call("2", "last")]);
  expect(ending.isTerminated).toBe(true);
  expect(ending.events.filter(({ type }) => type === "tool_execution_end")).toMatchObject([
    { result: { terminate: true, usage: { input: 7 } } },
    { result: { terminate: true } },
  ]);
  const mixed = await run([last, tool("t")], [call("1", "last"), call("2", "t")]);
  expect(mixed.isTerminated).toBe(false);
  expect(mixed.messages[0]).not.toHaveProperty("terminate");
  expect(await run([last], [])).toMatchObject({ isTerminated: false });
});
