// What `pi runner` is given and gives: one JSON object each, as hosts that keep agents in containers know them. Read and made by run-runner, read
// again on the host's side by `container`. Pure. Invariant: what is wrong with an input is named by its field; fields that are not known are not
// looked at; a marker stands on lines of its own and nowhere else.

import { isDeeperThan, maxArgumentLevels } from "../../contracts/depth.ts";
import { PiError } from "../../contracts/error.ts";
import { isThinkingLevel, type ThinkingLevel, thinkingLevels } from "../../contracts/model.ts";
import type { Usage } from "../../contracts/usage.ts";
import type { ClientTool, ClientToolResult, MessagingContext, PendingToolCall, ReplyPayload } from "../request.ts";
import type { RuntimeKind } from "../result.ts";
import { requireGroupName } from "../sessions/group-folder.ts";

export interface ContainerInput {
  prompt: string;
  groupFolder: string;
  chatJid: string;
  isMain: boolean;
  isScheduledTask: boolean;
  contextMode: "group" | "isolated";
  sessionId?: string;
  engine?: string;
  model?: string;
  thinking?: ThinkingLevel;
  timeoutMs?: number;
  images: { path: string; mimeType?: string }[];
  extraSystemPrompt?: string;
  context?: MessagingContext;
  tools?: { allow?: string[]; deny?: string[] };
  clientTools?: ClientTool[];
  toolResults?: ClientToolResult[];
}

export interface ContainerOutput {
  status: "success" | "error" | "partial";
  result: string | null;
  new_session_id: string | null;
  newSessionId: string | null;
  error: string | null;
  code?: string;
  outcome: string;
  engine?: RuntimeKind;
  fallback_from?: { runtime: RuntimeKind; code: string }[];
  session_present: boolean;
  used_ipc_send: boolean;
  tool_calls: { id: string; tool: string; args: unknown; status: string; result_preview: string }[];
  pending_tool_calls?: { id: string; tool: string; args: unknown }[];
  partial_result?: string;
  /** Where they say more than the text. */
  payloads?: ReplyPayload[];
  usage?: Usage;
  cost_usd: number;
  duration_ms: number;
  retry_at?: number;
  /** Of what came out of a container: something was left out of it. */
  truncated?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

function bad(field: string, expected: string, value: unknown): PiError {
  const got = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
  return new PiError("usage.runner_input", `${field} must be ${expected}, got ${got.length > 60 ? `${got.slice(0, 60)}…` : got}`, {
    hint: "docs/hosting.md has the fields of the input",
  });
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Of either spelling; `null` is nothing. */
function field(fields: Fields, name: string): unknown {
  return (
    (Object.hasOwn(fields, name) ? fields[name] : undefined) ??
    (Object.hasOwn(fields, snake(name)) ? fields[snake(name)] : undefined) ??
    undefined
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function optional<T>(fields: Fields, name: string, expected: string, is: (value: unknown) => value is T): T | undefined {
  const value = field(fields, name);
  if (value === undefined) return undefined;
  if (is(value)) return value;
  throw bad(name, expected, value);
}

const isText = (value: unknown): value is string => typeof value === "string";
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const isCount = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;

function required(fields: Fields, name: string): string {
  const value = field(fields, name);
  if (typeof value === "string" && value.trim() !== "") return value;
  throw bad(name, "a text", value);
}

function given<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: V };
}

function list<T>(fields: Fields, name: string, read: (item: Fields, place: string) => T): T[] | undefined {
  const value = field(fields, name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw bad(name, "a list", value);
  return value.map((item, index) => {
    const place = `${name}[${index}]`;
    if (!isFields(item)) throw bad(place, "an object", item);
    return read(item, place);
  });
}

/** @throws PiError `usage.runner_input`, `usage.group` */
export function parseContainerInput(text: string): ContainerInput {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw new PiError("usage.runner_input", text.trim() === "" ? "There is nothing on stdin" : "What is on stdin is no JSON", {
      hint: 'Give one object, such as {"prompt":"hi","groupFolder":"main","chatJid":"room"}',
    });
  }
  if (isDeeperThan(json, maxArgumentLevels))
    throw new PiError("usage.runner_input", `The input is nested deeper than ${maxArgumentLevels} levels`, {
      hint: "Give what is so deep as a text",
    });
  if (!isFields(json)) throw bad("The input", "an object", json);
  const toolResults = list(json, "toolResults", readToolResult);
  const contextMode = optional(json, "contextMode", "group or isolated", isText) ?? "group";
  if (contextMode !== "group" && contextMode !== "isolated") throw bad("contextMode", "group or isolated", contextMode);
  const thinking = optional(json, "thinking", `one of ${thinkingLevels.join(", ")}`, isText);
  if (thinking !== undefined && !isThinkingLevel(thinking)) throw bad("thinking", `one of ${thinkingLevels.join(", ")}`, thinking);
  const tools = optional(json, "tools", "an object", isFields);
  const context = optional(json, "context", "an object", isFields);
  return {
    prompt: toolResults === undefined ? required(json, "prompt") : (optional(json, "prompt", "a text", isText) ?? ""),
    groupFolder: requireGroupName(required(json, "groupFolder")),
    chatJid: required(json, "chatJid"),
    isMain: optional(json, "isMain", "true or false", isFlag) ?? false,
    isScheduledTask: optional(json, "isScheduledTask", "true or false", isFlag) ?? false,
    contextMode,
    images: list(json, "images", readImage) ?? [],
    ...given("sessionId", textOrNothing(json, "sessionId")),
    ...given("engine", textOrNothing(json, "engine")),
    ...given("model", textOrNothing(json, "model")),
    ...given("thinking", thinking),
    ...given("timeoutMs", optional(json, "timeoutMs", "a number of ms from 0", isCount)),
    ...given("extraSystemPrompt", optional(json, "extraSystemPrompt", "a text", isText)),
    ...given("context", context === undefined ? undefined : readContext(context)),
    ...given("tools", tools === undefined ? undefined : readTools(tools)),
    ...given("clientTools", list(json, "clientTools", readClientTool)),
    ...given("toolResults", toolResults),
  };
}

/** An empty one is none. */
function textOrNothing(fields: Fields, name: string): string | undefined {
  const value = optional(fields, name, "a text", isText);
  return value === "" ? undefined : value;
}

function readImage(item: Fields, place: string): ContainerInput["images"][number] {
  const path = field(item, "path") ?? field(item, "containerPath");
  if (typeof path !== "string" || path === "") throw bad(`${place}.path`, "a text", path);
  return { path, ...given("mimeType", optional(item, "mimeType", "a text", isText)) };
}

function readTools(tools: Fields): NonNullable<ContainerInput["tools"]> {
  return {
    ...given("allow", optional(tools, "allow", "a list of names", isTexts)),
    ...given("deny", optional(tools, "deny", "a list of names", isTexts)),
  };
}

function readClientTool(item: Fields, place: string): ClientTool {
  const name = field(item, "name");
  if (typeof name !== "string" || !/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw bad(`${place}.name`, "letters, digits, _ and -", name);
  const parameters = field(item, "parameters") ?? field(item, "inputSchema") ?? { type: "object", properties: {} };
  if (!isFields(parameters)) throw bad(`${place}.parameters`, "a JSON Schema", parameters);
  return { name, description: optional(item, "description", "a text", isText) ?? "", parameters };
}

function readToolResult(item: Fields, place: string): ClientToolResult {
  const id = field(item, "toolCallId") ?? field(item, "id");
  if (typeof id !== "string" || id === "") throw bad(`${place}.toolCallId`, "a text", id);
  const result = field(item, "text") ?? field(item, "result") ?? field(item, "content");
  const toolName = field(item, "toolName") ?? field(item, "tool") ?? "";
  if (typeof toolName !== "string") throw bad(`${place}.toolName`, "a text", toolName);
  const isError = optional(item, "isError", "true or false", isFlag);
  return {
    toolCallId: id,
    toolName,
    text: typeof result === "string" ? result : (JSON.stringify(result) ?? ""),
    ...given("isError", isError),
  };
}

const contextTexts = [
  "channel",
  "provider",
  "to",
  "threadId",
  "groupId",
  "groupChannel",
  "groupSpace",
  "spawnedBy",
  "senderId",
  "senderName",
  "senderUsername",
  "senderE164",
  "replyToMode",
  "currentChannelId",
] as const satisfies readonly (keyof MessagingContext)[];

function readContext(fields: Fields): MessagingContext {
  const texts = contextTexts.map((name) => [name, optional(fields, name, "a text", isText)] as const);
  return {
    ...Object.fromEntries(texts.filter(([, value]) => value !== undefined)),
    ...given("senderIsOwner", optional(fields, "senderIsOwner", "true or false", isFlag)),
    ...given("ownerNumbers", optional(fields, "ownerNumbers", "a list of texts", isTexts)),
  };
}

export interface Marker {
  start: string;
  end: string;
}

/** @throws PiError `usage.runner_input` */
export function markerNamed(name: string): Marker {
  if (/^[A-Za-z0-9][A-Za-z0-9_]{0,63}$/.test(name)) return { start: `---${name}_START---`, end: `---${name}_END---` };
  throw new PiError("usage.runner_input", `${JSON.stringify(name.slice(0, 80))} cannot be a marker`, {
    hint: "Give letters, digits and _, such as PI_OUTPUT",
  });
}

/** One pair. A marker in the JSON itself is written so that no reader takes it for one. */
export function markedLine(output: object, { start, end }: Marker): string {
  const escaped = (marker: string): string => `\\u002d${marker.slice(1)}`;
  const json = JSON.stringify(output).replaceAll(start, escaped(start)).replaceAll(end, escaped(end));
  return `${start}\n${json}\n${end}\n`;
}

export function pendingOf(calls: readonly PendingToolCall[]): NonNullable<ContainerOutput["pending_tool_calls"]> {
  return calls.map(({ id, name, arguments: args }) => ({ id, tool: name, args }));
}
