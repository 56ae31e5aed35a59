// What hosts are told and given around a run, alike for every runtime: tools by files, the whole context, compaction under their names for it,
// policy by row, progress of tools, groups that write at the same time. Claude Code is the stand-in.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Tool, textResult } from "../../src/contracts/tool.ts";
import { toolPermit } from "../../src/runtime/context/policy.ts";
import { claudeHooks } from "../../src/runtime/hooks.ts";
import type { HostEvent, MessagingContext, PolicyRule } from "../../src/runtime/request.ts";
import type { RuntimeKind } from "../../src/runtime/result.ts";
import { type RuntimeWorld, type RuntimeWorldOptions, runtimeWorld } from "../support/runtime-world.ts";

const worlds: RuntimeWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const open = async (options: RuntimeWorldOptions): Promise<RuntimeWorld> => {
  const world = await runtimeWorld(options);
  worlds.push(world);
  return world;
};
const named = (kind: RuntimeKind, tool: string): string => (kind === "claude" ? `mcp__pi__${tool}` : tool);
const say = (text: string) => ({ say: [{ text }] });

const context: Required<MessagingContext> = {
  channel: "matrix",
  provider: "synapse",
  to: "!room:x",
  threadId: "thread",
  groupId: "!room:x",
  groupChannel: "#general",
  groupSpace: "space",
  spawnedBy: "parent",
  senderId: "@ann:x",
  senderName: "Ann",
  senderUsername: "ann",
  senderE164: "+491701234567",
  senderIsOwner: true,
  ownerNumbers: ["+491701234567"],
  replyToMode: "all",
  currentChannelId: "C1",
};

describe.each(["pi", "claude"] as const)("the runtime %s", (kind) => {
  test("all sixteen words of where a message comes from reach tools, and no number the model", async () => {
    let messaging: unknown;
    const tool: Tool = {
      name: "look",
      description: "Look.",
      parameters: { type: "object", properties: {} },
      execute: async (_, at) => {
        messaging = at.messaging;
        return textResult("seen");
      },
    };
    const calls = { say: [{ call: named(kind, "look"), id: "toolu_1", arguments: {} }] };
    const { runtime, request, server } = await open({ kind, scripts: [calls, say("Ok.")] });
    await runtime.run(request({ extraTools: [tool], context }));
    expect(messaging).toEqual(context);
    expect(Object.keys(context)).toHaveLength(16);
    expect(server.requests.map(({ body }) => JSON.stringify(body)).join()).not.toMatch(/1701234567/);
  });

  test("tools by files leave what their consumer expects, in the order of calls", async () => {
    const asked: [string, Record<string, unknown>][] = [
      ["send_message", { text: "Hello." }],
      ["schedule_task", { prompt: "p", schedule_type: "interval", schedule_value: "60000" }],
      ["pause_task", { task_id: "t" }],
      ["resume_task", { task_id: "t" }],
      ["cancel_task", { task_id: "t" }],
      ["register_group", { jid: "j", name: "n", folder: "f", trigger: "@" }],
      ["refresh_groups", {}],
      ["list_tasks", {}],
      ["list_groups", {}],
    ];
    const scripts = asked.map(([name, args], at) => ({
      say: [{ call: named(kind, `host_${name}`), id: `toolu_${at}`, arguments: args }],
    }));
    const world = await open({ kind, scripts: [...scripts, say("")], config: { "ipc.tool_prefix": "host_" } });
    const { runtime, request, workspace } = world;
    const dir = join(workspace, "ipc");
    const extraTools = await runtime.ipcTools({ dir, groupFolder: "main", chatJid: "!r:x", isMain: true, workspaceDir: workspace });
    const result = await runtime.run(request({ extraTools }));
    expect(result).toMatchObject({ outcome: { kind: "done" }, didSendViaMessagingTool: true });
    expect(result.toolCalls.map(({ status }) => status)).toEqual(asked.map(() => "done"));
    const left = ["messages", "tasks"].flatMap((folder) =>
      readdirSync(join(dir, folder))
        .sort()
        .map((name) => {
          const { timestamp, ...rest } = JSON.parse(readFileSync(join(dir, folder, name), "utf8"));
          expect(new Date(timestamp).getTime()).toBeGreaterThan(0);
          return rest;
        }),
    );
    const own = { groupFolder: "main" };
    expect(left).toEqual([
      { type: "message", chatJid: "!r:x", text: "Hello.", ...own },
      {
        ...{ type: "schedule_task", prompt: "p", schedule_type: "interval", schedule_value: "60000", context_mode: "group" },
        ...{ chatJid: "!r:x", createdBy: "main", ...own },
      },
      { type: "pause_task", taskId: "t", isMain: true, ...own },
      { type: "resume_task", taskId: "t", isMain: true, ...own },
      { type: "cancel_task", taskId: "t", isMain: true, ...own },
      { type: "register_group", jid: "j", name: "n", folder: "f", trigger: "@", ...own },
      { type: "refresh_groups", ...own },
    ]);
  });

  test("a conversation that is made shorter is told under the names that hosts know", async () => {
    const heard = `export default (pi) => {
      const note = (name) => (event) => {
        const { tokens, messageCount, willRetry, aborted, error, summary, tokensBefore, tokensAfter } = event;
        globalThis.__heard.push([name, { tokens, messageCount, willRetry, aborted, error, summary, tokensBefore, tokensAfter }]);
      };
      for (const name of ["agent:precompact", "agent:compaction:end", "session:compaction_summary"]) pi.on(name, note(name));
    };`;
    const scripts =
      kind === "pi"
        ? [
            { say: [{ text: "First. ".repeat(200) }] },
            { say: [{ text: "Long." }], usage: { input: 199_000, output: 10 } },
            say("What was said before."),
          ]
        : [say("Yes.")];
    const config = { "compaction.keep_recent_tokens": 1 };
    const world = await open({ kind, scripts, config, claudeArgs: ["--compact"] });
    mkdirSync(join(world.home, ".pi/agent/extensions"), { recursive: true });
    writeFileSync(join(world.home, ".pi/agent/extensions/heard.js"), heard);
    const told: [string, Record<string, unknown>][] = [];
    Object.assign(globalThis, { __heard: told });
    const streams: HostEvent[] = [];
    const replies = { onAgentEvent: (event: HostEvent) => void streams.push(event) };
    let result = await world.runtime.run(world.request({ replies }));
    if (kind === "pi") result = await world.runtime.run(world.request({ replies }));
    expect(result).toMatchObject({ outcome: { kind: "done" }, compactions: 1 });
    expect(told.map(([name]) => name)).toEqual(["agent:precompact", "agent:compaction:end", "session:compaction_summary"]);
    const [[, before], [, end], [, summary]] = told as [(typeof told)[0], (typeof told)[0], (typeof told)[0]];
    expect(before.tokens).toEqual(expect.any(Number));
    expect(before.messageCount).toBeGreaterThan(0);
    expect(end).toMatchObject({ willRetry: false, aborted: false });
    expect(summary).toMatchObject({ tokensBefore: expect.any(Number), tokensAfter: expect.any(Number) });
    expect(summary.summary).toContain("What was said before.");
    expect(streams.filter(({ stream }) => stream === "compaction").map(({ data }) => data.phase)).toEqual(["start", "end"]);
  });

  test("what a tool says of its progress reaches the host", async () => {
    const tool: Tool = {
      name: "work",
      description: "Work.",
      parameters: { type: "object", properties: {} },
      execute: async (_, { onUpdate }) => {
        onUpdate?.(textResult("half way"));
        return textResult("there");
      },
    };
    const calls = { say: [{ call: named(kind, "work"), id: "toolu_1", arguments: {} }] };
    const { runtime, request } = await open({ kind, scripts: [calls, say("Ok.")] });
    const phases: unknown[] = [];
    const onAgentEvent = ({ stream, data }: HostEvent): void => void (stream === "tool" && phases.push(data.phase));
    await runtime.run(request({ extraTools: [tool], replies: { onAgentEvent } }));
    expect(phases).toEqual(["start", "update", "result"]);
  });

  test("twenty runs over five groups: each group in its order, each file by one run at a time, all of them whole", async () => {
    const { runtime, request, dataDir } = await open({ kind, scripts: [say("Yes.")] });
    const order: Record<string, number[]> = {};
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const group = `g${at % 5}`;
        const result = await runtime.run(request({ sessionKey: group, prompt: `message ${at}` }));
        order[group] = [...(order[group] ?? []), at];
        return result;
      }),
    );
    expect(results.map(({ outcome }) => outcome.kind)).toEqual(results.map(() => "done"));
    for (const numbers of Object.values(order)) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    for (const group of Object.keys(order)) {
      const directory = join(dataDir, "sessions", group, kind === "pi" ? ".pi" : ".claude");
      const files = readdirSync(directory).filter((name) => /\.jsonl?$/.test(name));
      expect(files).toHaveLength(1);
      const text = readFileSync(join(directory, files[0] ?? ""), "utf8");
      for (const line of kind === "pi" ? text.trimEnd().split("\n") : [text]) JSON.parse(line);
      for (const number of order[group] ?? []) expect(text).toContain(`message ${number}`);
    }
    const map = JSON.parse(readFileSync(join(dataDir, "sessions.json"), "utf8"));
    expect(Object.keys(map).sort()).toEqual(["g0", "g1", "g2", "g3", "g4"]);
  });
});

test("Claude Code has the tools of its own that were named for the run, else those of the configuration, else none", async () => {
  const world = await open({ kind: "claude", scripts: [say("Yes.")], config: { "runtime.claude.built_in_tools": ["Glob"] } });
  await world.runtime.run(world.request());
  await world.runtime.run(world.request({ builtInTools: ["Read", "Bash"], policy: [{ deny: ["Bash"] }] }));
  await world.runtime.run(world.request({ builtInTools: [] }));
  const args = world.journal().flatMap(({ started }: { started?: string[] }) => (started === undefined ? [] : [started]));
  const after = (name: string): (string | undefined)[] => args.map((one) => one[one.indexOf(name) + 1]);
  expect(after("--tools")).toEqual(["Glob", "Read", ""]);
  expect(after("--allowedTools")).toEqual(["mcp__pi,Glob", "mcp__pi,Read", "mcp__pi"]);
});

test("Claude Code sees the variables that are allowed, and no other", async () => {
  const env = {
    SECRET_TOKEN: "s3cr3t-0123456789",
    CLAUDECODE: "1",
    CLAUDE_CODE_ENTRYPOINT: "x",
    MY_OWN: "mine",
    HTTPS_PROXY: "http://p:1",
  };
  const world = await open({ kind: "claude", scripts: [say("Yes.")], env, config: { "runtime.env_allow": ["MY_*"] } });
  await world.runtime.run(world.request());
  const [{ env: seen }] = world.journal();
  const names = Object.keys(seen).filter((name) => !["_", "PWD", "SHLVL"].includes(name));
  expect(names.sort()).toEqual([
    ...["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "CLAUDE_CODE_MAX_RETRIES"],
    ...["CLAUDE_CONFIG_DIR", "DISABLE_AUTOUPDATER", "DISABLE_TELEMETRY", "HOME", "HTTPS_PROXY", "MY_OWN", "PATH", "PI_PROCESS_TAG"],
  ]);
  const wide = await open({ kind: "claude", scripts: [say("Yes.")], config: { "runtime.env_allow": ["*"] } });
  expect(await wide.runtime.run(wide.request())).toMatchObject({ outcome: { kind: "usage", code: "config.wrong_type" } });
});

test("each hook of Claude Code has one event of ours, or is known to have none", () => {
  expect(Object.keys(claudeHooks).sort()).toEqual(
    [
      ...["PreToolUse", "PostToolUse", "PostToolUseFailure", "Notification", "SessionStart", "SessionEnd"],
      ...["UserPromptSubmit", "Stop", "SubagentStart", "SubagentStop", "PreCompact"],
    ].sort(),
  );
  for (const one of Object.values(claudeHooks)) expect(Object.keys(one)).toHaveLength(1);
});

const from = (more: Partial<MessagingContext>): MessagingContext => more;
test.each<[string, PolicyRule[], MessagingContext, string[]]>([
  ["no row", [], from({}), ["bash", "read", "send_message"]],
  ["an allow", [{ allow: ["read", "send_*"] }], from({}), ["read", "send_message"]],
  ["two allows", [{ allow: ["read", "bash"] }, { allow: ["re*"] }], from({}), ["read"]],
  ["a deny wins", [{ allow: ["*"] }, { deny: ["b*"] }], from({}), ["read", "send_message"]],
  ["owner only, another", [{ ownerOnly: ["bash"] }], from({ senderIsOwner: false }), ["read", "send_message"]],
  ["owner only, nobody knows", [{ ownerOnly: ["bash"] }], from({}), ["read", "send_message"]],
  ["owner only, an owner", [{ ownerOnly: ["bash"] }], from({ senderIsOwner: true }), ["bash", "read", "send_message"]],
  ["the channel", [{ channel: "mat*", deny: ["bash"] }], from({ channel: "matrix" }), ["read", "send_message"]],
  ["another channel", [{ channel: "mat*", deny: ["bash"] }], from({ channel: "irc" }), ["bash", "read", "send_message"]],
  ["no channel", [{ channel: "*", deny: ["bash"] }], from({}), ["bash", "read", "send_message"]],
  ["the group's id", [{ group: "!r*", deny: ["bash"] }], from({ groupId: "!r:x" }), ["read", "send_message"]],
  ["the session's key", [{ group: "team", deny: ["bash"] }], from({}), ["read", "send_message"]],
  ["the space", [{ space: "s", deny: ["bash"] }], from({ groupSpace: "s" }), ["read", "send_message"]],
  ["the sender", [{ sender: "@bad*", deny: ["*"] }], from({ senderId: "@bad:x" }), []],
  [
    "the sender's name for people is nobody's right",
    [{ sender: "ann", allow: [] }],
    from({ senderName: "ann" }),
    ["bash", "read", "send_message"],
  ],
  ["a row for owners", [{ owner: true, deny: ["bash"] }], from({ senderIsOwner: false }), ["bash", "read", "send_message"]],
  ["the runtime", [{ runtime: "claude", deny: ["bash"] }], from({}), ["bash", "read", "send_message"]],
  ["begun by another", [{ spawned: true, deny: ["bash"] }], from({ spawnedBy: "boss" }), ["read", "send_message"]],
  ["no more than the one that began it", [{ group: "boss", deny: ["bash"] }], from({ spawnedBy: "boss" }), ["read", "send_message"]],
])("policy, %s", (_, rules, where, on) => {
  const permits = toolPermit({ rules, group: undefined, context: where, runtime: "pi", sessionKey: "team" });
  expect(["bash", "read", "send_message"].filter((tool) => permits?.(tool) ?? true)).toEqual(on);
});
