import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { Agent } from "../../src/agent/agent.ts";
import type { LoopDeps } from "../../src/agent/loop.ts";
import type { LoopEvent } from "../../src/contracts/agent-event.ts";
import type { Message } from "../../src/contracts/message.ts";
import { toolCallsOf } from "../../src/contracts/message.ts";
import type { Tool, ToolContext } from "../../src/contracts/tool.ts";
import { textResult } from "../../src/contracts/tool.ts";
import { steppingClock, tool, transcriptOf } from "../support/coding-bench.ts";
import { userMessage } from "../support/messages.ts";
import {
  type Answer,
  callEvents,
  callsTools,
  failed,
  fails,
  hangs,
  ModelScript,
  says,
  stopsShort,
  testModel,
  textEvents,
} from "../support/model-script.ts";

interface AgentBenchOptions {
  answers?: Answer[];
  tools?: Tool[];
  onEvent?(event: LoopEvent, agent: Agent): unknown;
  deps?: Partial<LoopDeps>;
}

function agentBench({ answers = [], tools = [tool("read"), tool("bash")], onEvent, deps }: AgentBenchOptions) {
  const script = new ModelScript().next(...answers);
  const told: string[] = [];
  const agent: Agent = new Agent({
    now: steppingClock(0).now,
    emit: (event) => {
      if (event.type !== "message_update" && event.type !== "message_start" && event.type !== "queue_update") {
        told.push(event.type === "message_end" ? event.message.role : event.type);
      }
      onEvent?.(event, agent);
      return undefined;
    },
    turn: () => ({
      model: testModel,
      thinkingLevel: "off",
      stallTimeoutMs: 0,
      stream: (messages, signal) =>
        script.stream({
          model: testModel,
          request: {
            systemPrompt: "",
            messages: messages.filter((message) => message.role !== "system") as never,
            tools: [],
            thinkingLevel: "off",
          },
          credential: { scheme: "none", billing: "metered", value: "", source: "" },
          signal,
          fetch: globalThis.fetch,
        }),
    }),
    tools: () => ({
      tools,
      validate: async (_, args) => ({ ok: true, args: args as Record<string, unknown> }),
      context: (call, signal, onUpdate) => ({ toolCallId: call.id, signal, onUpdate }) as unknown as ToolContext,
      stallTimeoutMs: 0,
    }),
    ...deps,
  });
  return { agent, script, told, run: (...texts: string[]) => agent.run(texts.map((text) => userMessage(text))) };
}

const calls = (...ids: string[]): Answer => callsTools(ids.map((id) => [id, "read", {}]));

/** Every call has its result right behind it, before anything else is said; failed answers' calls have none. */
function expectValid(messages: readonly Message[]): void {
  const open: string[] = [];
  for (const message of messages) {
    if (message.role === "toolResult") expect(open.shift()).toBe(message.toolCallId);
    else expect(open).toEqual([]);
    if (message.role === "assistant" && message.stopReason !== "error" && message.stopReason !== "aborted") {
      open.push(...toolCallsOf(message).map(({ id }) => id));
    }
    expect("stopReason" in message && message.stopReason).not.toBe("pending");
  }
  expect(open).toEqual([]);
}

test("a plain run", async () => {
  const { run, told, agent } = agentBench({ answers: [says("hi")] });
  const result = await run("hello");
  expect(told).toEqual(["agent_start", "turn_start", "user", "assistant", "turn_end"]);
  expect(result).toMatchObject({ isStopped: false, answer: { stopReason: "stop" } });
  expect(result.messages).toEqual(agent.messages);
  expect("failure" in result).toBe(false);
});

test("tool calls are answered and the loop goes on until there are none", async () => {
  const { run, told, agent, script } = agentBench({ answers: [calls("1", "2"), calls("3"), says("done")] });
  expect((await run("go")).messages).toHaveLength(7);
  expect(told).toEqual([
    ...["agent_start", "turn_start", "user", "assistant"],
    ...["tool_execution_start", "tool_execution_start", "tool_execution_end", "tool_execution_end", "toolResult", "toolResult", "turn_end"],
    ...["turn_start", "assistant", "tool_execution_start", "tool_execution_end", "toolResult", "turn_end"],
    ...["turn_start", "assistant", "turn_end"],
  ]);
  expectValid(agent.messages);
  expect(script.calls.map((call) => call.request.messages.length)).toEqual([1, 4, 6]);
});

test("steering goes in before the next model call, a follow-up when the run would stop; one at a time", async () => {
  const { run, agent } = agentBench({
    answers: [calls("1"), says("a"), says("b"), says("c"), says("d")],
    onEvent: (event, one) => {
      if (event.type !== "tool_execution_start") return;
      one.followUp(userMessage("later 1"));
      one.followUp(userMessage("later 2"));
      one.steer(userMessage("now 1"));
      one.steer(userMessage("now 2"));
    },
  });
  await run("go");
  expect(transcriptOf(agent.messages)).toEqual([
    ...["user: go", "assistant: call read", "toolResult: read done", "user: now 1", "assistant: a", "user: now 2", "assistant: b"],
    ...["user: later 1", "assistant: c", "user: later 2", "assistant: d"],
  ]);
  expect(agent.queuedCount).toBe(0);
});

test("steering that comes with the last answer is still of this run", async () => {
  const { run, agent } = agentBench({
    answers: [says("a"), says("b")],
    onEvent: (event, one) => {
      if (event.type === "message_end" && event.message.role === "assistant" && one.messages.length === 1) one.steer(userMessage("wait"));
    },
  });
  await run("go");
  expect(transcriptOf(agent.messages)).toEqual(["user: go", "assistant: a", "user: wait", "assistant: b"]);
});

test("what a run would take next: steering, and follow-ups only where there is none", () => {
  const { agent } = agentBench({});
  agent.followUp(userMessage("later"));
  agent.steer(userMessage("now"));
  expect(transcriptOf(agent.takeQueued())).toEqual(["user: now"]);
  expect(transcriptOf(agent.takeQueued())).toEqual(["user: later"]);
  expect(agent.takeQueued()).toEqual([]);
});

test("queues in mode all go in together", async () => {
  const { run, agent } = agentBench({ answers: [says("a"), says("b"), says("c")] });
  agent.steering.mode = "all";
  agent.followUps.mode = "all";
  for (const text of ["s1", "s2"]) agent.steer(userMessage(text));
  for (const text of ["f1", "f2"]) agent.followUp(userMessage(text));
  await run("go");
  expect(transcriptOf(agent.messages)).toEqual([
    "user: go",
    "user: s1",
    "user: s2",
    "assistant: a",
    "user: f1",
    "user: f2",
    "assistant: b",
  ]);
});

test("what was queued while idle: steering in the same request as the prompt, a follow-up after its run", async () => {
  const { run, agent, script } = agentBench({ answers: [says("a"), says("b")] });
  agent.steer(userMessage("steer"));
  agent.followUp(userMessage("after"));
  await run("go");
  expect(script.calls.map((call) => transcriptOf(call.request.messages))).toEqual([
    ["user: go", "user: steer"],
    ["user: go", "user: steer", "assistant: a", "user: after"],
  ]);
});

test("queue changes are announced with the whole queues", async () => {
  const seen: unknown[] = [];
  const { run, agent } = agentBench({
    answers: [says("a")],
    onEvent: (event) => {
      if (event.type === "queue_update") seen.push([event.steering, event.followUp]);
    },
  });
  agent.steer(userMessage("s"));
  agent.followUp(userMessage("f"));
  expect(agent.clearQueues()).toEqual({ steering: ["s"], followUp: ["f"] });
  agent.steer(userMessage("t"));
  await run("go");
  expect(seen).toEqual([
    [["s"], []],
    [["s"], ["f"]],
    [[], []],
    [["t"], []],
    [[], []],
  ]);
});

test("a failure ends the run with the failed answer in the transcript; queues stay", async () => {
  const { run, agent } = agentBench({ answers: [fails("overloaded", "529")] });
  agent.followUp(userMessage("later"));
  const result = await run("go");
  expect(result).toMatchObject({
    failure: { code: "overloaded" },
    hasShownContent: false,
    answer: { stopReason: "error", errorMessage: "529" },
  });
  expect(agent.queuedCount).toBe(1);
});

test("a failure behind something that was shown says so", async () => {
  const { run } = agentBench({ answers: [() => [...textEvents("half"), failed("network", "cut")]] });
  expect(await run("go")).toMatchObject({ failure: { code: "network" }, hasShownContent: true });
});

test("who keeps a turn hears how it ended, with its results, before its end is told", async () => {
  const kept: unknown[] = [];
  const whole = agentBench({
    answers: [calls("1"), says("a"), fails("overloaded")],
    deps: {
      turnKept: async ({ outcome, toolResults }) => {
        kept.push([outcome, toolResults.length, whole.told.at(-1)]);
        return false;
      },
    },
  });
  await whole.run("go");
  await whole.run("again");
  const aborted = agentBench({
    answers: [calls("1"), hangs(() => aborted.agent.abort())],
    tools: [
      tool("read", async () => {
        aborted.agent.abort();
        return textResult("read done");
      }),
    ],
    deps: {
      turnKept: async ({ outcome, toolResults }) => {
        kept.push([outcome, toolResults.length]);
        return false;
      },
    },
  });
  await aborted.run("go");
  expect(kept).toEqual([
    ["completed", 1, "toolResult"],
    ["completed", 0, "assistant"],
    ["error", 0, "assistant"],
    ["aborted", 1],
    ["aborted", 0],
  ]);
});

test("one more answer that is wanted is asked for, without anything said before it", async () => {
  let isWanted = true;
  const { run, agent } = agentBench({
    answers: [says("a"), says("b")],
    deps: {
      turnKept: async () => {
        const wanted = isWanted;
        isWanted = false;
        return wanted;
      },
    },
  });
  await run("go");
  expect(transcriptOf(agent.messages)).toEqual(["user: go", "assistant: a", "assistant: b"]);
});

test("going on without a prompt asks with the transcript as it stands", async () => {
  const { run, agent, script } = agentBench({ answers: [fails("network"), says("ok")] });
  await run("go");
  await agent.run([]);
  expect(transcriptOf(agent.messages)).toEqual(["user: go", "assistant: ", "assistant: ok"]);
  expect(script.calls).toHaveLength(2);
});

test("one run at a time", async () => {
  const { run, agent } = agentBench({ answers: [hangs()] });
  const first = run("go");
  await expect(run("again")).rejects.toMatchObject({ code: "session.busy_run" });
  agent.abort();
  expect((await first).failure?.code).toBe("aborted");
  expect(agent.isRunning).toBe(false);
});

test("a stop asked for ends the run before the next call, not after the last; queued messages stay queued", async () => {
  let turns = 0;
  const limited = agentBench({ answers: [calls("1"), calls("2"), says("never")], deps: { shouldStop: () => ++turns >= 2 } });
  expect(await limited.run("go")).toMatchObject({ isStopped: true });
  expectValid(limited.agent.messages);
  expect(limited.script.calls).toHaveLength(2);
  const finished = agentBench({ answers: [says("done")], deps: { shouldStop: () => true } });
  expect(await finished.run("go")).toMatchObject({ isStopped: false });
  const queued = agentBench({ answers: [says("done")], deps: { shouldStop: () => true } });
  queued.agent.followUp(userMessage("later"));
  expect(await queued.run("go")).toMatchObject({ isStopped: true });
  expect(queued.agent.queuedCount).toBe(1);
});

test("room is made before each further call, and what it takes its time for goes along", async () => {
  const rooms: number[] = [];
  const { run, agent, script } = agentBench({
    answers: [calls("1"), says("a"), says("b")],
    deps: {
      beforeNextTurn: async () => {
        rooms.push(agent.messages.length);
        if (rooms.length === 1) {
          agent.replaceMessages([userMessage("summary"), ...agent.messages.slice(1)]);
          agent.steer(userMessage("meanwhile"));
        }
      },
    },
  });
  agent.followUp(userMessage("later"));
  await run("go");
  expect(rooms).toEqual([3, 5]);
  expect(transcriptOf(script.calls[1]?.request.messages ?? [])).toEqual([
    ...["user: summary", "assistant: call read", "toolResult: read done", "user: meanwhile"],
  ]);
});

test("an abort while room is made: no further call, nothing taken from the queues", async () => {
  const { run, agent, script } = agentBench({
    answers: [says("a")],
    deps: {
      beforeNextTurn: async () => agent.abort(),
    },
  });
  agent.followUp(userMessage("later"));
  expect((await run("go")).failure?.code).toBe("aborted");
  expect(agent.queuedCount).toBe(1);
  expect(script.calls).toHaveLength(1);
});

/** What a run leaves behind that was aborted where another model call would have come. */
const cutBetweenCalls = ["user: go", "assistant: call read", "toolResult: read done", "assistant: "];

test("an abort between two model calls ends in an empty answer in a turn of its own; nobody is asked, nothing is taken from the queues", async () => {
  const whens: Record<string, (agent: () => Agent) => Partial<AgentBenchOptions>> = {
    "while the tool runs": (agent) => ({
      tools: [
        tool("read", async () => {
          agent().abort();
          return textResult("read done");
        }),
      ],
    }),
    "before its result is told": () => ({ onEvent: (event, agent) => event.type === "tool_execution_end" && agent.abort() }),
    "at the end of the turn": () => ({ onEvent: (event, agent) => event.type === "turn_end" && agent.abort() }),
    "while room is made": (agent) => ({ deps: { beforeNextTurn: async () => agent().abort() } }),
  };
  for (const [when, options] of Object.entries(whens)) {
    const bench = agentBench({ answers: [calls("1")], ...options(() => bench.agent) });
    bench.agent.followUp(userMessage("later"));
    const { failure, answer, messages } = await bench.run("go");
    expect(transcriptOf(bench.agent.messages), when).toEqual(cutBetweenCalls);
    expect(messages, when).toEqual(bench.agent.messages);
    expect(bench.told.slice(-5), when).toEqual(["toolResult", "turn_end", "turn_start", "assistant", "turn_end"]);
    expect(messages.at(-1), when).toMatchObject({
      ...{ role: "assistant", content: [], stopReason: "aborted", errorMessage: "Request was aborted" },
      ...{ api: testModel.api, provider: testModel.provider, model: testModel.id, usage: { totalTokens: 0, cost: { total: 0 } } },
    });
    // What the model did say is still its last answer.
    expect({ failure: failure?.code, stopReason: answer?.stopReason }, when).toEqual({ failure: "aborted", stopReason: "toolUse" });
    expect({ queued: bench.agent.queuedCount, asked: bench.script.calls.length }, when).toEqual({ queued: 1, asked: 1 });
  }
});

test("an abort where no other model call was to come adds nothing: the answer is whole, or its tools have ended the run", async () => {
  const ending = tool("read", async () => ({ ...textResult("read done"), terminate: true }));
  const cases: [string, Answer[], string[]][] = [
    ["a whole answer", [says("hi")], ["user: go", "assistant: hi"]],
    ["tools that end the run", [calls("1")], cutBetweenCalls.slice(0, -1)],
  ];
  for (const [what, answers, transcript] of cases) {
    const { run, agent } = agentBench({ answers, tools: [ending], onEvent: (event, one) => event.type === "turn_end" && one.abort() });
    const isTerminated = what !== "a whole answer";
    expect(await run("go"), what).toMatchObject({ failure: { code: "aborted" }, isTerminated });
    expect(transcriptOf(agent.messages), what).toEqual(transcript);
  }
});

test("an abort while one more answer is wanted of a whole one ends in an empty answer", async () => {
  const { run, agent, script } = agentBench({
    answers: [says("hi")],
    deps: { turnKept: async ({ outcome }) => outcome === "completed" },
    onEvent: (event, one) => event.type === "turn_end" && one.abort(),
  });
  expect((await run("go")).failure?.code).toBe("aborted");
  expect(transcriptOf(agent.messages)).toEqual(["user: go", "assistant: hi", "assistant: "]);
  expect(script.calls).toHaveLength(1);
});

test("a follow-up withdrawn while room is made is not missed", async () => {
  const { run, agent, script } = agentBench({
    answers: [says("a")],
    deps: {
      beforeNextTurn: async () => void agent.clearQueues(),
    },
  });
  agent.followUp(userMessage("later"));
  expect((await run("go")).answer?.stopReason).toBe("stop");
  expect(script.calls).toHaveLength(1);
});

test("an answer cut off at its limit: text ends the run; calls are refused and the model may answer again, once", async () => {
  const text = agentBench({ answers: [stopsShort("half")] });
  text.agent.followUp(userMessage("later"));
  expect((await text.run("go")).answer?.stopReason).toBe("length");
  expect(text.agent.queuedCount).toBe(1);

  const cut: Answer = () => [...callEvents("1", "read", { path: "a" }), { type: "finish", stopReason: "length" }];
  let ran = 0;
  const counting = tool("read", async () => {
    ran++;
    return textResult("x");
  });
  const again = agentBench({ answers: [cut, says("smaller")], tools: [counting] });
  expect((await again.run("go")).answer?.stopReason).toBe("stop");
  expect(again.agent.messages[2]).toMatchObject({
    role: "toolResult",
    isError: true,
    content: [{ text: expect.stringMatching(/^Not run: the answer was cut off/) }],
  });
  expectValid(again.agent.messages);
  // In a row: what was answered in smaller steps may be cut off once more.
  const recovered = agentBench({ answers: [cut, calls("2"), cut, says("end")], tools: [tool("read")] });
  expect((await recovered.run("go")).answer?.stopReason).toBe("stop");
  const stuck = agentBench({ answers: [cut, cut, says("never")], tools: [counting] });
  expect((await stuck.run("go")).answer?.stopReason).toBe("length");
  expectValid(stuck.agent.messages);
  expect(stuck.script.calls).toHaveLength(2);
  expect(ran).toBe(0);
});

test("aborted at every single event, the transcript is valid, and the next prompt goes through", async () => {
  const answers = (): Answer[] => [calls("1", "2"), says("middle"), callsTools([["3", "bash", {}]]), says("end")];
  const follow = (one: Agent): void => one.followUp(userMessage("more"));
  let total = 0;
  const whole = agentBench({ answers: answers(), onEvent: () => void total++ });
  follow(whole.agent);
  await whole.run("go");
  expect(total).toBeGreaterThan(40);
  for (let abortAt = 1; abortAt <= total; abortAt++) {
    let seen = 0;
    const { run, agent, script } = agentBench({
      answers: answers().map((answer): Answer => {
        return async function* (call) {
          for (const event of answer(call) as Iterable<never>) {
            if (call.signal.aborted) {
              yield* fails("aborted")(call);
              return;
            }
            yield event;
          }
        };
      }),
      onEvent: (_, one) => {
        if (++seen === abortAt) one.abort();
      },
    });
    follow(agent);
    const result = await run("go");
    expectValid(agent.messages);
    if (seen > abortAt || result.failure) expect(["aborted", undefined]).toContain(result.failure?.code);
    seen = Number.NEGATIVE_INFINITY;
    script.always(says("fine"));
    agent.clearQueues();
    while ((await run("again")).answer?.stopReason === "toolUse");
    expectValid(agent.messages);
  }
});

test("an outer signal aborts like abort(); one fired before still has the prompts said", async () => {
  const outer = new AbortController();
  outer.abort();
  const { agent } = agentBench({ answers: [hangs()] });
  const result = await agent.run([userMessage("go")], outer.signal);
  expect(result.failure?.code).toBe("aborted");
  expect(transcriptOf(agent.messages)).toEqual(["user: go", "assistant: "]);
});

test("an outer signal that fires in the middle of a run ends it, with its reason, and keeps nothing of the run", async () => {
  const outer = new AbortController();
  const reason = new Error("enough");
  const { agent, script } = agentBench({ answers: [says("a"), hangs(() => outer.abort(reason))] });
  await agent.run([userMessage("go")], outer.signal);
  expect(getEventListeners(outer.signal, "abort")).toEqual([]);
  expect((await agent.run([userMessage("on")], outer.signal)).failure?.code).toBe("aborted");
  expect(script.calls[1]?.signal.reason).toBe(reason);
});

test("messages that were to be asked for are not, where others have come into their place", async () => {
  const asked = (): Message[] => {
    throw new Error("asked for");
  };
  const agent = new Agent({} as never, asked);
  agent.replaceMessages([userMessage("summary")]);
  const { messages } = agent;
  agent.replaceMessages([userMessage("another")]);
  expect(transcriptOf(messages)).toEqual(["user: another"]);
});
