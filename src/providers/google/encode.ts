// From a model call to what @google/genai takes for `generateContentStream`. Called by the provider.
// Source: https://ai.google.dev/api/generate-content, /gemini-api/docs/thought-signatures, /gemini-api/docs/thinking (checked 2026-11). Invariant: pure.

import type { UserContent } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { ModelCall, ModelRequest } from "../../contracts/model-request.ts";
import { supportsOutputSchema } from "../resolve-dialect.ts";
import {
  imageBlocks,
  plainId,
  type RepairedAssistant,
  type RepairedMessage,
  type RepairedToolResult,
  repairHistory,
  wellFormed,
} from "../shared/repair-history.ts";

export interface GooglePart {
  text?: string;
  thought?: true;
  thoughtSignature?: string;
  inlineData?: { mimeType: string; data: string };
  functionCall?: { name: string; args: Record<string, unknown>; id?: string };
  functionResponse?: { name: string; response: Record<string, unknown>; id?: string; parts?: GooglePart[] };
}

export interface GoogleContent {
  role: "user" | "model";
  parts: GooglePart[];
}

export interface GoogleRequest {
  model: string;
  contents: GoogleContent[];
  config: Record<string, unknown>;
}

/** Ids made here for calls that came without one; they are not told to the service. */
export const ownIdPrefix = "gcall_";

/** What Google tells to put where a call of another model has no signature. */
const noSignature = "skip_thought_signature_validator";

const budgets: Readonly<Record<Exclude<ThinkingLevel, "off">, number>> = {
  minimal: 512,
  low: 2048,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

/** Gemini 2.5 Pro cannot be told not to think; this is the least it takes. */
const smallestProBudget = 128;

export function encodeGoogle(call: ModelCall): GoogleRequest {
  const { model, request } = call;
  const maxTokens = request.maxTokens ?? model.maxTokens;
  const config: Record<string, unknown> = {};
  if (maxTokens > 0) config.maxOutputTokens = maxTokens;
  const system = wellFormed(request.systemPrompt);
  if (system.trim() !== "") config.systemInstruction = { parts: [{ text: system }] };
  if (request.tools.length > 0) {
    const functionDeclarations = request.tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      parametersJsonSchema: { ...tool.parameters, type: "object", properties: tool.parameters.properties ?? {} },
    }));
    config.tools = [{ functionDeclarations }];
  }
  if (request.temperature !== undefined) config.temperature = request.temperature;
  const thinkingConfig = encodeThinking(model, request);
  if (thinkingConfig !== undefined) config.thinkingConfig = thinkingConfig;
  if (request.outputSchema !== undefined && supportsOutputSchema(model, request.tools.length > 0)) {
    config.responseMimeType = "application/json";
    config.responseJsonSchema = request.outputSchema;
  }
  return { model: model.id, contents: encodeContents(call), config };
}

function isGemini2(model: Model): boolean {
  return /gemini-[12]\b/.test(model.id);
}

function encodeThinking(model: Model, { thinkingLevel: level, thinkingBudgets }: ModelRequest): Record<string, unknown> | undefined {
  if (!model.reasoning) return undefined;
  const mapped = model.thinkingLevelMap?.[level];
  if (isGemini2(model)) {
    if (level === "off") return { thinkingBudget: model.id.includes("pro") ? smallestProBudget : 0 };
    return { includeThoughts: true, thinkingBudget: thinkingBudgets?.[level] ?? budgets[level] };
  }
  if (level === "off") return typeof mapped === "string" ? { thinkingLevel: mapped.toUpperCase() } : undefined;
  return { includeThoughts: true, thinkingLevel: (mapped ?? level).toUpperCase() };
}

function encodeContents(call: ModelCall): GoogleContent[] {
  const { model, request } = call;
  const history = repairHistory(request.messages, {
    model,
    validId: (id, attempt) => plainId(id, attempt, 64),
    keepsUnsignedThinking: true,
  });
  const ownIds = idsTold(history);
  const contents: GoogleContent[] = [];
  let images: UserContent[] = [];
  history.forEach((message, index) => {
    if (message.role === "assistant") append(contents, "model", encodeAssistant(message, model, ownIds));
    else if (message.role === "user") {
      const afterResults = contents.at(-1)?.parts.some((part) => part.functionResponse !== undefined) === true;
      append(contents, "user", message.content.map(encodePart), afterResults);
    } else {
      append(contents, "user", [encodeToolResult(message, model, ownIds)]);
      if (isGemini2(model)) images.push(...imageBlocks(message.content));
      if (history[index + 1]?.role === "toolResult" || images.length === 0) return;
      // A turn of function responses holds nothing else, so the images of Gemini 2 follow in one of their own.
      contents.push({ role: "user", parts: [{ text: "Attached image(s) from tool result:" }, ...images.map(encodePart)] });
      images = [];
    }
  });
  return contents;
}

function append(contents: GoogleContent[], role: GoogleContent["role"], parts: GooglePart[], apart = false): void {
  const last = contents.at(-1);
  if (last?.role === role && !apart) last.parts.push(...parts);
  else contents.push({ role, parts });
}

/** Ids of calls that the service itself gave out. */
function idsTold(history: readonly RepairedMessage[]): Set<string> {
  return new Set(
    history.flatMap((message) =>
      message.role === "assistant" && message.own
        ? message.content.flatMap((block) => (block.type === "toolCall" && !block.id.startsWith(ownIdPrefix) ? [block.id] : []))
        : [],
    ),
  );
}

function encodePart(block: UserContent): GooglePart {
  return block.type === "text" ? { text: block.text } : { inlineData: { mimeType: block.mimeType, data: block.data } };
}

function encodeToolResult(message: RepairedToolResult, model: Model, ownIds: ReadonlySet<string>): GooglePart {
  const text = message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const images = isGemini2(model) ? [] : imageBlocks(message.content);
  const shown = text === "" && imageBlocks(message.content).length > 0 ? "(see the attached image)" : text;
  return {
    functionResponse: {
      ...(ownIds.has(message.toolCallId) ? { id: message.toolCallId } : {}),
      name: message.toolName,
      response: message.isError ? { error: shown } : { output: shown },
      ...(images.length > 0 ? { parts: images.map(encodePart) } : {}),
    },
  };
}

function encodeAssistant(message: RepairedAssistant, model: Model, ownIds: ReadonlySet<string>): GooglePart[] {
  let firstCall = true;
  return message.content.map((block): GooglePart => {
    if (block.type === "text") return { text: block.text, ...signed(block.textSignature) };
    if (block.type === "thinking") {
      if (block.redacted === true) return { text: "", ...signed(block.thinkingSignature) };
      return { text: block.thinking, thought: true, ...signed(block.thinkingSignature) };
    }
    const functionCall = { ...(ownIds.has(block.id) ? { id: block.id } : {}), name: block.name, args: block.arguments };
    // From Gemini 3 on the first call of a step is refused without a signature.
    const missing = firstCall && !isGemini2(model) ? { thoughtSignature: noSignature } : {};
    firstCall = false;
    return { functionCall, ...(block.thoughtSignature === undefined ? missing : signed(block.thoughtSignature)) };
  });
}

/** The field holds bytes: what is no base64 would make the whole request unreadable. */
function signed(signature: string | undefined): { thoughtSignature?: string } {
  return signature !== undefined && /^[A-Za-z0-9+/_-]+=*$/.test(signature) ? { thoughtSignature: signature } : {};
}
