#!/usr/bin/env node
// Stands for Claude Code: speaks its records over stdin and stdout, asks a Messages endpoint (ANTHROPIC_BASE_URL) as it does, calls our tools and
// hooks by control requests. With `--records FILE` it says what stands there instead. Started by the runtime `claude` in tests.
// Invariant: it is strict about what it is given, and keeps nothing but its sessions, in CLAUDE_CONFIG_DIR.

import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const args = process.argv.slice(2);
const argument = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
if (args[0] === "--version") {
  console.log("2.1.332 (Claude Code)");
  process.exit(0);
}
const out = (record) => process.stdout.write(`${JSON.stringify(record)}\n`);
const note = (record) => {
  const file = argument("--journal");
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(record)}\n`);
};
const configDir = process.env.CLAUDE_CONFIG_DIR ?? join(process.env.HOME ?? "/tmp", ".claude");
const sessionFile = (id) => join(configDir, `${id}.json`);
note({ started: args, env: process.env, cwd: process.cwd() });

let initialize;
let requests = 0;
const answers = new Map();
const control = (request) =>
  new Promise((resolve) => {
    const id = `child-${++requests}`;
    answers.set(id, resolve);
    out({ type: "control_request", request_id: id, request });
  });
const mcp = async (method, params) => {
  const { response } = await control({
    subtype: "mcp_message",
    server_name: "pi",
    message: { jsonrpc: "2.0", id: ++requests, method, params },
  });
  return response.mcp_response.result;
};
const hook = async (event, input, toolUseId) => {
  const callback = initialize?.hooks?.[event]?.[0]?.hookCallbackIds?.[0];
  if (callback === undefined) return {};
  const about = { hook_event_name: event, ...input };
  const { response } = await control({ subtype: "hook_callback", callback_id: callback, input: about, tool_use_id: toolUseId });
  return response ?? {};
};

const queue = [];
let wake;
let interrupted;
const nextPrompt = async () => {
  while (queue.length === 0) {
    if (closed) return undefined;
    await new Promise((resolve) => {
      wake = resolve;
    });
  }
  return queue.shift();
};
let closed = false;
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  let record;
  try {
    record = JSON.parse(line);
    if (record === null) throw new Error("null");
  } catch {
    process.stderr.write("Error parsing streaming input line\n");
    process.exit(1);
  }
  note({ received: record });
  if (record.type === "control_response") {
    answers.get(record.response.request_id)?.(record.response);
    return;
  }
  if (record.type === "control_request") {
    if (record.request.subtype === "initialize") initialize = record.request;
    out({ type: "control_response", response: { subtype: "success", request_id: record.request_id, response: {} } });
    if (record.request.subtype === "interrupt") interrupted?.();
    return;
  }
  if (record.type === "user") queue.push(record.message);
  wake?.();
});
lines.on("close", () => {
  closed = true;
  wake?.();
});

/** Of the endpoint's stream, event by event. */
async function* events(response, signal) {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    if (signal.aborted) return;
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = /^data: ?(.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

async function ask(messages, tools, session, abort) {
  const body = {
    model: argument("--model") ?? "claude-sonnet-4-5",
    max_tokens: 1024,
    stream: true,
    ...(initialize?.appendSystemPrompt ? { system: [{ type: "text", text: initialize.appendSystemPrompt }] } : {}),
    messages,
    ...(tools.length === 0 ? {} : { tools }),
  };
  const response = await fetch(`${process.env.ANTHROPIC_BASE_URL}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": process.env.ANTHROPIC_API_KEY ?? "", "anthropic-version": "2023-06-01" },
    body: JSON.stringify(body),
    signal: abort.signal,
  });
  if (!response.ok) return { failed: response.status, text: await response.text() };
  const blocks = [];
  let message;
  const waiting = [];
  for await (const event of events(response, abort.signal)) {
    out({ type: "stream_event", event, session_id: session, parent_tool_use_id: null });
    if (event.type === "message_start") message = { ...event.message, content: [] };
    if (event.type === "content_block_start") blocks[event.index] = { ...event.content_block, json: "" };
    if (event.type === "content_block_delta") {
      const block = blocks[event.index];
      if (event.delta.type === "text_delta") block.text += event.delta.text;
      if (event.delta.type === "thinking_delta") block.thinking += event.delta.thinking;
      if (event.delta.type === "signature_delta") block.signature = (block.signature ?? "") + event.delta.signature;
      if (event.delta.type === "input_json_delta") block.json += event.delta.partial_json;
    }
    if (event.type === "content_block_stop") {
      const { json, ...block } = blocks[event.index];
      if (block.type === "tool_use") block.input = json === "" ? {} : JSON.parse(json);
      blocks[event.index] = block;
      out({
        type: "assistant",
        message: { ...message, content: [block], stop_reason: null },
        parent_tool_use_id: null,
        session_id: session,
      });
      // Before the message has ended, as the real one does.
      if (block.type === "tool_use") waiting.push(callTool(block));
    }
    if (event.type === "message_delta") message = { ...message, stop_reason: event.delta.stop_reason };
  }
  return { message, blocks: blocks.filter(Boolean), results: await Promise.all(waiting) };
}

async function callTool({ id, name, input }) {
  const { hookSpecificOutput } = await hook("PreToolUse", { tool_name: name, tool_input: input }, id);
  const { permissionDecision: decided, permissionDecisionReason: why } = hookSpecificOutput ?? {};
  if (decided === "defer") return { deferred: { id, name, input } };
  if (decided === "deny") return { id, content: [{ type: "text", text: why }], isError: true };
  if (!name.startsWith("mcp__pi__")) {
    await hook("PostToolUse", { tool_name: name, tool_input: input, tool_response: "done" }, id);
    return { id, content: [{ type: "text", text: "done" }], isError: false };
  }
  const result = await mcp("tools/call", { name: name.slice(9), arguments: input, _meta: { "claudecode/toolUseId": id } });
  return { id, content: result.content, isError: result.isError === true };
}

async function run() {
  const resumed = argument("--resume");
  const session = resumed ?? crypto.randomUUID();
  const about = { session_id: session, uuid: crypto.randomUUID() };
  const ended = (record) => {
    out({ type: "result", subtype: "success", is_error: false, result: "", num_turns: 1, total_cost_usd: 0, ...about, ...record });
  };
  if (resumed !== undefined && !existsSync(sessionFile(resumed))) {
    ended({ subtype: "error_during_execution", is_error: true, errors: [`No conversation found with session ID: ${resumed}`] });
    process.exitCode = 1;
    return;
  }
  const messages = resumed === undefined ? [] : JSON.parse(readFileSync(sessionFile(resumed), "utf8"));
  const prompt = await nextPrompt();
  if (prompt === undefined) return;
  const last = prompt.content.at(-1)?.text ?? "";
  if (/^\//.test(last.trim()) || /(^|[\s"])@\S/.test(last)) {
    process.stderr.write("the last block is carried out\n");
    process.exit(9);
  }
  await mcp("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "claude-code", version: "2" } });
  const { tools } = await mcp("tools/list", {});
  const declared = tools.map(({ name, description, inputSchema }) => ({
    name: `mcp__pi__${name}`,
    description,
    input_schema: inputSchema,
  }));
  const builtIn = (argument("--tools") ?? "").split(",").filter(Boolean);
  const offered = [...declared, ...builtIn.map((name) => ({ name, description: name, input_schema: { type: "object", properties: {} } }))];
  out({
    type: "system",
    subtype: "init",
    cwd: process.cwd(),
    model: argument("--model") ?? "claude-sonnet-4-5",
    claude_code_version: "2.1.332",
    tools: offered.map(({ name }) => name),
    mcp_servers: [{ name: "pi", status: process.env.FAKE_BRIDGE ?? "connected" }],
    ...about,
  });
  await hook("UserPromptSubmit", { prompt: last });
  if (args.includes("--compact")) {
    await hook("PreCompact", { trigger: "auto" });
    out({ type: "system", subtype: "status", status: "compacting", ...about });
    await hook("PostCompact", { trigger: "auto", compact_summary: "What was said before." });
    out({
      type: "system",
      subtype: "compact_boundary",
      compact_metadata: { trigger: "auto", pre_tokens: 9000, post_tokens: 800 },
      ...about,
    });
  }
  // A call that the host has taken away leaves the message before it without an answer.
  if (messages.at(-1)?.role === "user") messages.at(-1).content.push(...prompt.content);
  else messages.push(prompt);
  for (;;) {
    const abort = new AbortController();
    interrupted = () => abort.abort();
    let answer;
    try {
      answer = await ask(messages, offered, session, abort);
    } catch (error) {
      if (!abort.signal.aborted) return ended({ is_error: true, result: `API Error: ${error.message}`, api_error_status: null });
      answer = undefined;
    }
    if (abort.signal.aborted || answer === undefined)
      return ended({ subtype: "error_during_execution", is_error: true, terminal_reason: "aborted_streaming" });
    if (answer.failed !== undefined) {
      const text = `API Error: ${answer.failed} ${answer.text}`;
      out({
        type: "assistant",
        error: "api",
        message: { model: "<synthetic>", content: [{ type: "text", text }] },
        parent_tool_use_id: null,
      });
      return ended({ is_error: true, result: text, api_error_status: answer.failed });
    }
    messages.push({ role: "assistant", content: answer.blocks });
    const deferred = answer.results.find((one) => one.deferred)?.deferred;
    if (deferred !== undefined) {
      messages.pop();
      keep(session, messages);
      return ended({ terminal_reason: "tool_deferred", deferred_tool_use: deferred });
    }
    if (answer.results.length === 0) {
      const text = answer.blocks.filter(({ type }) => type === "text").map((block) => block.text);
      keep(session, messages);
      await hook("Stop", {});
      return ended({ result: text.join("\n"), terminal_reason: "completed" });
    }
    const content = answer.results.map(({ id, content: parts, isError }) => ({
      type: "tool_result",
      tool_use_id: id,
      content: parts.map((part) =>
        part.type === "image" ? { type: "image", source: { type: "base64", media_type: part.mimeType, data: part.data } } : part,
      ),
      ...(isError ? { is_error: true } : {}),
    }));
    out({ type: "user", message: { role: "user", content }, parent_tool_use_id: null, session_id: session });
    const steered = queue.splice(0).flatMap((one) => one.content);
    messages.push({ role: "user", content: [...content, ...steered] });
  }
}

function keep(session, messages) {
  mkdirSync(configDir, { recursive: true });
  writeFileSync(sessionFile(session), JSON.stringify(messages));
}

const recordsFile = argument("--records");
if (recordsFile === undefined) {
  await run();
  await new Promise((resolve) => (closed ? resolve() : lines.once("close", resolve)));
} else {
  await nextPrompt();
  for (const line of readFileSync(recordsFile, "utf8").split("\n")) if (line !== "") process.stdout.write(`${line}\n`);
  const how = argument("--then") ?? "end";
  if (how === "end") await new Promise((resolve) => (closed ? resolve() : lines.once("close", resolve)));
  else if (how === "hang") setInterval(() => undefined, 1000);
  else if (how === "die") process.kill(process.pid, "SIGKILL");
  else process.exitCode = Number(how);
}
