// Every method: its answer fits its schema, its errors are the texts that clients know, and the order of answers and events holds.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { problemOf } from "../../../src/contracts/schema.ts";
import type { Method } from "../../../src/modes/rpc/method.ts";
import { methodsByName, rpcMethods } from "../../../src/modes/rpc/methods.ts";
import { IdleMemory } from "../../../src/platform/idle-memory.ts";
import { Gate, makeRpcWorld, type RpcWorld, type RpcWorldOptions, textReply, type WireRecord } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function world(given: Partial<RpcWorldOptions> = {}): Promise<RpcWorld> {
  const made = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("hello"), ...given });
  onTestFinished(() => made.sessions.dispose());
  return made;
}

const settled = (record: WireRecord): boolean => record.type === "agent_settled";

async function prompted(made: RpcWorld, message: string, more: object = {}): Promise<WireRecord> {
  const end = made.next(settled);
  const answer = await made.ask("prompt", { message, ...more });
  await end;
  return answer;
}

function expectFits(method: string, answer: WireRecord): void {
  expect(answer).toMatchObject({ type: "response", command: method, success: true });
  const { result } = methodsByName().get(method) as Method;
  if (result === undefined) expect(answer).not.toHaveProperty("data");
  else expect(problemOf(result().schema, answer.data, "data")).toBeUndefined();
}

test("every method answers in the shape that its record says", async () => {
  const made = await world();
  await prompted(made, "one");
  await prompted(made, "two");
  const { messages } = (await made.ask("get_fork_messages")).data as { messages: { entryId: string }[] };
  const [first, second] = messages.map((one) => one.entryId);
  const params: Record<string, object> = {
    prompt: { message: "three" },
    steer: { message: "x" },
    follow_up: { message: "x" },
    set_model: { provider: "scripted", modelId: "demo" },
    set_thinking_level: { level: "high" },
    set_steering_mode: { mode: "all" },
    set_follow_up_mode: { mode: "all" },
    set_auto_compaction: { enabled: false },
    set_auto_retry: { enabled: false },
    bash: { command: "echo out; exit 3" },
    switch_session: { sessionPath: "other.jsonl" },
    import_session: { path: "brought.jsonl" },
    search_sessions: { text: "one" },
    fork: { entryId: first },
    get_entries: { since: first },
    set_session_name: { name: "named" },
    set_active_tools: { names: ["read"] },
    set_label: { entryId: first, label: "start" },
    navigate: { entryId: second },
    export_html: { outputPath: "page.html" },
  };
  const header = { type: "session", version: 3, id: "brought-1", timestamp: "2026-01-02T03:04:05.678Z", cwd: made.cwd };
  writeFileSync(join(made.cwd, "brought.jsonl"), `${JSON.stringify(header)}\n`);
  // Those that take the session away come last; compaction needs more than this session holds.
  const last = ["set_model", "clone", "fork", "switch_session", "import_session", "new_session", "delete_session", "reload"];
  const names = (rpcMethods as readonly { name: string }[]).map((one) => one.name).filter((name) => name !== "compact");
  for (const name of [...names.filter((one) => !last.includes(one)), ...last]) {
    if (name === "switch_session") {
      await made.ask("set_model", { provider: "scripted", modelId: "demo" });
      await prompted(made, "hi");
    }
    const end = name === "prompt" ? made.next(settled) : undefined;
    const answer = await made.ask(name, params[name] ?? {});
    expectFits(name, answer);
    await end;
  }
});

test("a prompt is answered before its first event; seq has no gaps; the run carries its prompt's id", async () => {
  const made = await world();
  const answer = await prompted(made, "hi");
  expect(answer).toEqual({ id: "c1", type: "response", command: "prompt", success: true, data: { disposition: "started" } });
  const types = made.records.map((record) => record.type);
  expect(types[0]).toBe("response");
  expect(types.slice(1, 3)).toEqual(["agent_start", "turn_start"]);
  expect(types.at(-1)).toBe("agent_settled");
  expect(made.events().map((event) => event.seq)).toEqual(made.events().map((_, index) => index + 1));
  expect(made.events().every((event) => event.promptId === "c1")).toBe(true);
  await made.ask("set_thinking_level", { level: "low" });
  expect(made.events().at(-1)).toMatchObject({ type: "thinking_level_changed", level: "low" });
  expect(made.events().at(-1)).not.toHaveProperty("promptId");
});

test("two prompts back to back: the second is refused, or queued when it says how", async () => {
  const gate = new Gate();
  const made = await world({ reply: gate.reply("done") });
  const end = made.next(settled);
  const arrival = gate.arrival();
  const first = made.ask("prompt", { message: "one" });
  const second = made.ask("prompt", { message: "two" });
  const third = made.ask("prompt", { message: "three", streamingBehavior: "followUp" });
  expect((await first).data).toEqual({ disposition: "started" });
  expect((await second).error).toBe("Agent is already processing. Specify streamingBehavior ('steer' or 'followUp') to queue the message.");
  expect((await third).data).toEqual({ disposition: "queued" });
  expect(made.records.at(-2)).toMatchObject({ type: "queue_update", followUp: ["three"] });
  await arrival;
  const again = gate.arrival();
  gate.open();
  await again;
  gate.open();
  await end;
  const texts = ((await made.ask("get_fork_messages")).data as { messages: { text: string }[] }).messages.map((one) => one.text);
  expect(texts).toEqual(["one", "three"]);
});

test("abort answers when all is idle and leaves the queue; the next prompt takes it along", async () => {
  const gate = new Gate();
  const made = await world({ reply: gate.reply("done") });
  const arrival = gate.arrival();
  await made.ask("prompt", { message: "one" });
  await arrival;
  await made.ask("steer", { message: "later" });
  const answer = await made.ask("abort");
  expect(answer.success).toBe(true);
  const at = made.records.findIndex(settled);
  expect(made.records[at]).toMatchObject({ aborted: true });
  expect(at).toBeLessThan(made.records.indexOf(answer));
  expect((await made.ask("get_state")).data).toMatchObject({ isStreaming: false, pendingMessageCount: 1 });
  const end = made.next(settled);
  const next = gate.arrival();
  await made.ask("prompt", { message: "two" });
  await next;
  gate.open();
  await end;
  const texts = ((await made.ask("get_fork_messages")).data as { messages: { text: string }[] }).messages.map((one) => one.text);
  expect(texts).toEqual(["one", "two", "later"]);
});

test("a message queued while nothing runs waits, and can be taken back", async () => {
  const made = await world();
  expect((await made.ask("follow_up", { message: "b" })).data).toEqual({ disposition: "queued" });
  expect((await made.ask("steer", { message: "a" })).data).toEqual({ disposition: "queued" });
  expect(made.events().map((event) => event.type)).toEqual(["queue_update", "queue_update"]);
  expect((await made.ask("clear_queue")).data).toEqual({ steering: ["a"], followUp: ["b"] });
  expect(made.events().at(-1)).toMatchObject({ type: "queue_update", steering: [], followUp: [] });
});

test("state is answered while slow things go on, and many answers come in order", async () => {
  const gate = new Gate();
  const made = await world({ reply: gate.reply("done") });
  const arrival = gate.arrival();
  await made.ask("prompt", { message: "one" });
  await arrival;
  const bash = made.ask("bash", { command: "sleep 5" });
  for (let index = 0; index < 1000; index++) made.line(JSON.stringify({ id: `s${index}`, type: "get_state" }));
  const ids = made
    .responses()
    .filter((one) => one.command === "get_state")
    .map((one) => one.id);
  expect(ids).toEqual(Array.from({ length: 1000 }, (_, index) => `s${index}`));
  await made.ask("abort_bash");
  expect((await bash).data).toMatchObject({ cancelled: true });
  expect((await bash).data).not.toHaveProperty("exitCode");
  await made.ask("abort");
});

test.each([
  [
    "set_model",
    { provider: "anthropic", modelId: "claude-sonet-5" },
    /^Model not found: anthropic\/claude-sonet-5\. Did you mean anthropic\/claude-sonnet-5/,
  ],
  [
    "set_model",
    { provider: "anthropc", modelId: "claude-sonnet-5" },
    /^Model not found: anthropc\/claude-sonnet-5\. Did you mean anthropic\//,
  ],
  ["set_model", { provider: "openai", modelId: "gpt-5" }, /^No API key found for openai/],
  ["nope", {}, /^Unknown command: nope$/],
  ["get_entries", { since: "zzz" }, /^Entry not found: zzz$/],
  ["navigate", { entryId: "zzz" }, /^Entry not found: zzz/],
  ["set_label", { entryId: "zzz" }, /^Entry not found: zzz/],
  ["fork", { entryId: "zzz" }, /^Invalid entry ID for forking/],
  ["clone", {}, /^This session has not been saved yet\. Send a message before cloning or forking it\.$/],
  ["set_session_name", { name: "  " }, /^Session name cannot be empty/],
  ["compact", {}, /^Nothing to compact/],
  ["set_active_tools", { names: ["reed"] }, /^Unknown tool: reed\. Did you mean read\?$/],
  ["prompt", {}, /^prompt: message is missing$/],
  ["prompt", { message: 5 }, /^prompt: message must be a string$/],
  ["prompt", { message: "x", images: [{ type: "image" }] }, /^prompt: images\[0\]\.data is missing$/],
  ["set_thinking_level", { level: "wild" }, /level "wild" is not one of off, minimal/],
  ["bash", { command: null }, /^bash: command is missing$/],
])("%s %j is refused with its text", async (type, params, text) => {
  const made = await world();
  const answer = await made.ask(type, params);
  expect(answer.success).toBe(false);
  expect(answer.error).toMatch(text as RegExp);
  expect(answer.command).toBe(type);
});

test.each([
  ["null", { type: "response", success: false, error: "Unknown command: undefined" }],
  ["[]", { type: "response", success: false, error: "Unknown command: undefined" }],
  ["1", { type: "response", success: false, error: "Unknown command: undefined" }],
  ['"text"', { type: "response", success: false, error: "Unknown command: undefined" }],
  ['{"id":"x"}', { id: "x", type: "response", success: false, error: "Unknown command: undefined" }],
  ['{"id":"x","type":7}', { id: "x", type: "response", success: false, error: "Unknown command: undefined" }],
  [
    '{"id":"x","type":"__proto__"}',
    { id: "x", type: "response", command: "__proto__", success: false, error: "Unknown command: __proto__" },
  ],
])("the line %s is answered", async (line, answer) => {
  const made = await world();
  made.line(line);
  expect(made.records).toEqual([answer]);
});

test("a line that is no JSON is answered without id, a blank one not at all, and a number as id is given back", async () => {
  const made = await world();
  made.line("{");
  made.line("  ");
  made.line('{"id":5,"type":"get_version"}');
  expect(made.records[0]).toMatchObject({ type: "response", command: "parse", success: false });
  expect(made.records[0]?.error).toMatch(/^Failed to parse command: /);
  expect(made.records[0]).not.toHaveProperty("id");
  expect(made.records[1]).toMatchObject({ id: 5, command: "get_version", success: true });
  expect(made.records).toHaveLength(2);
});

test("null for what may be absent is as good as absent", async () => {
  const made = await world();
  expect(await prompted(made, "hi", { images: null, streamingBehavior: null, key: null })).toMatchObject({ success: true });
});

test("bash tells its output under the command's id, and it is in the conversation from then on", async () => {
  const made = await world();
  const answer = await made.ask("bash", { command: "printf 'a\\n'; printf 'b\\n' >&2; exit 3" });
  expect(answer.data).toEqual({ output: "a\nb\n", exitCode: 3, cancelled: false, truncated: false });
  const updates = made.events().filter((event) => event.type === "bash_execution_update");
  expect(updates.map((event) => event.delta).join("")).toBe("a\nb\n");
  expect(updates.every((event) => event.id === answer.id && typeof event.seq === "number")).toBe(true);
  const { messages } = (await made.ask("get_messages")).data as { messages: { role: string }[] };
  expect(messages.map((message) => message.role)).toEqual(["bashExecution"]);
});

test("without a model and without a key the server runs; only the prompt is refused", async () => {
  const made = await world({ options: { model: "anthropic/claude-sonnet-5" }, deps: { custom: {} } });
  expect(((await made.ask("get_state")).data as { model: { id: string } }).model.id).toBe("fake");
  const bare = await makeRpcWorld({ directory: temporaryDirectory(), options: { model: "anthropic/claude-sonnet-5" } });
  onTestFinished(() => bare.sessions.dispose());
  expect(((await bare.ask("get_state")).data as { model: { id: string } }).model.id).toBe("claude-sonnet-5");
  expect((await bare.ask("prompt", { message: "hi" })).error).toMatch(/^No API key found for anthropic\./);
  const { options } = bare.sessions.launch;
  const { model: _named, ...unnamed } = options;
  const none = await makeRpcWorld({ directory: temporaryDirectory(), options: { ...unnamed, model: undefined as never } });
  onTestFinished(() => none.sessions.dispose());
  expect((await none.ask("get_state")).data).not.toHaveProperty("model");
  expect((await none.ask("prompt", { message: "hi" })).error).toMatch(/^No API key found for the selected model\./);
});

test("a new session stops the run, says that the queue is empty, and keeps model, level and modes", async () => {
  const gate = new Gate();
  const made = await world({ reply: gate.reply("done") });
  await made.ask("set_steering_mode", { mode: "all" });
  await made.ask("set_thinking_level", { level: "high" });
  const before = (await made.ask("get_state")).data as { sessionId: string };
  const arrival = gate.arrival();
  await made.ask("prompt", { message: "one" });
  await arrival;
  await made.ask("steer", { message: "queued" });
  // Written together: the prompt is for the new session.
  const replaced = made.ask("new_session");
  const next = gate.arrival();
  const started = made.ask("prompt", { message: "two" });
  expect((await replaced).data).toEqual({ cancelled: false });
  expect((await started).data).toEqual({ disposition: "started" });
  const cleared = made.events().findLastIndex((event) => event.type === "queue_update");
  const stopped = made.events().findIndex(settled);
  expect(made.events()[cleared]).toMatchObject({ steering: [], followUp: [] });
  expect(made.events()[stopped]).toMatchObject({ aborted: true });
  const after = (await made.ask("get_state")).data as { sessionId: string };
  expect(after.sessionId).not.toBe(before.sessionId);
  expect(after).toMatchObject({ model: { id: "fake" }, thinkingLevel: "high", steeringMode: "all", pendingMessageCount: 0 });
  await next;
  gate.open();
  await made.next(settled);
});

test.each(["new_session", "abort"])(
  "a compaction that still waits for its run to stop is given up by %s, and never begins",
  async (type) => {
    const gate = new Gate();
    const made = await world({ reply: gate.reply("done") });
    const arrival = gate.arrival();
    await made.ask("prompt", { message: "one" });
    await arrival;
    const compact = made.ask("compact");
    expect((await made.ask(type)).success).toBe(true);
    expect(await compact).toMatchObject({ success: false, error: "Compaction cancelled" });
    await made.server.settled();
    expect(made.events().map((event) => event.type)).not.toContain("compaction_start");
  },
);

test("switching: to another file, to none, to what is no session, back to the same", async () => {
  const made = await world();
  await prompted(made, "one");
  const { sessionFile: first } = (await made.ask("get_state")).data as { sessionFile: string };
  await made.ask("switch_session", { sessionPath: "fresh/new.jsonl" });
  const { sessionFile: second } = (await made.ask("get_state")).data as { sessionFile: string };
  expect(second).toBe(join(made.cwd, "fresh/new.jsonl"));
  await prompted(made, "two");
  expect(existsSync(second)).toBe(true);
  const wrong = await made.ask("switch_session", { sessionPath: made.cwd });
  expect(wrong.error).toMatch(/^Session file is not a valid pi session: /);
  expect((await made.ask("get_state")).data).toMatchObject({ sessionFile: second });
  await prompted(made, "still here");
  expect((await made.ask("switch_session", { sessionPath: first })).success).toBe(true);
  expect((await made.ask("switch_session", { sessionPath: first })).success).toBe(true);
  const { messages } = (await made.ask("get_fork_messages")).data as { messages: { text: string }[] };
  expect(messages.map((one) => one.text)).toEqual(["one"]);
  await prompted(made, "one more");
  expect(readFileSync(first, "utf8")).toContain("one more");
});

test("forking ends before the message and gives it back; the first message leaves an empty session; cloning keeps all", async () => {
  const made = await world();
  await prompted(made, "one");
  await prompted(made, "two");
  const original = (await made.ask("get_state")).data as { sessionFile: string };
  const ids = ((await made.ask("get_fork_messages")).data as { messages: { entryId: string }[] }).messages.map((one) => one.entryId);
  expect((await made.ask("clone")).data).toEqual({ cancelled: false });
  expect(((await made.ask("get_fork_messages")).data as { messages: unknown[] }).messages).toHaveLength(2);
  expect((await made.ask("fork", { entryId: ids[1] })).data).toEqual({ text: "two", cancelled: false });
  expect(((await made.ask("get_fork_messages")).data as { messages: unknown[] }).messages).toHaveLength(1);
  await made.ask("switch_session", { sessionPath: original.sessionFile });
  expect((await made.ask("fork", { entryId: ids[0] })).data).toEqual({ text: "one", cancelled: false });
  expect(((await made.ask("get_messages")).data as { messages: unknown[] }).messages).toEqual([]);
});

test("navigating to null begins a tree of its own; an entry that is not named at all is missing", async () => {
  const made = await world();
  await prompted(made, "one");
  expect((await made.ask("navigate", {})).error).toBe("navigate: entryId is missing");
  expect((await made.ask("navigate", { entryId: null })).data).toEqual({ cancelled: false });
  expect((await made.ask("get_messages")).data).toEqual({ messages: [] });
  await prompted(made, "anew");
  const { tree } = (await made.ask("get_tree")).data as { tree: unknown[] };
  expect(tree).toHaveLength(2);
});

test("sessions are listed, named, deleted; the one in force gives way to a new one", async () => {
  const made = await world();
  await prompted(made, "one");
  await made.ask("set_session_name", { name: " mine " });
  expect(made.events().at(-1)).toMatchObject({ type: "session_info_changed", name: "mine" });
  const state = (await made.ask("get_state")).data as { sessionFile: string; sessionName: string; sessionId: string };
  expect(state.sessionName).toBe("mine");
  const listed = (await made.ask("list_sessions")).data as { sessions: { path: string; name: string }[] };
  expect(listed.sessions).toMatchObject([{ path: state.sessionFile, name: "mine" }]);
  expect((await made.ask("list_sessions", { limit: 0 })).data).toEqual({ sessions: [] });
  expect((await made.ask("delete_session")).data).toEqual({ path: state.sessionFile });
  expect(existsSync(state.sessionFile)).toBe(false);
  expect(((await made.ask("get_state")).data as { sessionId: string }).sessionId).not.toBe(state.sessionId);
  expect((await made.ask("delete_session", { sessionPath: "nothing.jsonl" })).error).toMatch(/^Session file not found: /);
});

test("tools: which there are, which are on, from the next prompt", async () => {
  const made = await world();
  const { tools } = (await made.ask("get_tools")).data as { tools: { name: string; active: boolean }[] };
  expect(tools.filter((tool) => tool.active).map((tool) => tool.name)).toEqual(["read", "bash", "edit", "write"]);
  expect((await made.ask("set_active_tools", { names: ["read", "grep", "read"] })).data).toEqual({ names: ["read", "grep"] });
  await prompted(made, "hi");
  const { messages } = (await made.ask("get_messages")).data as { messages: { toolsAdded?: { name: string }[] }[] };
  expect(messages[0]?.toolsAdded?.map((tool) => tool.name)).toEqual(["read", "grep"]);
});

test("cycling the model goes round the scope, or says that there is no other", async () => {
  const directory = temporaryDirectory();
  const env = { PATH: "", HOME: directory, ANTHROPIC_API_KEY: "sk-secret-1", OPENAI_API_KEY: "sk-secret-2" };
  const made = await world({
    directory,
    reply: undefined as never,
    deps: { host: { env, homeDir: directory, now: () => Date.now() } },
    options: { model: undefined as never },
    settings: { models: ["openai/gpt-5*:low", "anthropic/claude-sonnet-5:high"] },
  });
  const seen: [string, string][] = [];
  const { model } = (await made.ask("get_state")).data as { model: { id: string } };
  for (;;) {
    const { data } = await made.ask("cycle_model");
    const cycled = data as { model: { id: string; provider: string }; thinkingLevel: string; isScoped: boolean };
    expect(cycled.isScoped).toBe(true);
    seen.push([`${cycled.model.provider}/${cycled.model.id}`, cycled.thinkingLevel]);
    if (cycled.model.id === model.id) break;
    expect(seen.length).toBeLessThan(100);
  }
  expect(seen.map(([name]) => name)).toContain("anthropic/claude-sonnet-5");
  expect(new Set(seen.map(([name]) => name)).size).toBe(seen.length);
  const auth = await made.ask("get_auth");
  expect(JSON.stringify(auth)).not.toContain("sk-secret");
  expect((auth.data as { providers: unknown[] }).providers).toContainEqual({ provider: "anthropic", source: "ANTHROPIC_API_KEY" });
  expect(JSON.stringify(await made.ask("inspect"))).not.toContain("sk-secret");
});

test("what takes its time leaves something to be given back, what only looks does not", async () => {
  const made = await world();
  await made.ask("get_state");
  const worked = vi.spyOn(IdleMemory.prototype, "worked");
  onTestFinished(() => worked.mockRestore());
  await made.ask("get_state");
  await made.ask("get_messages");
  expect(worked).not.toHaveBeenCalled();
  await made.ask("list_sessions");
  await vi.waitFor(() => expect(worked).toHaveBeenCalled());
});
