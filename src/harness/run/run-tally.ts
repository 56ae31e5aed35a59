// Counts what a run did, as a fold over its events, and makes the closing record of `--result`. Called by cli and RPC.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import type { ErrorCode } from "../../contracts/error-codes.ts";
import type { Outcome } from "../../contracts/outcome.ts";
import type { Denial } from "../../contracts/policy.ts";
import { addUsage, emptyUsage, type Usage } from "../../contracts/usage.ts";
import type { CodingSession } from "./coding-session.ts";

/** The `type: "result"` record. Times in ms, cost in USD, `retryAt` in Unix ms. */
export interface ResultRecord {
  type: "result";
  outcome: Outcome["kind"];
  text: string;
  /** The checked answer of `--output-schema`. */
  value?: unknown;
  sessionId?: string;
  sessionFile?: string;
  /** `provider/id`. */
  model?: string;
  turns: number;
  toolCalls: number;
  durationMs: number;
  usage: Usage;
  cost: number;
  retries: number;
  retryAt?: number;
  /** Calls that the policy has refused, and by which row. */
  denied?: Denial[];
  error?: { code: ErrorCode; message: string; hint?: string };
}

export class RunTally {
  readonly #startedAt: number;
  readonly #now: () => number;
  #turns = 0;
  #toolCalls = 0;
  #retries = 0;
  #usage = emptyUsage();

  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
  }

  take(event: AgentEvent): void {
    if (event.type === "turn_end") {
      // A failed try is no turn; what it cost counts.
      if (event.message.stopReason !== "error" && event.message.stopReason !== "aborted") this.#turns++;
      this.#usage = addUsage(this.#usage, event.message.usage);
    } else if (event.type === "compaction_end" && event.result?.usage) this.#usage = addUsage(this.#usage, event.result.usage);
    else if (event.type === "tool_execution_start") this.#toolCalls++;
    else if (event.type === "auto_retry_start") this.#retries++;
  }

  record(outcome: Outcome, coding: CodingSession | undefined): ResultRecord {
    const file = coding?.session.isPersisted ? coding.session.filePath : undefined;
    return {
      type: "result",
      outcome: outcome.kind,
      text: outcome.text,
      ...defined({ value: outcome.value }),
      ...(coding === undefined ? {} : { sessionId: coding.session.id }),
      ...defined({ sessionFile: file }),
      ...(coding === undefined ? {} : { model: `${coding.conversation.model.provider}/${coding.conversation.model.id}` }),
      turns: this.#turns,
      toolCalls: this.#toolCalls,
      durationMs: this.#now() - this.#startedAt,
      usage: this.#usage,
      cost: this.#usage.cost.total,
      retries: this.#retries,
      ...defined({ retryAt: outcome.retryAt }),
      ...(coding === undefined || coding.conversation.denied.length === 0 ? {} : { denied: [...coding.conversation.denied] }),
      ...(outcome.code === undefined
        ? {}
        : {
            error: {
              code: outcome.code,
              message: outcome.message ?? outcome.code,
              ...defined({ hint: outcome.hint }),
            },
          }),
    };
  }
}
