// What can be told of an answer, a model and a call, under the npm agent's names. Imported by extensions.
// Invariant: it judges as the program itself does, by the same tables.

import { Errors } from "typebox/schema";
import { PiError } from "../../contracts/error.ts";
import type { AssistantMessage, ToolDeclaration } from "../../contracts/message.ts";
import { codeOfText } from "../../providers/shared/http-failure.ts";
import { parseArguments } from "../../providers/shared/partial-json.ts";
import { type SchemaCheck, validateArgumentsBy } from "../../tools/shared/validate.ts";
import { registryOfCatalogue } from "./model-calls.ts";
import { surroundings } from "./places.ts";

type Answer = Pick<AssistantMessage, "stopReason" | "errorMessage" | "usage">;

/** Whether the conversation was longer than the model takes, also where the service cut it off without a word. */
export function isContextOverflow({ stopReason, errorMessage, usage }: Answer, contextWindow?: number): boolean {
  if (stopReason === "error") return codeOfText(errorMessage ?? "") === "overflow";
  return contextWindow !== undefined && contextWindow > 0 && usage.input + usage.cacheRead > contextWindow;
}

/** Whether asking again could help. */
export function isRetryableAssistantError({ stopReason, errorMessage }: Answer): boolean {
  return stopReason === "error" && ["overloaded", "rate_limited", "network", "stalled"].includes(codeOfText(errorMessage ?? ""));
}

/** Cut off at the output limit. */
export function isRecoverableLength({ stopReason }: Answer): boolean {
  return stopReason === "length";
}

export function getModelType(model: { type?: string }): string {
  return model.type ?? "chat";
}

export function isModelType(model: { type?: string }, type: string): boolean {
  return getModelType(model) === type;
}

export function hasApi(model: { api: string }, api: string): boolean {
  return model.api === api;
}

/** Of the provider's variables, in the environment of the process. */
export function getEnvApiKey(provider: string): string | undefined {
  const { env } = surroundings();
  return findEnvKeys(provider)
    .map((name) => env[name])
    .find((value) => value !== undefined && value !== "");
}

export function findEnvKeys(provider: string): string[] {
  return [...registryOfCatalogue().credentialVariables(provider)];
}

/** The arguments as the tool takes them. @throws an error that names each wrong field. */
export function validateToolArguments(tool: ToolDeclaration, toolCall: { arguments: unknown }): Record<string, unknown> {
  const checked = validateArgumentsBy(tool, toolCall.arguments, Errors as SchemaCheck);
  if (checked.ok) return checked.args;
  throw new Error(checked.message);
}

/** @throws where there is no such tool, and as `validateToolArguments`. */
export function validateToolCall(
  tools: readonly ToolDeclaration[],
  toolCall: { name: string; arguments: unknown },
): Record<string, unknown> {
  const tool = tools.find(({ name }) => name === toolCall.name);
  if (tool === undefined) throw new PiError("usage.unknown_tool", `Tool ${toolCall.name} not found`);
  return validateToolArguments(tool, toolCall);
}

/** JSON text, whole or cut off; what is left of it that can be read. */
export function parseJsonWithRepair(text: string): Record<string, unknown> {
  return parseArguments(text) ?? {};
}

export function toToolDeclaration({ name, description, parameters }: ToolDeclaration): ToolDeclaration {
  return { name, description, parameters };
}
