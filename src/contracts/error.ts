// The one error class and the table of its codes. Errors are recognised by code, never by their text.

/** Code to exit status. `usage.*`, `config.*`, `auth.*` are found before any request (2); the rest is what a run met (1). */
export const exitStatusOfArea: Record<string, number> = {
  usage: 2,
  config: 2,
  auth: 2,
  model: 1,
  session: 1,
  tool: 1,
  extension: 1,
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

/** `code` is `area.name`, for example `usage.unknown_option`; `message` names the thing and its value, in one line. */
export class PiError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitStatus: number;

  constructor(code: string, message: string, options: PiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PiError";
    this.code = code;
    this.hint = options.hint;
    this.exitStatus = options.exitStatus ?? exitStatusOfArea[code.split(".", 1)[0] ?? ""] ?? 1;
  }
}

export function isPiError(error: unknown): error is PiError {
  return error instanceof PiError;
}

/** The message of anything thrown, in one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, " ").trim();
}

/** What went wrong and what to do about it, in one line. */
export function lineOf(error: unknown): string {
  const sentence = messageOf(error);
  if (!isPiError(error) || !error.hint) return sentence;
  return `${/[.!?…]$/.test(sentence) ? sentence : `${sentence}.`} ${error.hint}`;
}
