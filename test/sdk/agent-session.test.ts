// The library as its callers use it: parameters in, nothing of the process touched, sessions apart from each other.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  type AgentSession,
  buildSessionContext,
  type CreateAgentSessionOptions,
  createAgentSession,
  defineTool,
  ModelRuntime,
  SessionManager,
  SettingsManager,
} from "../../src/index.ts";
import { fakeModel, Gate, type Reply, textReply } from "../support/rpc-world.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function access(reply: Reply): NonNullable<CreateAgentSessionOptions["access"]> {
  return async () => ({
    provider: { api: "fake", stream: reply },
    credential: { scheme: "none", billing: "metered", value: "", source: "none needed" },
    fetch: globalThis.fetch,
  });
}

async function made(options: CreateAgentSessionOptions = {}): Promise<{ session: AgentSession; cwd: string; home: string }> {
  const home = temporaryDirectory();
  const cwd = join(home, "project");
  mkdirSync(cwd);
  const { session } = await createAgentSession({
    cwd,
    agentDir: join(home, "agent"),
    env: { HOME: home, PATH: process.env.PATH },
    model: "demo",
    ...options,
  });
  onTestFinished(() => session.dispose());
  return { session, cwd, home };
}

test("prompts, events, text, stats, shell, fork, navigation", async () => {
  const { session, cwd } = await made();
  const events: string[] = [];
  session.subscribe((event) => void events.push(event.type));
  expect((await session.prompt('write notes.txt with "words"')).kind).toBe("done");
  expect(readFileSync(join(cwd, "notes.txt"), "utf8")).toBe("words\n");
  expect(events.at(-1)).toBe("agent_settled");
  expect(session.getLastAssistantText()).toContain("notes.txt");
  expect(session.stats()).toMatchObject({ userMessages: 1 });
  expect((await session.bash("pwd")).output.trim()).toBe(cwd);
  const [first] = session.getUserMessagesForForking();
  expect(session.sessionManager.getEntry(first?.entryId ?? "")).toMatchObject({ type: "message" });
  const before = session.sessionId;
  expect(await session.fork(first?.entryId ?? "")).toEqual({ text: 'write notes.txt with "words"', cancelled: false });
  expect(session.sessionId).not.toBe(before);
  events.length = 0;
  await session.prompt("hello");
  expect(events.at(-1)).toBe("agent_settled");
  expect(session.isIdle).toBe(true);
});

test("sessions in different directories at the same time never meet", async () => {
  const all = await Promise.all(Array.from({ length: 4 }, () => made()));
  const { cwd: before } = { cwd: process.cwd() };
  await Promise.all(
    all.map(async ({ session, cwd }, index) => {
      writeFileSync(join(cwd, "notes.txt"), `notes of ${index}\n`);
      await session.prompt("read notes.txt");
      await session.prompt("Run `pwd`");
    }),
  );
  for (const [index, { session, cwd }] of all.entries()) {
    expect(JSON.stringify(session.messages)).toContain(`notes of ${index}`);
    for (const [other, { cwd: foreign }] of all.entries()) {
      if (other === index) continue;
      expect(JSON.stringify(session.messages)).not.toContain(`notes of ${other}`);
      expect(JSON.stringify(session.messages)).not.toContain(foreign);
    }
    expect(session.getLastAssistantText()).toContain(cwd);
  }
  expect(process.cwd()).toBe(before);
});

test("tools, files, shell and the way to a model come in as parameters", async () => {
  const commands: string[] = [];
  const calls = [[{ name: "shout", args: { text: "hi" } }], [{ name: "bash", args: { command: "ls" } }]];
  const reply: Reply = async function* (call) {
    const next = calls.shift();
    if (next === undefined) {
      yield* textReply(`asked ${call.model.id}`)(call);
      return;
    }
    for (const [contentIndex, { name, args }] of next.entries()) {
      yield { type: "toolcall_start", contentIndex, id: `c${commands.length}${name}`, toolName: name };
      yield { type: "toolcall_delta", contentIndex, delta: JSON.stringify(args) };
      yield { type: "toolcall_end", contentIndex };
    }
    yield { type: "finish", stopReason: "toolUse" };
  };
  const { session } = await made({
    model: fakeModel,
    access: access(reply),
    tools: ["bash"],
    customTools: [
      defineTool({
        name: "shout",
        description: "Says it loudly.\nNothing else.",
        parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
        execute: async ({ text }) => ({ content: [{ type: "text", text: String(text).toUpperCase() }] }),
      }),
    ],
    shell: {
      run: async ({ command, onData }) => {
        commands.push(command);
        await onData(new TextEncoder().encode("elsewhere\n"));
        return { exitCode: 0, timedOut: false, cancelled: false };
      },
    },
  });
  expect(session.getActiveToolNames()).toEqual(["bash", "shout"]);
  await session.prompt("go");
  expect(session.getLastAssistantText()).toBe("asked fake");
  expect(commands).toEqual(["ls"]);
  expect(JSON.stringify(session.messages)).toContain('"HI"');
  expect(JSON.stringify(session.messages)).toContain("elsewhere");
  expect(session.systemPrompt).toContain("shout: Says it loudly.");
});

test("settings and credentials given are the only ones; files are not read, nothing leaks into messages", async () => {
  const home = temporaryDirectory();
  mkdirSync(join(home, "agent"));
  writeFileSync(join(home, "agent/config.toml"), "not = toml = at all");
  const options = { cwd: home, agentDir: join(home, "agent"), env: { HOME: home }, sessionManager: SessionManager.inMemory(home) };
  await expect(createAgentSession({ ...options, model: "demo" })).rejects.toMatchObject({ code: "config.syntax" });
  const { session } = await createAgentSession({
    ...options,
    model: "anthropic/claude-sonnet-5",
    credentials: { anthropic: "$HOME-!sk-secret" },
    settingsManager: SettingsManager.inMemory({ retry: { enabled: false } }),
  });
  onTestFinished(() => session.dispose());
  expect(session.autoRetryEnabled).toBe(false);
  expect(session.model?.id).toBe("claude-sonnet-5");
  expect(SettingsManager.inMemory({ retry: { enabled: false, maxRetries: 1 }, thinking: "low" }).getGlobalSettings()).toEqual({
    retry: { enabled: false, maxRetries: 1 },
    thinking: "low",
  });
  expect(() => SettingsManager.inMemory({ retry: { enable: false } })).toThrow(
    expect.objectContaining({ code: "config.unknown_key", hint: "Did you mean retry.enabled?" }),
  );
});

test("without a credential it begins, says so, and refuses the prompt", async () => {
  const home = temporaryDirectory();
  const { session, modelFallbackMessage } = await createAgentSession({ cwd: home, agentDir: join(home, "agent"), env: { HOME: home } });
  onTestFinished(() => session.dispose());
  expect(modelFallbackMessage).toMatch(/No model/);
  expect(session.model).toBeUndefined();
  await expect(session.prompt("hi")).rejects.toMatchObject({ code: "auth.no_credential" });
  expect(existsSync(join(home, "agent/sessions"))).toBe(false);
});

test("session managers: stored, opened, gone on with, listed, in memory with a history", async () => {
  const { session, cwd, home } = await made({ sessionManager: undefined as never });
  await session.prompt("hello");
  const directory = session.sessionManager.getSessionDir();
  const file = session.sessionFile ?? "";
  await session.dispose();
  expect(await SessionManager.list(cwd, directory)).toMatchObject([{ path: file, firstMessage: "hello" }]);
  const opened = await made({ cwd, agentDir: join(home, "agent"), sessionManager: SessionManager.open(file) });
  expect(opened.session.messages.length).toBe(session.messages.length);
  await opened.session.dispose();
  const recent = await SessionManager.continueRecent(cwd, directory);
  expect(recent.getSessionFile()).toBe(file);
  const entries = recent.getEntries();
  await recent.close();
  const memory = SessionManager.inMemory(cwd, {}, entries);
  expect(memory.buildSessionContext()).toEqual(buildSessionContext(entries));
  const label = memory.appendLabelChange(entries[0]?.id ?? "", "start");
  expect(memory.getLabel(entries[0]?.id ?? "")).toBe("start");
  expect(memory.getLeafId()).toBe(label);
  memory.branch(entries[0]?.id ?? "");
  memory.appendCustomEntry("mine", { a: 1 });
  expect(memory.getChildren(entries[0]?.id ?? "")).toHaveLength(2);
  expect(memory.getSessionFile()).toBeUndefined();
});

test("a model runtime finds models and holds keys of its own", async () => {
  const home = temporaryDirectory();
  const runtime = await ModelRuntime.create({ cwd: home, agentDir: join(home, "agent"), env: { HOME: home } });
  expect(runtime.getModel("anthropic", "claude-sonnet-5")?.name).toBeTruthy();
  expect(await runtime.getAvailable()).toEqual([]);
  await runtime.setRuntimeApiKey("anthropic", "sk-x");
  expect((await runtime.getAvailable()).every((model) => model.provider === "anthropic")).toBe(true);
  expect((await runtime.getAvailable()).length).toBeGreaterThan(0);
  const { session } = await createAgentSession({
    cwd: home,
    env: { HOME: home },
    modelRuntime: runtime,
    model: runtime.getModel("anthropic", "claude-sonnet-5") as never,
    sessionManager: SessionManager.inMemory(home),
  });
  onTestFinished(() => session.dispose());
  expect(session.model?.id).toBe("claude-sonnet-5");
});

test("an image that cannot be sent is replaced by a text, in a prompt and in the queue", async () => {
  const gate = new Gate();
  const { session } = await made({ model: fakeModel, access: access(gate.reply("done")) });
  const images = [{ type: "image" as const, data: "!!!", mimeType: "image/png" }];
  const arrived = gate.arrival();
  const run = session.prompt("look", { images });
  await arrived;
  await session.steer("and here", images);
  await session.sendUserMessage([{ type: "text", text: "/and there" }, ...images], { deliverAs: "followUp" });
  const omitted = "[Image omitted: could not be resized below the inline image size limit.]";
  expect(session.getSteeringMessages()).toEqual([`and here\n\n${omitted}`]);
  expect(session.getFollowUpMessages()).toEqual([`/and there\n\n${omitted}`]);
  session.clearQueue();
  gate.open();
  await run;
  const said = session.messages.flatMap((message) => (message.role === "user" ? [message.content] : []));
  expect(said).toEqual([[{ type: "text", text: `look\n\n${omitted}` }]]);
});

test("a prompt with a key is run once; sent again it answers as the first time, also while that goes on", async () => {
  const gate = new Gate();
  const { session } = await made({ model: fakeModel, access: access(gate.reply("done")) });
  const arrival = gate.arrival();
  const first = session.prompt("one", { key: "k" });
  await arrival;
  const dispositions: string[] = [];
  const again = session.prompt("one", { key: "k", preflightResult: (disposition) => void dispositions.push(disposition) });
  gate.open();
  expect(await first).toEqual({ kind: "done", text: "done" });
  expect(await again).toEqual({ kind: "done", text: "done" });
  expect(await session.prompt("one", { key: "k" })).toEqual({ kind: "done", text: "done" });
  expect(dispositions).toEqual(["handled"]);
  expect(session.getUserMessagesForForking().map(({ text }) => text)).toEqual(["one"]);
});
