// Gemini generateContent, refusing what the service refuses, in its words.
// Source: https://ai.google.dev/api/generate-content and /gemini-api/docs/thought-signatures (checked 2026-11).

import type { WireRequest } from "../wire-server.ts";
import { Checker, type Complaint, deltasOf, type Part, type Say, type StrictFormat } from "./script.ts";

// biome-ignore lint/suspicious/noExplicitAny: request bodies of any shape
type Any = any;

const topLevel = ["contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings", "cachedContent"];
const generationFields = [
  "maxOutputTokens",
  "thinkingConfig",
  "responseMimeType",
  "responseJsonSchema",
  "temperature",
  "topP",
  "stopSequences",
];
const partData = ["text", "inlineData", "functionCall", "functionResponse"];

export const strictGoogle: StrictFormat = {
  api: "google-generative-ai",
  basePath: "/v1beta",
  check,
  stream,
  errorBody: ({ status, type, message }) => JSON.stringify({ error: { code: status, message, status: type } }, null, 2),
  errorType: (status) =>
    ({
      400: "INVALID_ARGUMENT",
      401: "UNAUTHENTICATED",
      403: "PERMISSION_DENIED",
      404: "NOT_FOUND",
      413: "INVALID_ARGUMENT",
      429: "RESOURCE_EXHAUSTED",
      500: "INTERNAL",
      503: "UNAVAILABLE",
    })[status] ?? "UNKNOWN",
};

function check(request: WireRequest): Complaint | undefined {
  const on = new Checker("INVALID_ARGUMENT");
  const { headers, body } = request;
  const path = /^\/v1beta\/models\/([^/:?]+):streamGenerateContent\?alt=sse$/.exec(request.path);
  on.require(request.method === "POST" && path !== null, `Not found: ${request.path}`, 404, "NOT_FOUND");
  const known = headers["x-goog-api-key"] !== undefined || headers.authorization !== undefined;
  on.require(known, "Method doesn't allow unregistered callers", 403, "PERMISSION_DENIED");
  on.require(typeof body === "object" && body !== null, "Invalid JSON payload received.");
  if (on.complaint !== undefined) return on.complaint;
  on.onlyFields(body, topLevel, (field) => `Invalid JSON payload received. Unknown name "${field}": Cannot find field.`);
  const config = body.generationConfig ?? {};
  on.onlyFields(
    config,
    generationFields,
    (field) => `Invalid JSON payload received. Unknown name "${field}" at 'generation_config': Cannot find field.`,
  );
  const level = config.thinkingConfig?.thinkingLevel;
  const gemini2 = path?.[1]?.startsWith("gemini-2") === true;
  on.require(
    level === undefined || ["MINIMAL", "LOW", "MEDIUM", "HIGH"].includes(level),
    `Invalid value at 'generation_config.thinking_config.thinking_level'`,
  );
  on.require(level === undefined || !gemini2, "Thinking level is not supported for this model.");
  on.require(Array.isArray(body.contents) && body.contents.length > 0, "* GenerateContentRequest.contents: contents is not specified");
  if (on.complaint !== undefined) return on.complaint;
  for (const tool of body.tools ?? []) checkDeclarations(on, tool.functionDeclarations ?? []);
  on.require(
    !(gemini2 && body.tools !== undefined && config.responseMimeType === "application/json"),
    "Function calling with a response mime type: 'application/json' is unsupported",
  );
  checkContents(on, body.contents, gemini2);
  return on.complaint;
}

function checkDeclarations(on: Checker, declarations: Any[]): void {
  const names = new Set<string>();
  for (const { name, parametersJsonSchema } of declarations) {
    on.require(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/.test(name ?? ""), `Invalid function name: ${name}.`);
    on.require(!names.has(name), `Duplicate function declaration found: ${name}`);
    names.add(name);
    on.require(parametersJsonSchema?.type === "object", `parameters schema of ${name} should be of type OBJECT.`);
  }
}

function checkContents(on: Checker, contents: Any[], gemini2: boolean): void {
  on.require(
    contents[0].role === "user",
    "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
  );
  contents.forEach((content, index) => {
    on.onlyFields(content, ["role", "parts"], (field) => `Unknown name "${field}" at 'contents[${index}]': Cannot find field.`);
    on.require(content.role === "user" || content.role === "model", "Please use a valid role: user, model.");
    on.require(
      Array.isArray(content.parts) && content.parts.length > 0,
      "* GenerateContentRequest.contents: contents.parts must not be empty.",
    );
    on.require(
      !(content.role === "model" && contents[index - 1]?.role === "model"),
      "Please ensure that multiturn requests alternate between user and model.",
    );
    for (const part of content.parts ?? []) checkPart(on, part, content.role);
    checkTurn(on, content, contents[index - 1], contents[index + 1], gemini2);
  });
}

function checkTurn(on: Checker, content: Any, before: Any, after: Any, gemini2: boolean): void {
  const calls = (content.parts ?? []).filter((part: Any) => part.functionCall !== undefined);
  const responses = (content.parts ?? []).filter((part: Any) => part.functionResponse !== undefined);
  if (calls.length > 0) {
    on.require(
      before?.role === "user",
      "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
    );
    const answered = (after?.parts ?? []).filter((part: Any) => part.functionResponse !== undefined);
    on.require(
      answered.length === calls.length,
      "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
    );
    calls.forEach((call: Any, index: number) => {
      const response = answered[index]?.functionResponse;
      on.require(
        response?.name === call.functionCall.name && response?.id === call.functionCall.id,
        "Function response does not match its function call.",
      );
    });
    on.require(gemini2 || calls[0].thoughtSignature !== undefined, "Function call is missing a thought_signature in functionCall parts.");
  }
  if (responses.length > 0) {
    on.require(content.parts.length === responses.length, "Please ensure that a function response turn holds function responses only.");
    const called = (before?.parts ?? []).some((part: Any) => part.functionCall !== undefined);
    on.require(called, "Please ensure that function response turn comes immediately after a function call turn.");
    on.require(
      !gemini2 || responses.every((part: Any) => part.functionResponse.parts === undefined),
      "Multimodal function responses are not supported for this model.",
    );
  }
}

function checkPart(on: Checker, part: Any, role: string): void {
  on.onlyFields(
    part,
    [...partData, "thought", "thoughtSignature"],
    (field) => `Unknown name "${field}" at 'contents.parts': Cannot find field.`,
  );
  const data = partData.filter((name) => part[name] !== undefined);
  on.require(data.length === 1, "contents.parts.data: required oneof field 'data' must have one initialized field");
  on.require(part.text !== "" || part.thoughtSignature !== undefined, "Unable to submit request because it must have a text parameter.");
  const signature = part.thoughtSignature;
  if (signature !== undefined) {
    on.require(role === "model", "Thought signatures belong to model turns.");
    const issued = Buffer.from(String(signature), "base64").toString().startsWith("thought:");
    on.require(issued || signature === "skip_thought_signature_validator", "Corrupted thought signature.");
  }
  if (part.inlineData !== undefined) {
    on.require(role === "user", "Image input modality is not enabled in model turns.");
    on.require(
      /^image\/(png|jpeg|webp|gif|heic)$/.test(part.inlineData.mimeType ?? ""),
      `Unsupported MIME type: ${part.inlineData.mimeType}`,
    );
    on.require(/^[A-Za-z0-9+/]+=*$/.test(part.inlineData.data ?? ""), "Base64 decoding failed.");
  }
  if (part.functionResponse !== undefined) {
    const { response } = part.functionResponse;
    on.require(
      role === "user" && typeof response === "object" && response !== null && !Array.isArray(response),
      "Invalid value at 'function_response.response' (Struct)",
    );
  }
}

function sign(payload: string): string {
  return Buffer.from(`thought:${payload}`).toString("base64");
}

const finishReasons = { stop: "STOP", length: "MAX_TOKENS", toolUse: "STOP", refusal: "SAFETY", overflow: "MAX_TOKENS" };

function stream(say: Say, request: WireRequest): string {
  const model = /models\/([^:]+):/.exec(request.path)?.[1] ?? "";
  const withIds = !model.startsWith("gemini-2");
  const turn = request.body.contents.length;
  const usage = say.usage ?? { input: 10, output: 5 };
  const parts = say.say.flatMap((part, index) => partsOf(part, say.deltaLength ?? 7, withIds ? `fc${turn}${index}` : undefined, index));
  const chunk = (candidate: Any, usageMetadata: Any): Any => ({
    candidates: [{ index: 0, ...candidate }],
    usageMetadata,
    modelVersion: model,
    responseId: "resp_local",
  });
  const prompt = usage.input + (usage.cacheRead ?? 0);
  const events = parts.map((part) =>
    chunk({ content: { parts: [part], role: "model" } }, { promptTokenCount: prompt, totalTokenCount: prompt }),
  );
  events.push(
    chunk(
      { content: { parts: [{ text: "" }], role: "model" }, finishReason: finishReasons[say.stop ?? "stop"] },
      {
        promptTokenCount: prompt,
        candidatesTokenCount: usage.output - (usage.reasoning ?? 0),
        thoughtsTokenCount: usage.reasoning ?? 0,
        cachedContentTokenCount: usage.cacheRead ?? 0,
        totalTokenCount: prompt + usage.output,
      },
    ),
  );
  return events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join("");
}

function partsOf(part: Part, length: number, id: string | undefined, index: number): Any[] {
  if ("text" in part) return deltasOf(part.text, length).map((text) => ({ text }));
  if ("thinking" in part) return deltasOf(part.thinking, length).map((text) => ({ text, thought: true }));
  if ("redacted" in part) return [{ text: "", thoughtSignature: sign(part.redacted) }];
  const given = part.id ?? id;
  const functionCall = { ...(given === undefined ? {} : { id: given }), name: part.call, args: part.arguments };
  return [{ functionCall, thoughtSignature: sign(`${part.call}${index}`) }];
}
