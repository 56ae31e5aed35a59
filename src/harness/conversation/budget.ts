// The limits of a run: turns, money, time. Fed by the session's events; asked by the loop after each turn.
// Invariant: what stopped the run is remembered, so that the outcome can name it; the clock runs only while something is done.

import { longestTimerMs, timerMs } from "../../contracts/duration.ts";
import type { AssistantMessage } from "../../contracts/message.ts";

/** 0: no limit. Cost in USD. */
export interface Limits {
  maxTurns: number;
  maxCostUsd: number;
  timeoutMs: number;
}

export interface BudgetStop {
  code: "budget.turns" | "budget.cost" | "budget.timeout";
  message: string;
  hint: string;
}

export class Budget {
  stop: BudgetStop | undefined;
  readonly #limits: Limits;
  readonly #now: () => number;
  #turns = 0;
  #costUsd = 0;
  #leftMs: number;
  #spentMs = 0;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: Limits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#leftMs = limits.timeoutMs;
  }

  /** A new run, with everything still to spend. */
  begin(): void {
    this.stopClock();
    this.stop = undefined;
    this.#turns = 0;
    this.#costUsd = 0;
    this.#leftMs = this.#limits.timeoutMs - this.#spentMs;
    this.#spentMs = 0;
  }

  /** Time that went by before the next run, and that its limit covers: waiting for its input, or for its session. */
  spendTime(ms: number): void {
    this.#spentMs += Math.max(0, ms);
  }

  /** A failed try is no turn, but costs what it costs. `isBilled` false: a subscription's notional cost does not count. */
  count(answer: AssistantMessage, isBilled: boolean): void {
    if (answer.stopReason !== "error" && answer.stopReason !== "aborted") this.#turns++;
    if (isBilled) this.#costUsd += answer.usage.cost.total;
  }

  /** Model work beside the turns: summaries. USD. */
  spend(costUsd: number, isBilled: boolean): void {
    if (isBilled) this.#costUsd += costUsd;
  }

  /** Whether another model call would go beyond a limit. */
  isReached(): boolean {
    const { maxTurns, maxCostUsd } = this.#limits;
    if (maxTurns > 0 && this.#turns >= maxTurns) {
      this.stop ??= {
        code: "budget.turns",
        message: `Stopped after ${this.#turns} ${this.#turns === 1 ? "turn" : "turns"} (--max-turns ${maxTurns})`,
        hint: "Go on with -c",
      };
    } else if (maxCostUsd > 0 && this.#costUsd >= maxCostUsd) {
      const spent = this.#costUsd.toFixed(4);
      this.stop ??= { code: "budget.cost", message: `Stopped after ${spent} USD (--max-cost ${maxCostUsd})`, hint: "Go on with -c" };
    }
    return this.stop !== undefined;
  }

  /** `onTimeout` must abort what runs. */
  startClock(onTimeout: () => void): void {
    const { timeoutMs } = this.#limits;
    if (timeoutMs <= 0 || this.#timer) return;
    this.#startedAt = this.#now();
    const passed = (): void => {
      this.stop ??= { code: "budget.timeout", message: `Stopped after ${timeoutMs / 1000} s (--timeout)`, hint: "Go on with -c" };
      onTimeout();
    };
    const goOn = (): void => {
      this.stopClock();
      this.startClock(onTimeout);
    };
    this.#timer = setTimeout(this.#leftMs > longestTimerMs ? goOn : passed, Math.max(0, timerMs(this.#leftMs)));
  }

  stopClock(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs -= this.#now() - this.#startedAt;
  }
}
