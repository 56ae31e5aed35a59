// What a conversation is given of how failures are met: its recoveries read it, the launch decides it.

import type { Model, ThinkingLevel } from "../../contracts/model.ts";

export interface RetrySettings {
  enabled: boolean;
  maxRetries: number;
  baseDelayMs: number;
  maxDelayMs: number;
  provider?: ProviderRetrySettings;
}

/** Of one request, before its call counts as failed. Times of 0: no limit. */
export interface ProviderRetrySettings {
  maxRetries: number;
  /** In which an answer must begin. */
  timeoutMs?: number;
  /** The longest delay that a service may ask for; `maxDelayMs` where absent. */
  maxRetryDelayMs?: number;
}

export interface FallbackModel {
  model: Model;
  /** Of the `:level` suffix. */
  thinkingLevel?: ThinkingLevel;
}

export interface FallbackSettings {
  /** In the order of trying. Those that cannot be used (unknown, no credential) are left out, and have been said. */
  models(): Promise<readonly FallbackModel[]>;
  /** How many there may be; 0: none, and nothing is loaded. */
  count: number;
  /** Unix ms; models by `provider/id`. */
  quotas: { spentUntil(model: string): number | undefined; remember(model: string, untilMs: number): void };
  warn(line: string): void;
  now(): number;
}
