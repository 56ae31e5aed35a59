// Whether a candidate engine may take over from the baseline, by what was measured. Called by `pi metrics gate`. Pure.
// Invariant: what is not known does not pass: no data, or too few runs of either, holds the gate shut.

import type { EngineMetrics, MetricsReport } from "./metrics-report.ts";

export interface GateCheck {
  name: "runs" | "errors" | "timeouts" | "p95" | "incidents";
  holds: boolean;
  /** What was compared, in words. */
  about: string;
}

export interface GateOptions {
  baseline: string;
  candidate: string;
  /** Of each, at least. */
  minRuns: number;
}

export interface GateVerdict {
  holds: boolean;
  checks: GateCheck[];
}

/** In percentage points over the baseline, and its p95 times so many quarters. */
const errorPoints = 2;
const timeoutPoints = 1;
const p95Quarters = 5;

export function gate(report: MetricsReport, { baseline, candidate, minRuns }: GateOptions): GateVerdict {
  const [base, own] = [report.engines[baseline], report.engines[candidate]];
  const runsOf = (one: EngineMetrics | undefined): number => one?.agent_run_count ?? 0;
  const runs: GateCheck = {
    name: "runs",
    holds: runsOf(base) >= minRuns && runsOf(own) >= minRuns,
    about: `${baseline} ${runsOf(base)}, ${candidate} ${runsOf(own)}; at least ${minRuns} of each`,
  };
  const incidents = report.incidents[candidate] ?? [];
  const checks: GateCheck[] = [
    runs,
    ratioCheck("errors", "agent_error_count", base, own, errorPoints),
    ratioCheck("timeouts", "agent_timeout_count", base, own, timeoutPoints),
    p95Check(base, own, (report.unmeasured[baseline] ?? 0) + (report.unmeasured[candidate] ?? 0)),
    { name: "incidents", holds: incidents.length === 0, about: incidents.length === 0 ? "none" : incidents.join("; ") },
  ];
  return { holds: checks.every(({ holds }) => holds), checks };
}

/** In whole numbers: 12 of 100 are not more than 10 of 100 and 2 points, whatever fractions make of it. */
function ratioCheck(
  name: "errors" | "timeouts",
  count: "agent_error_count" | "agent_timeout_count",
  base: EngineMetrics | undefined,
  own: EngineMetrics | undefined,
  points: number,
): GateCheck {
  const [baseRuns, ownRuns] = [base?.agent_run_count ?? 0, own?.agent_run_count ?? 0];
  if (base === undefined || own === undefined || baseRuns === 0 || ownRuns === 0) return { name, holds: false, about: "no data" };
  const holds = 100 * own[count] * baseRuns <= 100 * base[count] * ownRuns + points * baseRuns * ownRuns;
  const percent = (one: number, of: number): string => `${((100 * one) / of).toFixed(1)} %`;
  return { name, holds, about: `${percent(own[count], ownRuns)} against ${percent(base[count], baseRuns)} and ${points} points` };
}

function p95Check(base: EngineMetrics | undefined, own: EngineMetrics | undefined, unmeasured: number): GateCheck {
  const [before, now] = [base?.agent_duration_ms.p95 ?? null, own?.agent_duration_ms.p95 ?? null];
  if (before === null || now === null) return { name: "p95", holds: false, about: "no data" };
  if (unmeasured > 0) return { name: "p95", holds: false, about: `how long ${unmeasured} of the runs took is not known` };
  return { name: "p95", holds: 4 * now <= p95Quarters * before, about: `${now} ms against 1.25 × ${before} ms` };
}
