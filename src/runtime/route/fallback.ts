// One run with one runtime after another, while nothing has been done that could be done twice. Called by the router.
// Invariant: behind a side effect or a delivered word the first failure stands; each runtime has one try, in what is left of the time.

import { mayFallBack } from "../failure.ts";
import type { RunResult, RuntimeKind } from "../result.ts";

export interface FallbackDeps {
  now(): number;
  /** Told before another one is tried. */
  onFallback(from: RuntimeKind, to: RuntimeKind, code: string): void;
}

/** `leftMs`: of the time that the run may take. */
export async function withFallback(
  order: readonly [RuntimeKind, ...RuntimeKind[]],
  timeoutMs: number,
  carryOut: (runtime: RuntimeKind, leftMs: number) => Promise<RunResult>,
  { now, onFallback }: FallbackDeps,
): Promise<RunResult> {
  const deadlineMs = now() + timeoutMs;
  const failed: { runtime: RuntimeKind; code: string }[] = [];
  const [first, ...others] = order;
  let result = await carryOut(first, timeoutMs);
  for (const next of others) {
    const leftMs = deadlineMs - now();
    const { code } = result.outcome;
    if (code === undefined || leftMs <= 0 || !mayFallBack(result)) break;
    failed.push({ runtime: result.runtime, code });
    onFallback(result.runtime, next, code);
    result = await carryOut(next, leftMs);
  }
  return failed.length === 0 ? result : { ...result, fallbackFrom: failed };
}
