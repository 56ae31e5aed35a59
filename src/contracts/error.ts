// The one error class, and the exit status of each area of its codes, which have a table of their own. Errors are recognised by code, never by
// their text.

import type { ErrorArea, ErrorCode } from "./error-codes.ts";
import { inOneLine } from "./text/one-line.ts";

/** `usage.*`, `config.*`, `auth.*` are found before any request (2); the rest is what a run met (1, and 3 for a budget). */
export const exitStatusOfArea: Record<ErrorArea, number> = {
  usage: 2,
  config: 2,
  auth: 2,
  budget: 3,
  model: 1,
  session: 1,
  tool: 1,
  extension: 1,
  rpc: 1,
  runtime: 1,
  io: 1,
  internal: 1,
};

export interface PiErrorOptions {
  /** What to do about it; printed behind the message. */
  hint?: string;
  cause?: unknown;
  /** Where the area's status is wrong for this one. */
  exitStatus?: number;
}

/** `message` names the thing and its value, in one line. */
export class PiError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly exitStatus: number;

  constructor(code: ErrorCode, message: string, options: PiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PiError";
    this.code = code;
    this.hint = options.hint;
    // Who writes without types may have a code of their own.
    this.exitStatus = options.exitStatus ?? exitStatusOfArea[code.split(".", 1)[0] as ErrorArea] ?? 1;
  }
}

export function isPiError(error: unknown): error is PiError {
  return error instanceof PiError;
}

/** The message of anything thrown, in one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return inOneLine(text).trim();
}

/** What went wrong and what to do about it, in one line. */
export function lineOf(error: unknown): string {
  const sentence = messageOf(error);
  if (!isPiError(error) || !error.hint) return sentence;
  return `${/[.!?…]$/.test(sentence) ? sentence : `${sentence}.`} ${error.hint}`;
}
