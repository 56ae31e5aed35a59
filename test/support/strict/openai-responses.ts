// OpenAI Responses without storage, refusing what the service refuses, in its words.
// Source: https://platform.openai.com/docs/api-reference/responses (checked 2026-11).

import type { WireRequest } from "../wire-server.ts";
import { openaiErrors } from "./openai-errors.ts";
import { Checker, type Complaint, deltasOf, type Part, type Say, type StrictFormat } from "./script.ts";

// biome-ignore lint/suspicious/noExplicitAny: request bodies of any shape
type Any = any;

const topLevel = [
  "model",
  "input",
  "stream",
  "store",
  "include",
  "prompt_cache_key",
  "max_output_tokens",
  "tools",
  "tool_choice",
  "reasoning",
  "text",
  "instructions",
  "parallel_tool_calls",
];

export const strictResponses: StrictFormat = {
  api: "openai-responses",
  basePath: "/v1",
  check,
  stream,
  ...openaiErrors,
};

function check(request: WireRequest): Complaint | undefined {
  const on = new Checker("invalid_value");
  const { headers, body } = request;
  on.require(request.method === "POST" && request.path === "/v1/responses", `Invalid URL (POST ${request.path})`, 404, "unknown_url");
  on.require(/^Bearer \S+$/.test(headers.authorization ?? ""), "You didn't provide an API key.", 401, "invalid_api_key");
  on.require(typeof body === "object" && body !== null, "We could not parse the JSON body of your request.");
  if (on.complaint !== undefined) return on.complaint;
  on.onlyFields(body, topLevel, (field) => `Unknown parameter: '${field}'.`);
  on.require(typeof body.model === "string", "Missing required parameter: 'model'.");
  on.require(Array.isArray(body.input) && body.input.length > 0, "Missing required parameter: 'input'.");
  on.require(body.store === false && body.stream === true, "this server stores nothing and only streams");
  on.require(
    body.max_output_tokens === undefined || body.max_output_tokens >= 16,
    "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.",
  );
  const effort = body.reasoning?.effort;
  on.require(
    effort === undefined || ["none", "minimal", "low", "medium", "high", "xhigh", "max"].includes(effort),
    `Invalid value: '${effort}'.`,
  );
  if (on.complaint !== undefined) return on.complaint;
  checkTools(on, body.tools ?? []);
  checkInput(on, body.input);
  return on.complaint;
}

function checkTools(on: Checker, tools: Any[]): void {
  const names = new Set<string>();
  tools.forEach((tool, index) => {
    on.onlyFields(
      tool,
      ["type", "name", "description", "parameters", "strict"],
      (field) => `Unknown parameter: 'tools[${index}].${field}'.`,
    );
    on.require(tool.type === "function" && /^[a-zA-Z0-9_-]{1,64}$/.test(tool.name ?? ""), `Invalid 'tools[${index}].name'.`);
    on.require(tool.parameters?.type === "object", `Invalid schema for function '${tool.name}'`, 400, "invalid_function_parameters");
    on.require(typeof tool.strict === "boolean", `Missing required parameter: 'tools[${index}].strict'.`);
    on.require(!names.has(tool.name), `Duplicate tool name '${tool.name}'`);
    names.add(tool.name);
  });
}

function checkInput(on: Checker, input: Any[]): void {
  const calls = new Set<string>();
  const outputs = new Set<string>();
  const ids = new Set<string>();
  input.forEach((item, index) => {
    const at = `input[${index}]`;
    if (item.id !== undefined) {
      on.require(!ids.has(item.id), `Duplicate item found with id ${item.id}. Remove duplicate items from your input and try again.`);
      ids.add(item.id);
    }
    if (item.type === "reasoning") checkReasoning(on, item, input[index + 1], at);
    else if (item.type === "function_call") {
      checkCall(on, item, at, ids);
      on.require(!calls.has(item.call_id), `Duplicate function call with call_id ${item.call_id}`);
      calls.add(item.call_id);
    } else if (item.type === "function_call_output") {
      on.onlyFields(item, ["type", "call_id", "output", "id", "status"], (field) => `Unknown parameter: '${at}.${field}'.`);
      on.require(calls.has(item.call_id), `No tool call found for function call output with call_id ${item.call_id}.`);
      on.require(!outputs.has(item.call_id), `Duplicate output for call_id ${item.call_id}`);
      outputs.add(item.call_id);
      if (typeof item.output !== "string") checkParts(on, item.output, at, ["input_text", "input_image"]);
    } else checkMessage(on, item, at);
  });
  for (const id of calls) on.require(outputs.has(id), `No tool output found for function call ${id}.`);
}

function checkReasoning(on: Checker, item: Any, next: Any, at: string): void {
  on.onlyFields(
    item,
    ["type", "id", "summary", "content", "encrypted_content", "status"],
    (field) => `Unknown parameter: '${at}.${field}'.`,
  );
  on.require(String(item.id).startsWith("rs_"), `Invalid '${at}.id': '${item.id}'. Expected an ID that begins with 'rs'.`);
  on.require(Array.isArray(item.summary), `Missing required parameter: '${at}.summary'.`);
  on.require(
    item.encrypted_content === encrypted(item.id, item.summary.map((part: Any) => part.text).join("")),
    `The encrypted content for item ${item.id} could not be verified.`,
    400,
    "invalid_encrypted_content",
  );
  const follows = next?.type === "function_call" || next?.type === "reasoning" || (next?.type === "message" && next.role === "assistant");
  on.require(follows, `Item '${item.id}' of type 'reasoning' was provided without its required following item.`);
}

function checkCall(on: Checker, item: Any, at: string, ids: Set<string>): void {
  on.onlyFields(item, ["type", "id", "call_id", "name", "arguments", "status"], (field) => `Unknown parameter: '${at}.${field}'.`);
  on.require(
    typeof item.call_id === "string" && item.call_id.length <= 64 && item.call_id !== "",
    `Invalid '${at}.call_id': string too long.`,
  );
  on.require(typeof item.arguments === "string" && item.arguments.startsWith("{"), `Invalid type for '${at}.arguments'`);
  if (item.id === undefined) return;
  on.require(item.id.startsWith("fc_"), `Invalid '${at}.id': '${item.id}'. Expected an ID that begins with 'fc'.`);
  const needed = item.id.split("_after_")[1];
  on.require(
    needed === undefined || ids.has(needed),
    `Item '${item.id}' of type 'function_call' was provided without its required 'reasoning' item: '${needed}'.`,
  );
}

function checkMessage(on: Checker, item: Any, at: string): void {
  on.require(item.type === undefined || item.type === "message", `Invalid value: '${item.type}'. Supported values are: 'message', …`);
  on.onlyFields(item, ["type", "role", "content", "id", "status", "phase"], (field) => `Unknown parameter: '${at}.${field}'.`);
  on.require(["user", "assistant", "system", "developer"].includes(item.role), `Invalid value: '${item.role}'.`);
  on.require(
    item.id === undefined || item.id.startsWith("msg"),
    `Invalid '${at}.id': '${item.id}'. Expected an ID that begins with 'msg'.`,
  );
  if (typeof item.content === "string") on.require(item.content !== "", `Invalid '${at}.content': empty string.`);
  else checkParts(on, item.content, at, item.role === "assistant" ? ["output_text", "refusal"] : ["input_text", "input_image"]);
}

function checkParts(on: Checker, parts: Any[], at: string, allowed: string[]): void {
  on.require(Array.isArray(parts) && parts.length > 0, `Invalid type for '${at}.content'.`);
  for (const part of parts ?? []) {
    on.require(
      allowed.includes(part.type),
      `Invalid value: '${part.type}'. Supported values are: ${allowed.map((name) => `'${name}'`).join(" and ")}.`,
    );
    if (part.type === "input_image") {
      on.require(
        /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$/.test(part.image_url ?? ""),
        "Invalid base64 image_url.",
        400,
        "invalid_base64_image",
      );
    } else on.require(typeof part.text === "string" && part.text !== "", `Invalid '${at}.content': empty text.`);
  }
}

function encrypted(id: string, text: string): string {
  return `gAAAA${Buffer.from(`${id}:${text}`).toString("base64url")}`;
}

function stream(say: Say, request: WireRequest): string {
  const turn = request.body.input.length;
  const length = say.deltaLength ?? 7;
  const response = { id: `resp_${turn}`, object: "response", model: request.body.model, status: "in_progress", output: [] };
  const events: Any[] = [
    { type: "response.created", response },
    { type: "response.in_progress", response },
  ];
  let reasoningId: string | undefined;
  say.say.forEach((part, index) => {
    const made = itemEvents(part, index, turn, length, reasoningId);
    if (made.item.type === "reasoning") reasoningId = made.item.id;
    events.push({ type: "response.output_item.added", output_index: index, item: made.opening });
    events.push(...made.events, { type: "response.output_item.done", output_index: index, item: made.item });
  });
  const ends = {
    length: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
    refusal: { status: "incomplete", incomplete_details: { reason: "content_filter" } },
  };
  const end = say.stop === "length" || say.stop === "refusal" ? ends[say.stop] : { status: "completed", incomplete_details: null };
  events.push({ type: `response.${end.status}`, response: { ...response, ...end, usage: usageOf(say) } });
  return events
    .map((event, sequence_number) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`)
    .join("");
}

function usageOf(say: Say): Any {
  const usage = say.usage ?? { input: 10, output: 5 };
  const input_tokens = usage.input + (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0);
  return {
    input_tokens,
    output_tokens: usage.output,
    total_tokens: input_tokens + usage.output,
    input_tokens_details: { cached_tokens: usage.cacheRead ?? 0, cache_write_tokens: usage.cacheWrite ?? 0 },
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  };
}

function itemEvents(
  part: Part,
  output_index: number,
  turn: number,
  length: number,
  reasoningId: string | undefined,
): { opening: Any; item: Any; events: Any[] } {
  if ("text" in part) {
    const item = { type: "message", id: `msg_${turn}_${output_index}`, role: "assistant", status: "completed", phase: "final_answer" };
    const content = [{ type: "output_text", text: part.text, annotations: [] }];
    const at = { output_index, item_id: item.id, content_index: 0 };
    return {
      opening: { ...item, status: "in_progress", content: [] },
      item: { ...item, content },
      events: [
        { type: "response.content_part.added", ...at, part: { type: "output_text", text: "", annotations: [] } },
        ...deltasOf(part.text, length).map((delta) => ({ type: "response.output_text.delta", ...at, delta })),
        { type: "response.output_text.done", ...at, text: part.text },
        { type: "response.content_part.done", ...at, part: content[0] },
      ],
    };
  }
  if ("call" in part) {
    const id = `fc_${turn}_${output_index}${reasoningId === undefined ? "" : `_after_${reasoningId}`}`;
    const item = { type: "function_call", id, call_id: part.id ?? `call_${turn}_${output_index}`, name: part.call, status: "completed" };
    const json = JSON.stringify(part.arguments);
    return {
      opening: { ...item, status: "in_progress", arguments: "" },
      item: { ...item, arguments: json },
      events: [
        ...deltasOf(json, length).map((delta) => ({ type: "response.function_call_arguments.delta", output_index, item_id: id, delta })),
        { type: "response.function_call_arguments.done", output_index, item_id: id, arguments: json },
      ],
    };
  }
  const text = "thinking" in part ? part.thinking : "";
  const id = `rs_${turn}_${output_index}`;
  const summary = text === "" ? [] : [{ type: "summary_text", text }];
  const item = { type: "reasoning", id, summary, encrypted_content: encrypted(id, text), status: null };
  const at = { output_index, item_id: id, summary_index: 0 };
  return {
    opening: { type: "reasoning", id, summary: [] },
    item: "redacted" in part ? { ...item, status: "completed", content: [], summary: [], encrypted_content: encrypted(id, "") } : item,
    events:
      text === ""
        ? []
        : [
            { type: "response.reasoning_summary_part.added", ...at, part: { type: "summary_text", text: "" } },
            ...deltasOf(text, length).map((delta) => ({ type: "response.reasoning_summary_text.delta", ...at, delta })),
            { type: "response.reasoning_summary_text.done", ...at, text },
          ],
  };
}
