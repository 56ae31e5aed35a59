// Extensions as a library session runs them: told of events, asked where they may change something, their own tools, commands and messages.

import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "typebox";
import { expect, onTestFinished, test } from "vitest";
import type { ModelCall } from "../../src/contracts/model-request.ts";
import {
  createAgentSession,
  defineTool,
  type ExtensionAPI,
  type ExtensionBindings,
  type ExtensionContext,
  type ExtensionError,
  type ExtensionFactory,
  isToolCallEventType,
  SessionManager,
} from "../../src/index.ts";
import { callReply, heard, made, resultTexts } from "../support/extension-session.ts";
import { fakeModel, Gate, textReply } from "../support/rpc-world.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("a run is told event by event, in order, before it goes on", async () => {
  const seen: string[] = [];
  let partial = "";
  const { session, cwd, errors } = await made([
    (pi) => {
      for (const name of ["agent_start", "agent_end", "agent_settled", "tool_execution_start", "tool_execution_end"] as const) {
        pi.on(name, async () => {
          await Promise.resolve();
          seen.push(name);
        });
      }
      pi.on("turn_start", (event) => void seen.push(`turn_start ${event.turnIndex}`));
      pi.on("turn_end", (event) => void seen.push(`turn_end ${event.turnIndex} ${event.toolResults.length}`));
      pi.on("message_update", (event) => {
        const [block] = event.message.content.filter((one) => one.type === "text");
        if (block?.type === "text") partial = block.text;
      });
      pi.on("session_start", (event) => void seen.push(`session_start ${event.reason}`));
      pi.on("session_shutdown", (event) => void seen.push(`session_shutdown ${event.reason}`));
    },
  ]);
  writeFileSync(join(cwd, "notes.txt"), "first line\n");
  await session.prompt("read notes.txt");
  expect(seen).toEqual([
    "session_start startup",
    "agent_start",
    "turn_start 0",
    "tool_execution_start",
    "tool_execution_end",
    "turn_end 0 1",
    "turn_start 1",
    "turn_end 1 0",
    "agent_end",
    "agent_settled",
  ]);
  expect(partial).toBe(session.getLastAssistantText());
  await session.dispose();
  expect(seen.at(-1)).toBe("session_shutdown quit");
  expect(errors).toEqual([]);
});

test("a call is blocked, or gets other arguments; its result is replaced", async () => {
  const { session, cwd } = await made(
    [
      (pi) => {
        pi.on("tool_call", (event) => {
          if (!isToolCallEventType("bash", event)) return undefined;
          if (event.input.command.includes("rm -rf")) return { block: true, reason: "Dangerous command" };
          event.input.command = "echo other";
          return undefined;
        });
        pi.on("tool_result", (event) => (event.isError ? undefined : { content: [{ type: "text", text: `[${textIn(event.content)}]` }] }));
        pi.on("tool_result", (event) => ({ details: { seen: textIn(event.content) } }));
      },
    ],
    {
      replies: [
        callReply("bash", { command: "rm -rf ." }, "a"),
        callReply("bash", { command: "echo one" }, "b"),
        callReply("write", { path: "made.txt", content: "x" }, "c"),
      ],
    },
  );
  await session.prompt("go");
  const [blocked, changed] = resultTexts(session);
  expect(blocked).toBe("Dangerous command");
  expect(changed).toMatch(/^\[other\n*\]$/);
  const results = session.messages.filter((message) => message.role === "toolResult");
  expect(results[0]).toMatchObject({ isError: true });
  expect(results[1]).toMatchObject({ isError: false, details: { seen: expect.stringMatching(/^\[other/) } });
  expect(readFileSync(join(cwd, "made.txt"), "utf8")).toBe("x");
});

test("what an extension has made of a call is what the policy judges and what somebody is asked about", async () => {
  const asked: string[] = [];
  const { session, cwd } = await made(
    [
      (pi) => {
        pi.on("tool_call", (event) => {
          if (isToolCallEventType("bash", event)) event.input.command = event.input.command.replace(/^make (\w+)$/, "touch $1");
        });
      },
    ],
    {
      isBound: false,
      config:
        '[[policy]]\ntool = "bash"\ncommand = "touch denied"\naction = "deny"\n[[policy]]\ntool = "bash"\ncommand = "touch asked"\naction = "ask"\n[[policy]]\ntool = "bash"\ncommand = "make"\naction = "deny"\n',
      replies: ["denied", "asked", "made"].map((name) => callReply("bash", { command: `make ${name}` }, name)),
    },
  );
  const uiContext = {
    confirm: async (title: string, message: string) => {
      asked.push(`${title} ${message}`);
      return false;
    },
  };
  await session.bindExtensions({ uiContext: uiContext as unknown as NonNullable<ExtensionBindings["uiContext"]> });
  await session.prompt("go");
  const [denied, refused, ran] = resultTexts(session);
  expect(denied).toContain("deny bash(touch denied)");
  expect(asked).toHaveLength(1);
  expect(asked[0]).toContain("touch asked");
  expect(refused).toContain("touch asked");
  expect(ran).not.toContain("deny");
  expect(["denied", "asked", "made"].map((name) => existsSync(join(cwd, name)))).toEqual([false, false, true]);
});

function textIn(content: readonly { type: string; text?: string }[]): string {
  return content.map((block) => block.text ?? "").join("");
}

test("a guard that fails keeps the call shut, any other handler that fails is passed over; both are reported", async () => {
  const { session, errors, events } = await made(
    [
      (pi) => {
        pi.on("agent_start", () => {
          throw new Error("no start");
        });
        pi.on("tool_call", async () => {
          throw new Error("cannot judge");
        });
      },
      (pi) => void pi.on("agent_start", () => pi.appendEntry("seen", { ok: true })),
    ],
    { replies: [callReply("read", { path: "a" })] },
  );
  expect((await session.prompt("go")).kind).toBe("done");
  expect(resultTexts(session)[0]).toContain("cannot judge");
  expect(errors.map(({ extensionPath, event, error }) => [extensionPath, event, error])).toEqual([
    ["<inline:1>", "agent_start", "no start"],
    ["<inline:1>", "tool_call", "cannot judge"],
  ]);
  expect(events.filter((event) => event.type === "extension_error")).toHaveLength(2);
  expect(session.sessionManager.getEntries().some((entry) => entry.type === "custom" && entry.customType === "seen")).toBe(true);
  expect(events.some((event) => event.type === "entry_appended")).toBe(true);
});

test("a call that a guard has blocked, or failed to judge, is put to no other; the next call is", async () => {
  for (const fault of [{ block: true, reason: "no" } as const, "cannot judge"]) {
    const judged: string[] = [];
    const { session } = await made(
      [
        (pi) => {
          pi.on("tool_call", (event) => {
            judged.push(`first ${event.toolCallId}`);
            if (event.toolCallId !== "a") return undefined;
            if (typeof fault === "string") throw new Error(fault);
            return fault;
          });
          pi.on("tool_call", (event) => void judged.push(`same ${event.toolCallId}`));
        },
        (pi) => void pi.on("tool_call", (event) => void judged.push(`other ${event.toolCallId}`)),
      ],
      { replies: [callReply("bash", { command: "true" }, "a"), callReply("bash", { command: "true" }, "b")] },
    );
    await session.prompt("go");
    expect(judged).toEqual(["first a", "first b", "same b", "other b"]);
    await session.dispose();
  }
});

test("a guard that says no in another shape has said it, and its reason is a text", async () => {
  for (const [answer, told] of [
    [{ block: true, reason: { rule: 7 } }, 'Tool execution was blocked by an extension: {"rule":7}'],
    [{ block: "true", reason: "no" }, "no"],
    [{ block: 1 }, "Tool execution was blocked by an extension"],
  ] as const) {
    const { session } = await made([(pi) => void pi.on("tool_call", () => answer as never)], {
      replies: [callReply("bash", { command: "true" }, "a")],
    });
    expect((await session.prompt("go")).kind).toBe("done");
    expect(resultTexts(session)).toEqual([told]);
    await session.dispose();
  }
});

test("calls are judged one after another, and an abort ends the wait for a judge", async () => {
  const judged: string[] = [];
  let waiting: (() => void) | undefined;
  const asked = new Promise<void>((resolve) => {
    waiting = resolve;
  });
  const { session } = await made(
    [
      (pi) => {
        pi.on("tool_call", async (event) => {
          judged.push(`begin ${event.toolCallId}`);
          await Promise.resolve();
          judged.push(`end ${event.toolCallId}`);
          if (event.toolCallId !== "c") return;
          waiting?.();
          await new Promise(() => {});
        });
      },
    ],
    {
      replies: [
        async function* () {
          for (const [contentIndex, id] of ["a", "b"].entries()) {
            yield { type: "toolcall_start", contentIndex, id, toolName: "bash" };
            yield { type: "toolcall_delta", contentIndex, delta: '{"command":"true"}' };
            yield { type: "toolcall_end", contentIndex };
          }
          yield { type: "finish", stopReason: "toolUse" };
        },
        callReply("bash", { command: "true" }, "c"),
      ],
    },
  );
  const run = session.prompt("go");
  await asked;
  expect(judged).toEqual(["begin a", "end a", "begin b", "end b", "begin c", "end c"]);
  await session.abort();
  expect((await run).kind).toBe("aborted");
  expect(resultTexts(session).at(-1)).toBe("Not run: the request was aborted");
});

test("before a run: a message of its own, and another system prompt for this run alone", async () => {
  const calls: ModelCall[] = [];
  let prompts = 0;
  const seen: string[] = [];
  const { session } = await made(
    [
      (pi) => {
        pi.on("before_agent_start", (event) => {
          if (event.messageType === "user") seen.push(event.prompt);
          if (++prompts > 1) return undefined;
          return {
            systemPrompt: `${event.systemPrompt}\n\nOnly now.`,
            message: { customType: "mine", content: "by the way", display: true },
          };
        });
        pi.on("before_agent_start", (event, ctx) => void seen.push(String(event.systemPrompt === ctx.getSystemPrompt())));
      },
    ],
    { replies: [heard(calls), heard(calls)] },
  );
  await session.prompt("one");
  await session.prompt("two");
  expect(seen).toEqual(["one", "true", "two", "true"]);
  expect(calls[0]?.request.systemPrompt).toMatch(/You are pi[\s\S]*Only now\.$/);
  expect(calls[1]?.request.systemPrompt).not.toContain("Only now.");
  expect(JSON.stringify(calls[0]?.request.messages.map(({ content }) => content))).toBe(
    JSON.stringify([[{ type: "text", text: "one" }], "by the way"]),
  );
  expect(session.sessionManager.getEntries().filter((entry) => entry.type === "custom_message")).toMatchObject([
    { customType: "mine", content: "by the way", display: true },
  ]);
});

test("what a model is shown can be changed for one call, never the system prompt", async () => {
  const calls: ModelCall[] = [];
  const { session } = await made(
    [
      (pi) => {
        pi.on("context", (event) => {
          expect(event.messages.some((message) => message.role === "system")).toBe(false);
          const last = event.messages.at(-1);
          return { messages: last === undefined ? [] : [last] };
        });
      },
    ],
    { replies: [heard(calls), heard(calls)] },
  );
  await session.prompt("one");
  await session.prompt("two");
  expect(calls[1]?.request.messages).toMatchObject([{ role: "user", content: [{ text: "two" }] }]);
  expect(calls[1]?.request.systemPrompt).toContain("You are pi");
  expect(calls[1]?.request.tools.length).toBeGreaterThan(0);
  expect(session.messages.filter((message) => message.role === "user")).toHaveLength(2);
});

test("input is changed, or handled; commands come before it, templates after", async () => {
  const calls: ModelCall[] = [];
  const dispositions: string[] = [];
  const { session, home } = await made(
    [
      (pi) => {
        pi.on("input", (event) => {
          if (event.text === "ping") return { action: "handled" };
          return event.text.startsWith("?") ? { action: "transform", text: `/quick ${event.text.slice(1)}` } : { action: "continue" };
        });
        pi.registerCommand("greet", { description: "Greets", handler: async (args, ctx) => ctx.ui.notify(`hello ${args}`) });
        pi.registerCommand("fail", { handler: () => Promise.reject(new Error("no luck")) });
      },
    ],
    { replies: [heard(calls)] },
  );
  mkdirSync(join(home, "agent/prompts"), { recursive: true });
  writeFileSync(join(home, "agent/prompts/quick.md"), "Briefly: $@\n");
  await session.reload();
  const notices: string[] = [];
  const errors: ExtensionError[] = [];
  const ui = { notify: (text: string) => void notices.push(text) };
  await session.bindExtensions({ uiContext: ui as never, mode: "rpc", onError: (error) => errors.push(error) });
  const preflightResult = (one: string): void => void dispositions.push(one);
  await session.prompt("ping", { preflightResult });
  await session.prompt("/greet the world", { preflightResult });
  await session.prompt("/fail", { preflightResult });
  expect(await session.steer("ping")).toBe("handled");
  expect(calls).toHaveLength(0);
  expect(notices).toEqual(["hello the world"]);
  expect(errors).toEqual([{ extensionPath: "<inline:1>", event: "command:fail", error: "no luck" }]);
  await session.prompt("?why", { preflightResult });
  expect(dispositions).toEqual(["handled", "handled", "handled", "started"]);
  expect(JSON.stringify(calls[0]?.request.messages)).toContain("Briefly: why");
});

test("tools: with their arguments typed, a context, updates; registered late, off at first, one after another", async () => {
  const order: string[] = [];
  let ctxCwd = "";
  const { session, cwd, events } = await made(
    [
      (pi) => {
        pi.registerTool({
          name: "shout",
          label: "Shout",
          description: "Says it loudly.\nNothing else.",
          promptSnippet: "Say it loudly",
          promptGuidelines: ["Use shout to shout."],
          parameters: Type.Object({ text: Type.String() }),
          execute: async (_id, params, _signal, onUpdate, ctx) => {
            ctxCwd = ctx.cwd;
            onUpdate?.({ content: [{ type: "text", text: "wait" }] });
            return { content: [{ type: "text", text: params.text.toUpperCase() }], details: { length: params.text.length } };
          },
        });
        pi.registerTool({
          name: "quiet",
          label: "Quiet",
          description: "Off at first.",
          parameters: Type.Object({}),
          defaultActive: false,
          execute: async () => ({ content: [] }),
        });
        pi.registerTool({
          name: "step",
          label: "Step",
          description: "One after another.",
          parameters: Type.Object({ n: Type.Number() }),
          executionMode: "sequential",
          execute: async (_id, { n }) => {
            order.push(`begin ${n}`);
            await new Promise((resolve) => setImmediate(resolve));
            order.push(`end ${n}`);
            return { content: [{ type: "text", text: "ok" }] };
          },
        });
        pi.on("agent_start", () => {
          if (pi.getAllTools().some((tool) => tool.name === "late")) return;
          pi.registerTool({
            name: "late",
            label: "Late",
            description: "Came later.",
            parameters: Type.Object({}),
            execute: async () => {
              throw new Error("not now");
            },
          });
          pi.setActiveTools([...pi.getActiveTools(), "quiet", "no_such"]);
        });
      },
    ],
    {
      replies: [
        callReply("shout", { text: "hi" }, "a"),
        async function* () {
          for (const [contentIndex, n] of [1, 2].entries()) {
            yield { type: "toolcall_start", contentIndex, id: `s${n}`, toolName: "step" };
            yield { type: "toolcall_delta", contentIndex, delta: JSON.stringify({ n }) };
            yield { type: "toolcall_end", contentIndex };
          }
          yield { type: "finish", stopReason: "toolUse" };
        },
        callReply("late", {}, "l"),
        callReply("shout", { loud: 1 }, "w"),
      ],
    },
  );
  expect(session.getActiveToolNames()).toEqual(["read", "bash", "edit", "write", "shout", "step"]);
  await session.prompt("go");
  expect(session.getActiveToolNames()).toEqual(["read", "bash", "edit", "write", "shout", "step", "late", "quiet"]);
  expect(ctxCwd).toBe(cwd);
  const texts = resultTexts(session);
  expect(texts.slice(0, 4)).toEqual(["HI", "ok", "ok", "not now"]);
  expect(texts[4]).toContain("text: missing");
  expect(order).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
  expect(events.some((event) => event.type === "tool_execution_update" && event.toolName === "shout")).toBe(true);
  expect(session.systemPrompt).toContain("shout: Say it loudly");
  expect(session.systemPrompt).not.toContain("One after another.");
  expect(session.systemPrompt).toContain("Use shout to shout.");
});

test("a tool calls others: whom it reaches, who is asked, and what ends the run", async () => {
  const reached: string[] = [];
  const asked: string[] = [];
  const parameters = Type.Object({});
  const { session, cwd, events } = await made(
    [
      (pi) => {
        for (const exposure of ["direct", "model-only", "codemode", "deferred", "hidden"] as const) {
          const execute = async () => ({ content: [{ type: "text" as const, text: exposure }] });
          pi.registerTool({ name: exposure, label: exposure, description: exposure, parameters, exposure, execute });
        }
        pi.registerTool({
          name: "conduct",
          label: "Conduct",
          description: "Has others work",
          parameters,
          execute: async (_id, _params, _signal, _onUpdate, ctx) => {
            reached.push(...ctx.tools.map(({ name }) => name));
            const names = ["direct", "model-only", "codemode", "deferred", "hidden"];
            const results = await Promise.all(names.map((name) => ctx.executeTool(name, {})));
            const text = results.map(({ isError, content: [block] }) => (isError ? "-" : block?.type === "text" ? block.text : "")).join();
            return { content: [{ type: "text", text: `${ctx.cwd === cwd} ${text}` }], terminate: true };
          },
        });
        pi.on("session_start", () => pi.setActiveTools([...pi.getActiveTools(), "hidden"]));
        pi.on("tool_call", ({ toolCallId, parentToolCallId, toolName }) => {
          asked.push(`${toolCallId} ${parentToolCallId} ${toolName}`);
          return toolName === "deferred" ? { block: true } : undefined;
        });
      },
    ],
    { replies: [callReply("conduct", {}, "c"), textReply("never said")] },
  );
  expect(session.getActiveToolNames()).toEqual(["read", "bash", "edit", "write", "direct", "model-only", "conduct"]);
  await session.prompt("go");
  expect(reached).toEqual(["read", "bash", "edit", "write", "direct", "codemode", "deferred", "conduct"]);
  expect(resultTexts(session)).toEqual(["true direct,-,codemode,-,-"]);
  expect(asked).toEqual(["c undefined conduct", "c/1 c direct", "c/3 c codemode", "c/4 c deferred"]);
  expect(session.messages.filter(({ role }) => role === "assistant")).toHaveLength(1);
  expect(events.find(({ type }) => type === "agent_settled")).toMatchObject({ outcome: "done" });
});

test("what a tool says of itself is told to those who choose among tools, and not to the model", async () => {
  const calls: ModelCall[] = [];
  const facts = {
    annotations: { readOnlyHint: true, openWorldHint: false },
    namespace: { name: "mcp__docs", aliases: ["docs"], description: "Pages" },
    outputSchema: Type.Object({ pages: Type.Number() }),
  };
  let listed: unknown;
  let reached: unknown;
  const { session } = await made(
    [
      (pi) => {
        const parameters = Type.Object({});
        const execute = async () => ({ content: [], structuredContent: { pages: 1 } });
        pi.registerTool({ name: "count", label: "Count", description: "Counts", parameters, ...facts, execute });
        pi.registerTool({
          name: "ask",
          label: "Ask",
          description: "Asks",
          parameters,
          execute: async (_id, _params, _signal, _onUpdate, ctx) => {
            reached = ctx.tools.find(({ name }) => name === "count");
            return { content: [] };
          },
        });
        pi.on("session_start", () => {
          listed = pi.getAllTools().find(({ name }) => name === "count");
        });
      },
    ],
    { replies: [callReply("ask", {}), heard(calls)] },
  );
  await session.prompt("go");
  expect(listed).toMatchObject(facts);
  expect(reached).toMatchObject(facts);
  expect(calls[0]?.request.tools.find(({ name }) => name === "count")).toEqual({
    name: "count",
    description: "Counts",
    parameters: expect.anything(),
  });
});

test("an allowlist and a denylist hold for the tools of extensions, too", async () => {
  const both: ExtensionFactory = (pi) => {
    for (const name of ["one", "two"]) {
      pi.registerTool({ name, label: name, description: name, parameters: Type.Object({}), execute: async () => ({ content: [] }) });
    }
  };
  expect((await made([both], { tools: ["read", "two"] })).session.getActiveToolNames()).toEqual(["read", "two"]);
  expect((await made([both], { noTools: "builtin" })).session.getActiveToolNames()).toEqual(["one", "two"]);
  expect((await made([both], { excludeTools: ["one", "bash"] })).session.getActiveToolNames()).toEqual(["read", "edit", "write", "two"]);
});

test("tools in the form of extensions' can be given without any extension", async () => {
  const home = temporaryDirectory();
  const { session } = await createAgentSession({
    cwd: home,
    agentDir: join(home, "agent"),
    env: { HOME: home },
    model: "demo",
    sessionManager: SessionManager.inMemory(home),
    tools: ["read", "mine"],
    customTools: [
      defineTool({
        name: "mine",
        label: "Mine",
        description: "Mine.",
        parameters: Type.Object({ n: Type.Number() }),
        execute: async (_id, { n }, _signal, _onUpdate, ctx) => ({ content: [{ type: "text", text: `${n * 2} ${ctx.mode}` }] }),
      }),
    ],
  });
  onTestFinished(() => session.dispose());
  expect(session.getActiveToolNames()).toEqual(["read", "mine"]);
});

test("of two tools with one name the later one counts, in whatever form they are", async () => {
  const results: string[] = [];
  const ours = defineTool({ name: "mine", description: "Ours.", parameters: {}, execute: async () => ({ content: [] }) });
  const theirs = defineTool({
    name: "mine",
    label: "Mine",
    description: "Theirs.",
    parameters: Type.Object({}),
    execute: async () => ({ content: [{ type: "text", text: "" }] }),
  });
  for (const customTools of [
    [theirs, ours],
    [ours, theirs],
  ]) {
    const { session } = await made([], { customTools });
    results.push(...session.getAllTools().flatMap(({ name, description }) => (name === "mine" ? [description] : [])));
  }
  expect(results).toEqual(["Ours.", "Theirs."]);
});

test("the end while an extension is still asked: the other session does not come, and a failure may be looked at later", async () => {
  let [ask, answer] = [(): void => {}, (): void => {}];
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { session } = await made([
    (pi) =>
      void pi.on("session_before_switch", async () => {
        ask();
        await answered;
      }),
  ]);
  const before = session.sessionId;
  const replaced = session.newSession();
  await asked;
  await session.dispose();
  answer();
  await new Promise(setImmediate);
  await expect(replaced).rejects.toMatchObject({ code: "session.closed" });
  expect(session.sessionId).toBe(before);
});

test("messages of extensions: into an idle session, with a run, steering, behind the run, with the next prompt, beside the turn", async () => {
  const calls: ModelCall[] = [];
  const gate = new Gate();
  let pi: Parameters<ExtensionFactory>[0] | undefined;
  const { session } = await made(
    [
      (api) => {
        pi = api;
      },
    ],
    { replies: [heard(calls, "first"), gate.reply("second"), heard(calls), heard(calls), heard(calls), heard(calls)] },
  );
  const say = (content: string, how?: Parameters<NonNullable<typeof pi>["sendMessage"]>[1]): void =>
    pi?.sendMessage({ customType: "mine", content, display: false, details: { a: 1 } }, how);
  say("idle");
  say("waits", { deliverAs: "nextTurn" });
  await session.prompt("one");
  const shown = (call: ModelCall | undefined): string[] =>
    (call?.request.messages ?? []).flatMap(({ role, content }) =>
      role === "user" ? (typeof content === "string" ? content : textIn(content)) : [],
    );
  expect(shown(calls[0])).toEqual(["idle", "one", "waits"]);
  const arrived = gate.arrival();
  const run = session.prompt("two");
  await arrived;
  say("later", { deliverAs: "followUp" });
  say("soon");
  say("aside", { triggerTurn: false });
  // A word that is none of ours is the usual one.
  say("odd", { deliverAs: "at once" as "steer" });
  expect(() => pi?.sendMessage(null as never)).toThrow(expect.objectContaining({ code: "extension.bad_message" }));
  expect(session.pendingMessageCount).toBe(3);
  gate.open();
  await run;
  expect(shown(calls[1]).slice(4)).toEqual(["aside", "soon"]);
  expect(shown(calls[2]).at(-1)).toBe("odd");
  expect(shown(calls[3]).at(-1)).toBe("later");
  await session.waitForIdle();
  say("go", { triggerTurn: true });
  expect(session.isStreaming).toBe(true);
  await session.waitForIdle();
  expect(shown(calls[4]).at(-1)).toBe("go");
  expect(session.sessionManager.buildSessionContext().messages.filter((message) => message.role === "custom")).toHaveLength(7);
});

test("a name that an extension sets is taken away by a blank one, as the npm agent's extensions do it", async () => {
  const told: (string | undefined)[] = [];
  let pi: Parameters<ExtensionFactory>[0] | undefined;
  const { session } = await made([
    (api) => {
      pi = api;
      pi.on("session_info_changed", (event) => void told.push(event.name));
    },
  ]);
  const name = (text: unknown): string | undefined => {
    pi?.setSessionName(text as string);
    return pi?.getSessionName();
  };
  expect(["", "one", " ", "two\nlines", undefined, 5].map(name)).toEqual([undefined, "one", undefined, "two lines", undefined, "5"]);
  session.setSessionName("");
  expect(session.sessionName).toBeUndefined();
  expect(session.sessionManager.getSessionName()).toBeUndefined();
  await new Promise(setImmediate);
  expect(told).toEqual(["one", undefined, "two lines", undefined, "5", undefined]);
});

test("words put into the user's mouth; a run asked for by a settled handler begins behind it", async () => {
  const calls: ModelCall[] = [];
  const seen: string[] = [];
  const { session, errors } = await made(
    [
      (pi) => {
        pi.on("input", (event) => void seen.push(`${event.source} ${event.text}`));
        pi.on("agent_start", () => void seen.push("start"));
        pi.on("agent_settled", (_event, ctx) => {
          if (calls.length > 1) return;
          pi.sendUserMessage("and again");
          seen.push(`idle ${ctx.isIdle()}`);
        });
        pi.on("agent_settled", () => void seen.push("settled"));
        pi.on("turn_start", () => {
          if (calls.length === 0) pi.sendUserMessage("refused");
        });
      },
    ],
    { replies: [heard(calls), heard(calls)] },
  );
  let settled = 0;
  const second = new Promise<void>((resolve) => {
    session.subscribe((event) => {
      if (event.type === "agent_settled" && ++settled === 2) resolve();
    });
  });
  await session.prompt("one");
  await second;
  expect(seen.slice(0, 2)).toEqual(["interactive one", "start"]);
  expect(seen.slice(3, 7)).toEqual(["idle true", "settled", "extension and again", "start"]);
  expect(calls).toHaveLength(2);
  expect(errors).toMatchObject([{ event: "sendUserMessage", error: expect.stringContaining("already processing") }]);
});

test("an answer of the wrong form is reported and passed over", async () => {
  const { session, errors } = await made(
    [
      (pi) => {
        pi.on("tool_result", () => ({ content: "text" as never }));
        pi.on("context", () => ({ messages: {} as never }));
        pi.on("before_agent_start", () => ({ message: { content: 7 } as never }));
      },
    ],
    { replies: [callReply("bash", { command: "echo one" })] },
  );
  expect(session.systemPrompt).toContain("You are pi");
  expect((await session.prompt("go")).kind).toBe("done");
  expect(resultTexts(session)[0]).toContain("one");
  expect(errors.map(({ event, error }) => `${event}: ${error}`)).toEqual([
    "before_agent_start: A message of an extension needs a customType and a content (text or a list of blocks)",
    "context: messages must be a list, not object",
    "tool_result: content must be a list, not string",
    "context: messages must be a list, not object",
  ]);
});

/** What handlers answer, or do to what they are given, in place of what is asked for, and what is said of it. */
const misshapen: [string, ExtensionFactory, RegExp][] = [
  ["a message without content", (pi) => void pi.on("context", () => ({ messages: [{ role: "user" }] as never })), /messages\[0\]/],
  ["a message of nobody", (pi) => void pi.on("context", () => ({ messages: [null] as never })), /messages\[0\] is no message/],
  ["words that are a number", (pi) => void pi.on("input", () => ({ action: "transform", text: 5 as never })), /text must be a text/],
  ["pictures that are none", (pi) => void pi.on("input", () => ({ action: "transform", text: "go", images: [{}] as never })), /pictures/],
  [
    "a block that is none",
    (pi) => void pi.on("message_end", ({ message }) => ({ message: { ...message, content: [null] as never } })),
    /content/,
  ],
  [
    "a message that is a bare role",
    (pi) => void pi.on("message_end", ({ message }) => ({ message: { role: message.role } as never })),
    /content/,
  ],
  ["paths that are no list", (pi) => void pi.on("resources_discover", () => ({ skillPaths: 5 as never })), /skillPaths must be a list/],
  ["paths that are numbers", (pi) => void pi.on("resources_discover", () => ({ promptPaths: [5] as never })), /promptPaths must be a list/],
  [
    "a prompt that is a list",
    (pi) => void pi.on("before_agent_start", () => ({ systemPrompt: [] as never })),
    /systemPrompt must be a text/,
  ],
  [
    "a message of null",
    (pi) => void pi.on("before_agent_start", () => ({ message: { customType: "x", content: [null] as never, display: true } })),
    /content\[0\]/,
  ],
  [
    "details that JSON has not",
    (pi) => void pi.on("before_agent_start", () => ({ message: { customType: "x", content: "x", display: true, details: { count: 1n } } })),
    /details of the message x/,
  ],
  [
    "a tool that is nowhere",
    (pi) => void pi.on("before_agent_start", ({ systemPromptOptions }) => void systemPromptOptions.selectedTools.push("nope")),
    /no tool here: nope/,
  ],
  [
    "no tools at all",
    (pi) =>
      void pi.on("before_agent_start", ({ systemPromptOptions }) => void Object.assign(systemPromptOptions, { selectedTools: undefined })),
    /selectedTools must be a list/,
  ],
  [
    "sections in a circle",
    (pi) =>
      void pi.on(
        "before_agent_start",
        ({ systemPromptOptions }) => void Object.assign(systemPromptOptions, { skills: systemPromptOptions }),
      ),
    /cannot be written as JSON/,
  ],
  ["words of an extension that are none", (pi) => void pi.on("session_start", () => pi.sendUserMessage([null] as never)), /content\[0\]/],
];

test.for(misshapen)("%s: the extension's error, and the run goes on", async ([, factory, wanted]) => {
  const { session, errors } = await made([factory], { replies: [textReply("done")] });
  expect((await session.prompt("go")).text).toBe("done");
  expect(errors.map(({ error }) => error).join()).toMatch(wanted);
  expect(session.sessionManager.buildSessionContext().messages.at(-1)).toMatchObject({ role: "assistant", usage: { cost: {} } });
});

test("answers that an extension makes up need no usage, and what an answer has cost stays", async () => {
  const calls: ModelCall[] = [];
  const { session, errors } = await made(
    [
      (pi) => {
        pi.on("context", ({ messages }) => ({
          messages: [{ role: "assistant", content: [{ type: "text", text: "made up" }], timestamp: Date.now() } as never, ...messages],
        }));
        pi.on("message_end", ({ message }) =>
          message.role === "assistant" ? { message: { role: "assistant", content: [{ type: "text", text: "anew" }] } as never } : undefined,
        );
      },
    ],
    { replies: [heard(calls)] },
  );
  expect((await session.prompt("go")).kind).toBe("done");
  expect(errors).toEqual([]);
  expect(session.sessionManager.buildSessionContext().messages.at(-1)).toMatchObject({
    content: [{ text: "anew" }],
    stopReason: "stop",
    usage: { cost: {} },
  });
});

test("a finished message is changed before it is recorded", async () => {
  const { session } = await made([
    (pi) => {
      pi.on("message_end", ({ message }) =>
        message.role === "assistant" ? { message: { ...message, content: [{ type: "text", text: "censored" }] } } : undefined,
      );
      pi.on("message_end", ({ message }) =>
        message.role === "assistant" ? { message: { role: "user", content: "no", timestamp: 0 } } : undefined,
      );
    },
  ]);
  await session.prompt("hello");
  expect(session.getLastAssistantText()).toBe("censored");
  expect(session.sessionManager.buildSessionContext().messages.at(-1)).toMatchObject({
    role: "assistant",
    content: [{ type: "text", text: "censored" }],
  });
});

test("a compaction is called off, or gets the summary of an extension", async () => {
  let decide: "cancel" | "summary" | "wrong" | "wait" = "cancel";
  const prepared: unknown[] = [];
  const seen: unknown[] = [];
  const { session } = await made(
    [
      (pi) => {
        pi.on("session_before_compact", ({ preparation, reason, customInstructions }) => {
          seen.push([reason, customInstructions, preparation.turnPrefixMessages.length > 0]);
          const { fileOps, settings } = preparation;
          prepared.push([[...fileOps.read], [...fileOps.written], [...fileOps.edited], settings]);
          if (decide === "cancel") return { cancel: true };
          if (decide === "wait") {
            session.abortCompaction();
            return new Promise(() => {});
          }
          const firstKeptEntryId = decide === "wrong" ? "nowhere" : preparation.firstKeptEntryId;
          return { compaction: { summary: "mine", firstKeptEntryId, tokensBefore: preparation.tokensBefore, details: { by: "me" } } };
        });
        pi.on("session_compact", ({ fromExtension, compactionEntry }) => void seen.push([fromExtension, compactionEntry.summary]));
        pi.on("session_compact_failed", ({ aborted }) => void seen.push(["failed", aborted]));
      },
    ],
    { replies: [textReply("a ".repeat(60_000)), textReply("b")] },
  );
  await session.prompt("one");
  await session.prompt("two");
  await expect(session.compact("be brief")).rejects.toMatchObject({ code: "session.compaction_cancelled" });
  decide = "wait";
  await expect(session.compact()).rejects.toMatchObject({ code: "session.compaction_cancelled" });
  seen.splice(-2);
  decide = "wrong";
  await expect(session.compact()).rejects.toMatchObject({ code: "extension.bad_compaction" });
  decide = "summary";
  expect((await session.compact()).summary).toBe("mine");
  expect(seen).toEqual([
    ["manual", "be brief", true],
    ["failed", true],
    ["manual", undefined, true],
    ["failed", false],
    ["manual", undefined, true],
    [true, "mine"],
  ]);
  expect(session.messages.find((message) => message.role === "compactionSummary")).toMatchObject({ summary: "mine" });
  expect(prepared[0]).toEqual([[], [], [], { enabled: true, reserveTokens: 16_384, keepRecentTokens: 20_000 }]);
});

test("going elsewhere in the tree is called off, or gets the summary of an extension", async () => {
  const seen: unknown[] = [];
  let isRefused = true;
  const { session } = await made(
    [
      (pi) => {
        pi.on("session_before_tree", ({ preparation }) => {
          const { userWantsSummary, customInstructions, entriesToSummarize, commonAncestorId } = preparation;
          seen.push([userWantsSummary, customInstructions, entriesToSummarize.length, commonAncestorId === preparation.targetId]);
          return isRefused ? { cancel: true } : { summary: { summary: "what I saw" } };
        });
        pi.on("session_tree", ({ fromExtension, summaryEntry, newLeafId, oldLeafId }) => {
          seen.push([fromExtension, summaryEntry?.summary, summaryEntry?.id === newLeafId, oldLeafId !== newLeafId]);
        });
      },
    ],
    { replies: [textReply("one"), textReply("two")] },
  );
  await session.prompt("first");
  const target = session.sessionManager.getLeafId() ?? "";
  await session.prompt("second");
  expect(await session.navigate(target, { summarize: true, customInstructions: "brief" })).toEqual({ cancelled: true });
  isRefused = false;
  expect(await session.navigate(target, { summarize: true })).toMatchObject({ cancelled: false });
  expect(await session.navigate(target)).toMatchObject({ cancelled: false });
  expect(seen).toEqual([
    [true, "brief", 2, true],
    [true, undefined, 2, true],
    [true, "what I saw", true, true],
    [false, undefined, 0, true],
    [false, undefined, false, true],
  ]);
  const summaries = session.sessionManager.getEntries().filter((entry) => entry.type === "branch_summary");
  expect(summaries).toMatchObject([{ summary: "what I saw", fromHook: true }]);
});

test("the context: session, model, levels, usage, names, labels, programs, abort", async () => {
  const notes: Record<string, unknown> = {};
  let kept: ExtensionContext | undefined;
  const { session, cwd } = await made([
    (pi) => {
      pi.registerFlag("depth", { type: "string", default: "deep" });
      pi.events.on("mine", (data) => {
        notes.heard = data;
      });
      pi.on("session_start", async (_event, ctx) => {
        kept = ctx;
        pi.events.emit("mine", 7);
        pi.setSessionName("named");
        pi.setThinkingLevel("off");
        notes.start = {
          hasUI: ctx.hasUI,
          mode: ctx.mode,
          cwd: ctx.cwd,
          id: ctx.sessionManager.getSessionId(),
          model: ctx.model?.id,
          idle: ctx.isIdle(),
          trusted: ctx.isProjectTrusted(),
          choice: await ctx.ui.select("Which?", ["a"]),
          sure: await ctx.ui.confirm("Sure?", "Really?"),
        };
        notes.ran = await pi.exec("sh", ["-c", "echo out; echo err >&2; exit 3"]);
        notes.failed = (await pi.exec("/no/such/program", [])).code;
      });
      pi.on("session_info_changed", (event) => {
        notes.name = event.name;
      });
      pi.on("model_select", (event) => {
        notes.selected = [event.previousModel?.id, event.model.id, event.source];
      });
      pi.on("agent_start", (_event, ctx) => {
        notes.during = [ctx.isIdle(), ctx.signal?.aborted];
        ctx.abort();
      });
      notes.flag = pi.getFlag("depth");
    },
  ]);
  expect(notes.flag).toBe("deep");
  expect(notes.heard).toBe(7);
  expect(notes.start).toEqual({
    hasUI: false,
    mode: "print",
    cwd,
    id: session.sessionId,
    model: "demo",
    idle: true,
    trusted: false,
    choice: undefined,
    sure: false,
  });
  expect(notes.ran).toEqual({ stdout: "out\n", stderr: "err\n", code: 3, killed: false, truncated: false });
  expect(notes.failed).toBe(1);
  expect(session.sessionName).toBe("named");
  expect((await session.prompt("hello")).kind).toBe("aborted");
  expect(notes.during).toEqual([false, false]);
  expect(notes.name).toBe("named");
  await session.setModel({ ...fakeModel, api: "scripted", provider: "scripted", id: "other" });
  await session.waitForIdle();
  expect(notes.selected).toEqual(["demo", "other", "set"]);
  expect(kept?.getContextUsage()?.contextWindow).toBe(200_000);
  await session.dispose();
  expect(() => kept?.getContextUsage()).toThrow(expect.objectContaining({ code: "extension.stale" }));
});

test("another session has extensions of its own; those of the one before are of no use; both may be called off", async () => {
  let instances = 0;
  let refuse = true;
  const seen: string[] = [];
  const { session, errors } = await made(
    [
      (pi) => {
        const me = ++instances;
        pi.on("session_start", (event) => void seen.push(`${me} start ${event.reason} ${event.previousSessionFile !== undefined}`));
        pi.on("session_shutdown", (event) => {
          pi.appendEntry("bye");
          seen.push(`${me} shutdown ${event.reason}`);
        });
        pi.on("session_before_switch", (event) => {
          seen.push(`${me} switch ${event.reason}`);
          return { cancel: refuse };
        });
        pi.on("session_before_fork", (event) => void seen.push(`${me} fork ${event.position}`));
        pi.registerCommand("handoff", {
          handler: async (_args, ctx) => {
            await ctx.newSession({
              parentSession: ctx.sessionManager.getSessionFile() ?? "",
              setup: (manager) => {
                manager.appendMessage({ role: "user", content: "said beforehand", timestamp: 1 });
                manager.appendSessionInfo("handed over");
                seen.push(`set up ${manager.getEntries().map(({ type }) => type)}`);
              },
              withSession: async (next) => {
                await next.sendMessage({ customType: "note", content: "from before", display: true });
                seen.push(`inside ${next.sessionManager.getEntries().length > 0}`);
              },
            });
            for (const key of Object.getOwnPropertyNames(ctx) as (keyof typeof ctx)[]) {
              const asked = (): unknown => {
                const value: unknown = ctx[key];
                return typeof value === "function" ? value() : value;
              };
              expect(asked, key).toThrow(expect.objectContaining({ code: "extension.stale" }));
            }
          },
        });
      },
    ],
    { sessionManager: undefined as never },
  );
  await session.prompt("hello");
  const first = session.sessionFile ?? "";
  expect(await session.newSession()).toEqual({ cancelled: true });
  expect(session.sessionFile).toBe(first);
  refuse = false;
  await session.prompt("/handoff");
  expect(session.sessionFile).not.toBe(first);
  expect(JSON.stringify(session.messages)).toMatch(/said beforehand.*from before/);
  expect(session.sessionName).toBe("handed over");
  expect(session.sessionManager.getHeader().parentSession).toBe(first);
  expect(readFileSync(first, "utf8")).toContain('"customType":"bye"');
  expect(await session.switchSession(first)).toEqual({ cancelled: false });
  const [message] = session.getUserMessagesForForking();
  expect(await session.fork(message?.entryId ?? "")).toEqual({ text: "hello", cancelled: false });
  expect(seen).toEqual([
    "1 start startup false",
    "1 switch new",
    "1 switch new",
    "1 shutdown new",
    "set up message,session_info",
    "2 start new true",
    "inside true",
    "2 switch resume",
    "2 shutdown resume",
    "3 start resume true",
    "3 fork before",
    "3 shutdown fork",
    "4 start fork true",
  ]);
  expect(errors).toEqual([]);
});

test("a new session that cannot be set up is none, and the one before goes on", async () => {
  const { session, errors } = await made(
    [
      (pi) =>
        pi.registerCommand("handoff", {
          handler: async (_args, ctx) => {
            await ctx.newSession({ setup: () => Promise.reject(new Error("nothing to hand over")) });
          },
        }),
    ],
    { sessionManager: undefined as never },
  );
  await session.prompt("hello");
  const before = session.sessionFile;
  await session.prompt("/handoff");
  expect(errors).toMatchObject([{ event: "command:handoff", error: "nothing to hand over" }]);
  expect(session.sessionFile).toBe(before);
  expect((await session.prompt("again")).kind).toBe("done");
});

test("in a factory programs can be run; all else that needs a session names the handler that has one", async () => {
  const notes: unknown[] = [];
  const { cwd } = await made([
    async (pi) => {
      const { stdout, code } = await pi.exec("sh", ["-c", 'pwd; echo "$HOME"; exit 3']);
      notes.push(stdout.split("\n")[0], code);
      for (const act of [() => pi.getActiveTools(), () => pi.sendUserMessage("hi"), () => pi.setSessionName("n")])
        expect(act).toThrow(expect.objectContaining({ code: "extension.unbound", message: expect.stringContaining("session_start") }));
    },
  ]);
  expect(notes).toEqual([realpathSync(cwd), 3]);
});

test("of an extension whose session has gone nothing is heard and nothing is taken", async () => {
  const kept: ExtensionAPI[] = [];
  const heard: unknown[] = [];
  const { session } = await made(
    [
      (pi) => {
        kept.push(pi);
        pi.events.on("news", (data) => void heard.push(data));
      },
    ],
    { sessionManager: undefined as never },
  );
  kept[0]?.events.emit("news", 1);
  await session.newSession();
  const [old, now] = kept;
  const stale = expect.objectContaining({ code: "extension.stale" });
  expect(() => old?.events.emit("news", 2)).toThrow(stale);
  expect(() => old?.events.on("news", () => {})).toThrow(stale);
  expect(() => old?.on("agent_start", () => {})).toThrow(stale);
  expect(() => old?.registerCommand("late", { handler: () => {} })).toThrow(stale);
  expect(() => old?.getFlag("late")).toThrow(stale);
  now?.events.emit("news", 3);
  await session.prompt("hello");
  expect(heard).toEqual([1, 3]);
});

test("sessions of one loader at the same time have extensions of their own", async () => {
  const first = await made([(pi) => void pi.on("agent_start", (_event, ctx) => pi.appendEntry("mine", ctx.sessionManager.getSessionId()))]);
  const place = { cwd: first.cwd, agentDir: join(first.home, "agent"), env: { HOME: first.home } };
  const others = await Promise.all(
    [1, 2, 3].map(() =>
      createAgentSession({ ...place, model: "demo", resourceLoader: first.loader, sessionManager: SessionManager.inMemory(first.cwd) }),
    ),
  );
  const sessions = [first.session, ...others.map(({ session }) => session)];
  for (const { session } of others) onTestFinished(() => session.dispose());
  await Promise.all(sessions.map((session) => session.prompt("hello")));
  for (const session of sessions) {
    const own = session.sessionManager.getEntries().filter((entry) => entry.type === "custom");
    expect(own).toMatchObject([{ customType: "mine", data: session.sessionId }]);
  }
});

test("an extension that cannot be loaded is an error with its name, what there is not here a warning; the rest works", async () => {
  let ran = false;
  const { loader, errors, cwd } = await made(
    [
      () => {
        throw new Error("broken");
      },
      (pi) => {
        pi.setSessionName("too early");
      },
      (pi) => {
        pi.on("agent_strat" as "agent_start", () => {});
        (pi as unknown as { registerShortcut(key: string, how: object): void }).registerShortcut("ctrl+x", {});
        (pi as unknown as { registerVirtualModel(name: string): void }).registerVirtualModel("x");
        pi.on("session_start", () => {
          ran = true;
        });
      },
    ],
    { loader: { additionalExtensionPaths: ["./a.ts", "/abs/b.ts"] } },
  );
  const { errors: failed, warnings, extensions } = loader.getExtensions();
  expect(failed.map(({ path }) => path)).toEqual([join(cwd, "a.ts"), "/abs/b.ts", "<inline:1>", "<inline:2>"]);
  expect(failed[0]?.error).toBe(`There is no extension ${join(cwd, "a.ts")}`);
  expect(failed[2]?.error).toBe("Failed to load extension: broken");
  expect(warnings?.map(({ warning }) => warning)).toEqual([
    "pi.on: there is no event agent_strat here; did you mean agent_start?",
    "pi.registerVirtualModel has no effect: there are no virtual models",
  ]);
  expect(extensions).toHaveLength(1);
  expect(ran).toBe(true);
  expect(errors).toEqual([]);
});

test("an extension points to more skills and templates", async () => {
  const { session, cwd } = await made(
    [
      (pi) =>
        void pi.on("resources_discover", (event) => ({ skillPaths: [join(event.cwd, "more")], promptPaths: [join(event.cwd, "say.md")] })),
    ],
    { isBound: false },
  );
  mkdirSync(join(cwd, "more/knit"), { recursive: true });
  writeFileSync(join(cwd, "more/knit/SKILL.md"), "---\nname: knit\ndescription: How to knit.\n---\nTwo needles.\n");
  writeFileSync(join(cwd, "say.md"), "Say $1\n");
  await session.bindExtensions({});
  await session.prompt("/say hello");
  expect(session.systemPrompt).toContain("How to knit.");
  expect(JSON.stringify(session.messages)).toContain("Say hello");
  expect(existsSync(join(cwd, "agent"))).toBe(false);
});
