// From a model call to a Responses request that needs no storage at the service: the whole conversation goes along, reasoning encrypted. Called by the provider.
// Source: https://platform.openai.com/docs/api-reference/responses (checked 2026-11). Invariant: pure; a reasoning item never stands without what it led to.

import { defined } from "../../contracts/defined.ts";
import type { UserContent } from "../../contracts/message.ts";
import type { ModelCall, ModelRequest } from "../../contracts/model-request.ts";
import type { ResponsesDialect } from "../dialect.ts";
import { responsesDialect, supportsOutputSchema } from "../resolve-dialect.ts";
import { answerRoom } from "../shared/answer-room.ts";
import { parseObject } from "../shared/json.ts";
import { hasObjectRoot, isStrictSchema } from "../shared/json-schema.ts";
import { plainId, type RepairedAssistant, type RepairedToolResult, repairHistory, wellFormed } from "../shared/repair-history.ts";
import { samplingFields } from "../shared/sampling-fields.ts";

export type InputPart =
  | { type: "input_text"; text: string }
  | { type: "input_image"; image_url: string; detail: "auto" }
  | { type: "output_text"; text: string; annotations: [] };

export type InputItem =
  | { role: "system" | "developer"; content: string }
  | { role: "user"; content: InputPart[] }
  | { type: "message"; role: "assistant"; content: InputPart[]; id?: string; status?: "completed"; phase?: string }
  | { type: "function_call"; call_id: string; name: string; arguments: string; id?: string }
  | { type: "function_call_output"; call_id: string; output: string | InputPart[] }
  | Record<string, unknown>;

export interface ResponsesRequest {
  model: string;
  input: InputItem[];
  stream: true;
  store: false;
  [field: string]: unknown;
}

/** The service refuses a smaller limit. */
const smallestAnswerTokens = 16;

export function encodeResponses(call: ModelCall): ResponsesRequest {
  const { model, request } = call;
  const dialect = responsesDialect(model);
  const body: ResponsesRequest = {
    model: model.requestName ?? model.id,
    input: encodeInput(call, dialect),
    stream: true,
    store: false,
    ...dialect.extraBody,
  };
  const maxTokens = answerRoom(model, request);
  if (dialect.supportsMaxOutputTokens && maxTokens !== undefined) body.max_output_tokens = Math.max(maxTokens, smallestAnswerTokens);
  if (request.sessionId !== undefined && dialect.promptCacheKeyMode !== "disabled") body.prompt_cache_key = request.sessionId.slice(0, 64);
  if (request.cacheRetention === "long" && dialect.supportsLongCacheRetention) {
    Object.assign(
      body,
      dialect.supportsExplicitPromptCacheMode ? { prompt_cache_options: { ttl: "30m" } } : { prompt_cache_retention: "24h" },
    );
  }
  if (request.temperature !== undefined) body.temperature = request.temperature;
  if (request.tools.length > 0) body.tools = encodeTools(request, dialect);
  addReasoning(body, call);
  if (request.outputSchema !== undefined && supportsOutputSchema(model, request.tools.length > 0) && hasObjectRoot(request.outputSchema)) {
    const strict = dialect.supportsStrictMode && isStrictSchema(request.outputSchema);
    body.text = {
      ...(dialect.extraBody.text as object | undefined),
      format: { type: "json_schema", name: "answer", schema: request.outputSchema, strict },
    };
  }
  return Object.assign(body, samplingFields(call));
}

function encodeTools(request: ModelRequest, dialect: ResponsesDialect): unknown[] {
  return request.tools.map((tool) => ({
    type: "function",
    name: tool.name,
    description: tool.description,
    parameters: { ...tool.parameters, type: "object", properties: tool.parameters.properties ?? {} },
    // Where the field is absent the service makes schemas strict by itself, and so optional parameters required.
    strict: (dialect.supportsStrictMode && isStrictSchema(tool.parameters)) || dialect.strictWhereLoose,
  }));
}

function addReasoning(body: ResponsesRequest, call: ModelCall): void {
  const { model, request } = call;
  if (!model.reasoning) return;
  body.include = ["reasoning.encrypted_content"];
  const mapped = model.thinkingLevelMap?.[request.thinkingLevel];
  if (request.thinkingLevel === "off") {
    if (typeof mapped === "string") body.reasoning = { effort: mapped };
    return;
  }
  body.reasoning = { effort: mapped ?? request.thinkingLevel, summary: "auto" };
}

function encodeInput(call: ModelCall, dialect: ResponsesDialect): InputItem[] {
  const { model, request } = call;
  const items: InputItem[] = [];
  const system = wellFormed(request.systemPrompt);
  if (system.trim() !== "")
    items.push({ role: model.reasoning && dialect.supportsDeveloperRole ? "developer" : "system", content: system });
  // The npm agent writes `call id|item id`.
  const ownId = (id: string): string => id.split("|")[0] ?? id;
  const history = repairHistory(request.messages, { model, ownId, validId: (id, attempt) => plainId(ownId(id), attempt, 64) });
  for (const message of history) {
    if (message.role === "user") items.push({ role: "user", content: message.content.map(encodePart) });
    else if (message.role === "toolResult") items.push(encodeToolResult(message));
    else items.push(...encodeAssistant(message));
  }
  return items;
}

function encodePart(block: UserContent): InputPart {
  return block.type === "text"
    ? { type: "input_text", text: block.text }
    : { type: "input_image", image_url: `data:${block.mimeType};base64,${block.data}`, detail: "auto" };
}

function encodeToolResult(message: RepairedToolResult): InputItem {
  const plain = message.content.every((block) => block.type === "text");
  const text = message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const output = plain ? (text === "" ? "(no output)" : text) : message.content.map(encodePart);
  return { type: "function_call_output", call_id: message.toolCallId, output };
}

/** What a text block's signature says of the message item it came in. */
export interface MessageMark {
  v: 1;
  id: string;
  phase?: string;
}

function markOf(signature: string | undefined): { id?: string; phase?: string } {
  if (signature === undefined) return {};
  if (!signature.startsWith("{")) return { id: signature };
  const mark = parseObject(signature);
  return {
    ...(typeof mark?.id === "string" ? { id: mark.id } : {}),
    ...(typeof mark?.phase === "string" ? { phase: mark.phase } : {}),
  };
}

function encodeAssistant(message: RepairedAssistant): InputItem[] {
  const items: InputItem[] = [];
  const reasoning = message.content.map((block) => (block.type === "thinking" ? reasoningItem(block.thinkingSignature) : undefined));
  // An item id refers to the reasoning before it; without that reasoning it must not be named.
  const keepsIds = message.content.every((block, index) => block.type !== "thinking" || reasoning[index] !== undefined);
  let open: { id: string; content: InputPart[] } | undefined;
  message.content.forEach((block, index) => {
    if (block.type !== "text") open = undefined;
    if (block.type === "thinking") {
      const item = reasoning[index];
      // Reasoning that led to nothing is refused.
      if (item !== undefined && message.content.slice(index + 1).some((later) => later.type !== "thinking")) items.push(item);
    } else if (block.type === "toolCall") {
      const id = keepsIds && block.thoughtSignature?.startsWith("fc") ? { id: block.thoughtSignature } : {};
      items.push({ type: "function_call", call_id: block.id, name: block.name, arguments: JSON.stringify(block.arguments), ...id });
    } else {
      const part: InputPart = { type: "output_text", text: block.text, annotations: [] };
      const mark = markOf(block.textSignature);
      const id = keepsIds && mark.id?.startsWith("msg") && mark.id.length <= 64 ? mark.id : undefined;
      if (open !== undefined && open.id === id) {
        open.content.push(part);
        return;
      }
      const content = [part];
      open = id === undefined ? undefined : { id, content };
      items.push({
        type: "message",
        role: "assistant",
        content,
        ...(id === undefined ? {} : { id, status: "completed" }),
        ...defined({ phase: mark.phase }),
      });
    }
  });
  return items;
}

/** A reasoning item as it came; only its encrypted content makes it of use to a service that stores nothing. */
function reasoningItem(signature: string | undefined): Record<string, unknown> | undefined {
  const item = parseObject(signature ?? "");
  return item?.type === "reasoning" && typeof item.encrypted_content === "string" ? item : undefined;
}
