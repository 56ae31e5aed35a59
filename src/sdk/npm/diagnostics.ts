// What went wrong, as fields of a message and as text; and what of our program is told to services, under the npm agent's names. Imported by extensions.

import { defined } from "../../contracts/defined.ts";
import { messageOf } from "../../contracts/error.ts";
import type { AssistantMessage } from "../../contracts/message.ts";
import { version } from "../../contracts/version.ts";
import { overflowWords } from "../../providers/shared/failure-words.ts";
import { escapeControls } from "../../providers/shared/partial-json.ts";

export interface DiagnosticError {
  name: string;
  message: string;
  code?: string | number;
  stack?: string;
}

export interface AssistantMessageDiagnostic {
  type: string;
  timestamp: number;
  error?: DiagnosticError;
  details?: unknown;
}

export function formatThrownValue(value: unknown): string {
  return value instanceof Error ? messageOf(value) : String(value);
}

export function extractDiagnosticError(value: unknown): DiagnosticError {
  if (!(value instanceof Error)) return { name: "ThrownValue", message: formatThrownValue(value) };
  const { code } = value as { code?: unknown };
  const known = typeof code === "string" || typeof code === "number" ? { code } : {};
  return { name: value.name, message: value.message, ...known, ...defined({ stack: value.stack }) };
}

export function createAssistantMessageDiagnostic(type: string, error: unknown, details?: unknown): AssistantMessageDiagnostic {
  return { type, timestamp: Date.now(), error: extractDiagnosticError(error), ...defined({ details }) };
}

export function appendAssistantMessageDiagnostic(
  message: AssistantMessage & { diagnostics?: AssistantMessageDiagnostic[] },
  diagnostic: AssistantMessageDiagnostic,
): void {
  message.diagnostics = [...(message.diagnostics ?? []), diagnostic];
}

/** The text of a finished call; what cannot be read is told in place of arguments. */
export function parseToolCallArguments(text: string): { arguments: Record<string, unknown>; argumentsError?: string } {
  if (text.trim() === "") return { arguments: {} };
  try {
    const value: unknown = JSON.parse(escapeControls(text));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { arguments: value as Record<string, unknown> };
    return { arguments: {}, argumentsError: `Not an object\n\nReceived arguments:\n${text}` };
  } catch (error) {
    return { arguments: {}, argumentsError: `${messageOf(error)}\n\nReceived arguments:\n${text}` };
  }
}

const escapes = /\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})/g;

/** JSON text in which control characters stand in strings, and backslashes that begin no escape. */
export function repairJson(text: string): string {
  return escapeControls(text).replace(/"(?:[^"\\]|\\[\s\S])*"/g, (string: string) => string.replace(escapes, "\\\\"));
}

/** Words by which services say that a conversation is longer than the model takes. */
export function getOverflowPatterns(): RegExp[] {
  return [...overflowWords()];
}

export function getClientVersion(): string {
  return version;
}
