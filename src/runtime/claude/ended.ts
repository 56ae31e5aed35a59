// How a run of Claude Code ended, from its closing record and from the process itself. Called by claude-runtime. Pure.
// Invariant: an exit status of its own is never believed alone: it is 0 where nothing was answered, too.

import { defined } from "../../contracts/defined.ts";
import type { Outcome, OutcomeKind } from "../../contracts/outcome.ts";
import type { FailureCode } from "../../contracts/stream-event.ts";
import { addUsage, priceUsage, type TokenCounts, type Usage } from "../../contracts/usage.ts";
import type { ChildEnd, ClaudeRecord } from "./child.ts";
import { fieldsOf, numberIn, textIn } from "./records.ts";

export interface ClaudeEnded {
  result: ClaudeRecord | undefined;
  end: ChildEnd;
  command: string;
  /** Of an error that stood in place of a message. */
  failureText: string | undefined;
  /** The last answer, as far as it came. */
  text: string;
  /** The end of what it said on stderr, without secrets. */
  stderr: string;
  /** Why we ended it, if we did. */
  stopped: Pick<Outcome, "kind" | "code" | "message" | "hint"> | undefined;
  hasPending: boolean;
}

const noConversation = "No conversation found";

/** Whether the session that was to go on is not there: once more without it. */
export function lacksSession({ result, end, recordCount }: Pick<ClaudeEnded, "result" | "end"> & { recordCount: number }): boolean {
  const first = firstError(result);
  if (first?.startsWith(noConversation)) return true;
  return result === undefined && recordCount === 0 && end.code === 1;
}

export function outcomeOf(ended: ClaudeEnded): Outcome {
  const { result, end, text, stopped, hasPending, command } = ended;
  if (end.error !== undefined) return unavailable(end.error, command, text);
  if (end.protocolProblem !== undefined)
    return error(
      "runtime.protocol",
      `${command} does not speak its protocol: ${end.protocolProblem}`,
      text,
      "Check [runtime.claude] command",
    );
  if (result === undefined) return stopped === undefined ? crashed(ended) : { text, ...stopped };
  const answer = textIn(result, "result") ?? "";
  if (hasPending || result.terminal_reason === "tool_deferred") return { kind: "done", text };
  if (result.is_error !== true && !isAborted(result)) {
    // What stopped it came too late, or the answer is what there was.
    if (stopped !== undefined && stopped.kind !== "aborted") return { text: text || answer, ...stopped };
    if ((answer || text).trim() !== "") return { kind: "done", text: answer || text };
    return error("model.empty", "The model gave an empty answer", "", "Try again, or another model");
  }
  // What it says here is its failure, no answer.
  if (stopped !== undefined) return { text, ...stopped };
  return failed(ended, result, text);
}

function isAborted({ terminal_reason: reason }: ClaudeRecord): boolean {
  return reason === "aborted_streaming" || reason === "aborted_tools";
}

function failed({ failureText, command }: ClaudeEnded, result: ClaudeRecord, text: string): Outcome {
  const first = firstError(result);
  const said = failureText || textIn(result, "result") || (first ?? "") || `${command} failed`;
  if (isAborted(result)) return { kind: "aborted", text, code: "model.aborted", message: "The run was stopped" };
  if (result.terminal_reason === "prompt_too_long")
    return {
      kind: "overflow",
      text,
      code: "model.overflow",
      message: said,
      hint: "Start a new session, or use a model with a longer context",
    };
  if (result.terminal_reason === "max_turns" || result.subtype === "error_max_turns")
    return { kind: "budget", text, code: "budget.turns", message: failureText || `${command} has reached its limit of turns` };
  if (result.subtype !== "success" && result.api_error_status === undefined) return error("runtime.crashed", said, text);
  const code = failureCode(numberIn(result, "api_error_status"), said);
  return { kind: kindOf[code] ?? "error", text, code: `model.${code}`, message: said, ...(code === "auth" ? { hint: loginHint } : {}) };
}

const loginHint =
  'Set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN, or let groups use the user\'s login: [runtime.claude] config_dir = "user"';

const kindOf: Partial<Record<FailureCode, OutcomeKind>> = { overflow: "overflow", quota: "quota", stalled: "stalled", aborted: "aborted" };

function failureCode(status: number | undefined, said: string): FailureCode {
  if (status === undefined) return /not logged in/i.test(said) ? "auth" : "network";
  if (status === 401 || status === 403) return "auth";
  if (status === 404) return "not_found";
  if (status === 429) return "rate_limited";
  if (status >= 500) return "overloaded";
  return status >= 400 ? "bad_request" : "network";
}

function unavailable(cause: Error, command: string, text: string): Outcome {
  const { code = cause.message } = cause as NodeJS.ErrnoException;
  const why = code === "ENOENT" ? "it is not there" : code === "EACCES" ? "it may not be run" : cause.message;
  return error("runtime.unavailable", `${command} cannot be started: ${why}`, text, "Install Claude Code, or set [runtime.claude] command");
}

function crashed({ end, stderr, command, text }: ClaudeEnded): Outcome {
  const how = end.signal === null ? `exit status ${end.code}` : `signal ${end.signal}`;
  const last = stderr.trim().split("\n").at(-1)?.trim() ?? "";
  return error("runtime.crashed", `${command} ended without a result (${how})${last === "" ? "" : `: ${last.slice(0, 500)}`}`, text);
}

function error(code: NonNullable<Outcome["code"]>, message: string, text: string, hint?: string): Outcome {
  return { kind: "error", text, code, message, ...defined({ hint }) };
}

/** What a part of a run has used, as its closing record says. */
export interface Bill {
  /** Absent where it does not say. */
  counts?: TokenCounts;
  costUsd: number;
}

/** Of all parts; where one does not say what is its own, the last has what all came to. */
export function sumOfBills(bills: readonly Bill[]): Usage | undefined {
  const last = bills.at(-1);
  if (last === undefined) return undefined;
  const usages = (bills.every(({ counts }) => counts !== undefined) ? bills : [last]).map(usageOf);
  return usages.reduce(addUsage);
}

function usageOf({ counts, costUsd }: Bill): Usage {
  const free = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  return priceUsage({ ...(counts ?? free), costTotal: costUsd }, free);
}

/** `isResumed`: the totals of a session that goes on begin before this run. */
export function billOf(result: ClaudeRecord, isResumed: boolean): Bill {
  const since = result.model_usage_since_last_result;
  if (typeof since !== "object" || since === null) return { costUsd: isResumed ? 0 : (numberIn(result, "total_cost_usd") ?? 0) };
  const models = Object.values(since).map(fieldsOf);
  const sum = (name: string): number => models.reduce((total, one) => total + (numberIn(one, name) ?? 0), 0);
  return {
    counts: {
      input: sum("inputTokens"),
      output: sum("outputTokens"),
      cacheRead: sum("cacheReadInputTokens"),
      cacheWrite: sum("cacheCreationInputTokens"),
    },
    costUsd: sum("costUSD"),
  };
}

function firstError(result: ClaudeRecord | undefined): string | undefined {
  const first: unknown = Array.isArray(result?.errors) ? result.errors[0] : undefined;
  return typeof first === "string" ? first : undefined;
}
