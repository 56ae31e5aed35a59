// Requests of the sign-in flows: bounded in time and size, to one address, following nothing. Called by the flows.
// Invariant: no error carries a token, a code or a body of the service beyond its own short words on the error.

import { defined } from "../../contracts/defined.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import { isTable } from "../../contracts/provider-settings.ts";
import { boundedBody } from "../../platform/network/bounded-body.ts";
import type { FlowRequests } from "./flow.ts";

export interface Answer {
  status: number;
  /** Of an object that came as JSON; empty for anything else. */
  fields: Record<string, unknown>;
  /** Where it came as JSON. */
  json: unknown;
}

const timeoutMs = 30_000;
const maxAnswerBytes = 1 << 20;

export function postForm(url: string, fields: Record<string, string>, at: FlowRequests): Promise<Answer> {
  return send(url, { method: "POST", body: new URLSearchParams(fields).toString() }, "application/x-www-form-urlencoded", at);
}

export function postJson(
  url: string,
  fields: Record<string, unknown>,
  at: FlowRequests,
  headers?: Record<string, string>,
): Promise<Answer> {
  return send(url, { method: "POST", body: JSON.stringify(fields) }, "application/json", at, headers);
}

export function getJson(url: string, at: FlowRequests, headers?: Record<string, string>): Promise<Answer> {
  return send(url, { method: "GET" }, undefined, at, headers);
}

/** Rejects with `auth.network`. */
async function send(
  url: string,
  init: { method: string; body?: string },
  contentType: string | undefined,
  { fetch, signal }: FlowRequests,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      ...init,
      // A token never follows a redirect.
      redirect: "manual",
      headers: { accept: "application/json", ...defined({ "content-type": contentType }), ...headers },
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    const json = jsonIn(await boundedBody(response, maxAnswerBytes));
    return { status: response.status, fields: isTable(json) ? json : {}, json };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const reason = deadline.aborted ? `no answer in ${timeoutMs / 1000} s` : messageOf(error);
    throw new PiError("auth.network", `${hostOf(url)} cannot be reached: ${reason}`, { hint: "Try again.", cause: error });
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of an error answer: its code and its own words, short and in one line. */
export function errorWords({ status, fields }: Answer): string {
  const { error } = fields;
  const nested = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  const code = typeof error === "string" ? error : (nested.code ?? nested.type);
  const words = fields.error_description ?? nested.message ?? fields.message;
  const parts = [code, words].filter((part): part is string => typeof part === "string" && part !== "");
  return [`HTTP ${status}`, ...parts]
    .join(", ")
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
    .slice(0, 300);
}

export function errorCode({ fields }: Answer): string | undefined {
  const { error } = fields;
  if (typeof error === "string") return error;
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** A refusal that trying again does not mend. */
export function refused(what: string, answer: Answer): PiError {
  return new PiError("auth.refused", `${what}: ${errorWords(answer)}`);
}

/** What a token request brought. Rejects with `auth.refused` for 400, 401 and 403, with `auth.network` for anything else that is no token. */
export function tokenFields(
  what: string,
  answer: Answer,
): { access: string; refresh: string | undefined; expiresInMs: number | undefined; fields: Record<string, unknown> } {
  const { access_token: access, refresh_token: refresh, expires_in: expiresIn } = answer.fields;
  if (answer.status >= 200 && answer.status < 300 && typeof access === "string" && access !== "") {
    return {
      access,
      refresh: typeof refresh === "string" && refresh !== "" ? refresh : undefined,
      expiresInMs: typeof expiresIn === "number" && Number.isFinite(expiresIn) ? expiresIn * 1000 : undefined,
      fields: answer.fields,
    };
  }
  // Some services say no with 200.
  if ([400, 401, 403].includes(answer.status) || (answer.status === 200 && errorCode(answer) !== undefined)) throw refused(what, answer);
  throw new PiError("auth.network", `${what}: ${errorWords(answer)}`, { hint: "Try again." });
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "The service";
  }
}
