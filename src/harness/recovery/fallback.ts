// Going on with another model when one stays unavailable or its quota is spent. One of the recoveries of a run, asked after auto-retry.
// Invariant: each model is tried once a run; every switch is in the session and is said.

import type { LoopResult } from "../../agent/loop.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { FailureCode, ModelFailure } from "../../contracts/stream-event.ts";
import type { FallbackSettings } from "../conversation/recovery-settings.ts";
import type { Recovery, RecoveryPlan, Verdict } from "./settle-run.ts";

const unavailable: ReadonlySet<FailureCode> = new Set<FailureCode>(["overloaded", "rate_limited", "quota", "network", "stalled"]);

/** When a service says a quota is spent but not until when. */
const unknownResetMs = 60 * 60 * 1000;

export interface FallbackDeps {
  currentModel(): Model;
  setModel(model: Model, thinkingLevel: ThinkingLevel | undefined): Promise<void> | undefined;
  /** Ends what auto-retry announced for the model that is given up. */
  giveUpRetries(result: LoopResult): Promise<void> | undefined;
}

export class FallbackRecovery implements Recovery {
  readonly #settings: FallbackSettings;
  readonly #deps: FallbackDeps;
  readonly #tried = new Set<string>();

  constructor(settings: FallbackSettings, deps: FallbackDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /** A new run may try every model again. */
  begin(): void {
    this.#tried.clear();
  }

  plan(result: LoopResult): RecoveryPlan | undefined {
    const { failure } = result;
    if (!failure || !unavailable.has(failure.code) || this.#tried.size >= this.#settings.count) return undefined;
    if (failure.code === "stalled" && result.hasShownContent) return undefined;
    return { willRetry: true, carryOut: () => this.#switch(failure, result) };
  }

  async #switch(failure: ModelFailure, result: LoopResult): Promise<Verdict> {
    const { quotas, warn } = this.#settings;
    const from = this.#deps.currentModel();
    this.#remember(from, failure);
    await this.#deps.giveUpRetries(result);
    this.#tried.add(nameOf(from));
    const next = (await this.#settings.models()).find(
      ({ model }) => !this.#tried.has(nameOf(model)) && quotas.spentUntil(nameOf(model)) === undefined,
    );
    if (!next) return "in_vain";
    warn(`${nameOf(from)} is not available (${failure.code.replace("_", " ")}); going on with ${nameOf(next.model)}`);
    await this.#deps.setModel(next.model, next.thinkingLevel);
    return "again";
  }

  /** The last of them may have nothing left either: the next run should know. */
  close({ failure }: LoopResult): undefined {
    if (failure && unavailable.has(failure.code) && this.#settings.count > 0) this.#remember(this.#deps.currentModel(), failure);
  }

  /** A service that says when to come back is not asked before, whatever it calls the reason. */
  #remember(model: Model, failure: ModelFailure): void {
    const { quotas, now } = this.#settings;
    const until = failure.retryAt ?? (failure.code === "quota" ? now() + unknownResetMs : 0);
    if (until > now()) quotas.remember(nameOf(model), until);
  }
}

export function nameOf(model: Model): string {
  return `${model.provider}/${model.id}`;
}
