// From what an HTTP service answered, or how the connection failed, to a ModelFailure. Used by the formats' failure readers.
// Invariant: a code follows from the service's own error code, else from the status; where both say too little the table of words decides.

import type { ConnectionLack, FailureCode, ModelFailure } from "../../contracts/stream-event.ts";
import { inOneLine } from "../../contracts/text/one-line.ts";
import { isOwnMachine } from "../../contracts/text/own-machine.ts";
import { codeInWords, vendorCodes } from "./failure-words.ts";
import { arrayOf, isObject, type Json, objectOf, parseObject } from "./json.ts";
import { momentOf, retryAtOf } from "./retry-after.ts";

/** An answer that is no stream. */
export interface Refusal {
  /** 0: an error inside a stream that began well. */
  status: number;
  headers: Headers;
  body: string;
}

/** In UTF-16 units, of a body or of an event in a stream: what goes beyond is neither searched nor shown. */
export const maxRefusalLength = 64 * 1024;

/** What a format knows of its services' error codes. */
export type CodeTable = Readonly<Record<string, FailureCode>>;

/** What one format's services say, and with which status, where their codes say too little. */
export interface WordRow {
  status: number;
  words: RegExp;
  code: FailureCode;
  /** Where it was seen, and when. */
  source: string;
}

export function failureOfRefusal(told: Refusal, codes: CodeTable, nowMs: number, words: readonly WordRow[] = []): ModelFailure {
  const error = errorOf(told.body);
  const refusal = { ...told, body: told.body.slice(0, maxRefusalLength) };
  const row = words.find(({ status, words }) => status === refusal.status && words.test(refusal.body));
  const code = row?.code ?? codeOf(refusal, error, codes);
  const failure: ModelFailure = { code, message: messageOfRefusal(refusal) };
  if (refusal.status > 0) failure.status = refusal.status;
  if (code === "rate_limited" || code === "overloaded" || code === "quota") {
    const retryAt = retryAtOf(refusal.headers, nowMs, code !== "overloaded") ?? retryAtOfDetails(error, nowMs);
    if (retryAt !== undefined) failure.retryAt = retryAt;
  }
  return failure;
}

function codeOf(refusal: Refusal, error: Json, codes: CodeTable): FailureCode {
  // Whatever it is called: only a shorter request can pass.
  if (refusal.status === 413) return "overflow";
  const names = namesOf(error);
  // A general name (`invalid_request_error`) says less than the words about it.
  const named = names.map((name) => codeNamed(name, codes)).filter((code) => code !== undefined);
  const told = named.find((code) => code !== "bad_request");
  // Where there is no status it says all that there is.
  const code = told ?? (refusal.status === 0 ? named[0] : undefined) ?? codeOfStatus(refusal.status);
  return codeInWords(code, told !== undefined, refusal.body) ?? code;
}

function codeNamed(name: string, codes: CodeTable): FailureCode | undefined {
  return [codes, vendorCodes].find((table) => Object.hasOwn(table, name))?.[name];
}

/**
 * The names a service gives its error, most specific first: `details.error_code`, Google's `details[].reason`, `code`, `type`, `status`; MiniMax's
 * `base_resp.status_code`.
 */
function namesOf(error: Json): string[] {
  const reasons = arrayOf(error.details).map((detail) => objectOf(detail).reason);
  const names = [
    objectOf(error.details).error_code,
    ...reasons,
    error.code,
    error.type,
    error.status,
    objectOf(error.base_resp).status_code,
  ];
  return names.flatMap((name) => (typeof name === "string" || typeof name === "number" ? [String(name)] : []));
}

/**
 * What is wrong where a stream that began well, or an answer with a good status, holds an error: `{error: …}`, the event `error`, and the same
 * without a wrapper (`{object: "error", message}`, `{message, code}`, `{detail}`). Gateways put the status that they met into its `code`.
 */
export function refusalInStream(event: Json, name: string, raw: string): Omit<Refusal, "headers"> | undefined {
  const wrapped = isObject(event.error) || (typeof event.error === "string" && event.error !== "");
  const named = name === "error" || event.type === "error" || event.object === "error";
  const bare = !isAnswer(event) && bareWords.some((key) => isTelling(event[key]));
  // MiniMax says of every answer how it went.
  const isBaseRefusal = isObject(event.base_resp) && Number(event.base_resp.status_code ?? 0) !== 0;
  return wrapped || named || bare || isBaseRefusal ? streamRefusal(wrapped ? event.error : event, raw) : undefined;
}

/** Written out: it is asked of every event, and names that stand in a list are looked up anew each time. */
function isAnswer(event: Json): boolean {
  return (
    "type" in event ||
    "choices" in event ||
    "object" in event ||
    "candidates" in event ||
    "usage" in event ||
    "usageMetadata" in event ||
    "promptFeedback" in event
  );
}

/** Where an event that is no answer says what is wrong. */
const bareWords = ["message", "detail", "error_message", "errors", "msg", "error_msg", "errmsg"];

function isTelling(value: unknown): boolean {
  return (typeof value === "string" && value !== "") || isObject(value) || (Array.isArray(value) && value.length > 0);
}

/** An error inside a stream as the refusal it would have been. */
export function streamRefusal(error: unknown, raw: string): Omit<Refusal, "headers"> {
  const { code, status, status_code: statusCode } = objectOf(error);
  const met = [code, status, statusCode].map(Number).find((value) => Number.isInteger(value) && value >= 400 && value < 600);
  return { status: met ?? 0, body: raw };
}

/** The error object of a body: `{error:{…}}`, `[{error:{…}}]`, `{error:"text"}`, or the body itself. */
function errorOf(body: string): Json {
  let text = body.trim();
  if (text.startsWith("[")) text = text.slice(1, text.endsWith("]") ? -1 : undefined);
  const parsed = parseObject(text);
  if (parsed === undefined) return {};
  return isObject(parsed.error) ? parsed.error : parsed;
}

function codeOfStatus(status: number): FailureCode {
  if (status === 401 || status === 403) return "auth";
  if (status === 402) return "quota";
  // Nor does a service that points elsewhere.
  if (status === 404 || (status >= 300 && status < 400)) return "not_found";
  if (status === 429) return "rate_limited";
  if (status === 408 || status === 409 || status === 425 || status >= 500 || status === 0) return "overloaded";
  return "bad_request";
}

/** What a failure is of which there are only the words, perhaps with a status before them: of a provider that is not ours. */
export function codeOfText(text: string): FailureCode {
  const status = /^\s*(?:HTTP )?([45]\d\d)\b/.exec(text)?.[1];
  if (status === undefined && networkWords.test(text)) return "network";
  const code = codeOfStatus(status === undefined ? 400 : Number(status));
  return codeInWords(code, false, text) ?? code;
}

/** As runtimes and their libraries say that a connection has failed. */
const networkWords =
  /\b(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_\w+)\b|connection (closed|reset|error|lost)|socket hang up|other side closed|fetch failed|network error|terminated/i;

/** Google's `RetryInfo`: `{"retryDelay": "34s"}` among the error's details. */
function retryAtOfDetails(error: Json, nowMs: number): number | undefined {
  if (!Array.isArray(error.details)) return undefined;
  for (const detail of error.details) {
    const delay = objectOf(detail).retryDelay;
    if (typeof delay === "string") return momentOf(delay, nowMs);
  }
  return undefined;
}

/** One line: the status, a blank, the body (JSON on one line, a page without its markup). */
function messageOfRefusal(refusal: Refusal): string {
  const text = oneLine(refusal.body);
  if (refusal.status === 0) return text;
  return text === "" ? `${refusal.status} status code (no body)` : `${refusal.status} ${text}`;
}

/** On one line, a page without its markup. */
export function oneLine(body: string): string {
  const text = body.trim();
  if (/^(<!doctype|<html)/i.test(text)) {
    return text
      .split(/<\/(?:script|style)>/i)
      .map((piece) => piece.replace(/<(?:script|style)\b[\s\S]*$/i, ""))
      .join(" ")
      .replace(/<[^<>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, 300);
  }
  if (!/[\r\n]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return inOneLine(text);
  }
}

/** `terminated: other side closed (UND_ERR_SOCKET)`: what failed, why, and the system's code. `baseUrl` names who was not reached. */
export function networkFailure(error: unknown, baseUrl?: string): ModelFailure {
  const parts: string[] = [];
  let code: string | undefined;
  let address: string | undefined;
  let unknownName: string | undefined;
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    // Bun ends its messages with advice to the programmer.
    const advice = / For more information, pass `verbose: true`.*$/s;
    const text = inOneLine(current.message.replace(advice, "").replace(/\. Is the computer able to access the url\?$/, "")).trim();
    if (text !== "" && text !== "Connection error." && !parts.includes(text)) parts.push(text);
    const own: unknown = (current as { code?: unknown }).code;
    if (typeof own === "string") code = own;
    address = addressOf(current) ?? address;
    unknownName = unknownNameOf(current) ?? unknownName;
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  let message = parts.join(": ") || "the connection failed";
  if (code !== undefined && !message.includes(code)) message += ` (${code})`;
  const host = baseUrl === undefined ? "" : hostOf(baseUrl);
  const failure: ModelFailure = {
    code: "network",
    message: host === "" || message.includes(host) ? message : `${message} (${host})`,
  };
  const refused = address ?? host;
  const lacks = code === undefined ? undefined : lackOf(code, refused);
  if (unknownName !== undefined) failure.unreachable = { lacks: "name", address: unknownName };
  else if (lacks !== undefined) failure.unreachable = { lacks, address: refused };
  return failure;
}

/** As OpenSSL (Node) and BoringSSL (Bun) call what is wrong with a certificate. */
const untrusted = /CERT|^UNABLE_TO_VERIFY|^HOSTNAME_MISMATCH$|^INVALID_CA$|^PATH_LENGTH_EXCEEDED$/;

/** Elsewhere what refuses may be on its way back, and a handshake may fail for what lies between. */
function lackOf(code: string, address: string): ConnectionLack | undefined {
  if (untrusted.test(code)) return "trust";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER") return "tls";
  if (!isOwnMachine(address)) return undefined;
  if (code === "EPROTO") return "tls";
  return code === "ECONNREFUSED" || code === "ConnectionRefused" ? "listener" : undefined;
}

/** Of who refused: of the proxy, where the connection went to one. */
function addressOf(error: Error): string | undefined {
  const { address, port } = error as { address?: unknown; port?: unknown };
  if (typeof address !== "string") return undefined;
  const host = address.includes(":") ? `[${address}]` : address;
  return port === undefined ? host : `${host}:${port}`;
}

/** A name that there is not, which may be the proxy's; not one about which nobody could be asked (`EAI_AGAIN`). */
function unknownNameOf(error: Error): string | undefined {
  return /\bgetaddrinfo ENOTFOUND (\S+)/.exec(error.message)?.[1];
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}
