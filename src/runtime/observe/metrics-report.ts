// What the records say, by engine: the figures of `pi metrics`, and the forms they are printed in. Called by that command and the gate. Pure.
// Invariant: a run that fell back is a run and an error of each runtime that failed before, and a run of the one that answered.

import { plainLine } from "../../contracts/text/terminal-text.ts";
import type { MetricRecord } from "./metrics-store.ts";

export interface EngineMetrics {
  agent_run_count: number;
  /** Runs that did not end well, those that ran out of time among them. */
  agent_error_count: number;
  agent_timeout_count: number;
  /** Nearest rank; null where nothing has run to its end. */
  agent_duration_ms: { p50: number | null; p95: number | null };
  tool_call_count: Record<string, number>;
  ipc_file_processing_errors: number;
}

export interface MetricsReport {
  engines: Record<string, EngineMetrics>;
  /** By engine. */
  incidents: Record<string, string[]>;
  /** By engine: runs of which it is not known how long they took. */
  unmeasured: Record<string, number>;
}

interface Tally {
  runs: number;
  errors: number;
  timeouts: number;
  durations: number[];
  unmeasured: number;
  tools: Map<string, number>;
  ipcErrors: number;
  incidents: string[];
}

const newTally = (): Tally => ({
  runs: 0,
  errors: 0,
  timeouts: 0,
  durations: [],
  unmeasured: 0,
  tools: new Map(),
  ipcErrors: 0,
  incidents: [],
});

/** `engines`: those that are in it whether or not they ran. Incidents are of an engine, not of a group. */
export function reportOf(records: Iterable<MetricRecord>, engines: readonly string[], group?: string): MetricsReport {
  const tallies = new Map<string, Tally>(engines.map((one) => [one, newTally()]));
  const of = (engine: string): Tally => {
    const found = tallies.get(engine) ?? newTally();
    tallies.set(engine, found);
    return found;
  };
  for (const record of records) {
    if (record.kind === "incident") {
      of(record.engine).incidents.push(record.text);
      continue;
    }
    if (group !== undefined && record.group !== group) continue;
    const tally = of(record.engine);
    if (record.kind === "ipc_error") {
      tally.ipcErrors++;
      continue;
    }
    for (const { runtime } of record.fallbackFrom ?? []) {
      of(runtime).runs++;
      of(runtime).errors++;
    }
    tally.runs++;
    if (record.outcome !== "done") tally.errors++;
    if (record.isTimeout) tally.timeouts++;
    if (record.durationMs === null) tally.unmeasured++;
    else tally.durations.push(record.durationMs);
    for (const [tool, count] of Object.entries(record.tools)) tally.tools.set(tool, (tally.tools.get(tool) ?? 0) + count);
  }
  const sorted = [...tallies].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    engines: Object.fromEntries(sorted.map(([engine, tally]) => [engine, metricsOf(tally)])),
    incidents: Object.fromEntries(sorted.map(([engine, { incidents }]) => [engine, incidents])),
    unmeasured: Object.fromEntries(sorted.map(([engine, { unmeasured }]) => [engine, unmeasured])),
  };
}

function metricsOf({ runs, errors, timeouts, durations, tools, ipcErrors }: Tally): EngineMetrics {
  durations.sort((a, b) => a - b);
  return {
    agent_run_count: runs,
    agent_error_count: errors,
    agent_timeout_count: timeouts,
    agent_duration_ms: { p50: nearestRank(durations, 50), p95: nearestRank(durations, 95) },
    tool_call_count: Object.fromEntries([...tools].sort(([one], [other]) => (one < other ? -1 : 1))),
    ipc_file_processing_errors: ipcErrors,
  };
}

/** Of numbers in order. */
export function nearestRank(sorted: readonly number[], percent: number): number | null {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? null;
}

/** The text format that Prometheus reads. */
export function prometheusText({ engines }: MetricsReport): string {
  const lines: string[] = [];
  const add = (
    name: string,
    type: string,
    values: (engine: string, metrics: EngineMetrics) => [Record<string, string>, number | null][],
  ) => {
    lines.push(`# TYPE ${name} ${type}`);
    for (const [engine, metrics] of Object.entries(engines))
      for (const [labels, value] of values(engine, metrics))
        if (value !== null) lines.push(`${name}{${labelText({ engine, ...labels })}} ${value}`);
  };
  const simple = ["agent_run_count", "agent_error_count", "agent_timeout_count", "ipc_file_processing_errors"] as const;
  for (const name of simple) add(name, "gauge", (_, metrics) => [[{}, metrics[name]]]);
  add("agent_duration_ms", "summary", (_, { agent_duration_ms: { p50, p95 } }) => [
    [{ quantile: "0.5" }, p50],
    [{ quantile: "0.95" }, p95],
  ]);
  add("tool_call_count", "gauge", (_, { tool_call_count }) => Object.entries(tool_call_count).map(([tool, count]) => [{ tool }, count]));
  return `${lines.join("\n")}\n`;
}

function labelText(labels: Record<string, string>): string {
  const escaped = (value: string): string => value.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"');
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");
}

/** A row a figure, a column an engine. */
export function tableOf({ engines }: MetricsReport): string {
  const names = Object.keys(engines);
  const all = Object.values(engines);
  const tools = [...new Set(all.flatMap(({ tool_call_count }) => Object.keys(tool_call_count)))].sort();
  const ms = (value: number | null): string => (value === null ? "–" : String(Math.round(value)));
  const rows = [
    ["", ...names],
    ["agent_run_count", ...all.map((one) => String(one.agent_run_count))],
    ["agent_error_count", ...all.map((one) => counted(one.agent_error_count, one.agent_run_count))],
    ["agent_timeout_count", ...all.map((one) => counted(one.agent_timeout_count, one.agent_run_count))],
    ["agent_duration_ms p50", ...all.map((one) => ms(one.agent_duration_ms.p50))],
    ["agent_duration_ms p95", ...all.map((one) => ms(one.agent_duration_ms.p95))],
    ["ipc_file_processing_errors", ...all.map((one) => String(one.ipc_file_processing_errors))],
    ...tools.map((tool) => [`tool_call_count ${plainLine(tool)}`, ...all.map((one) => String(one.tool_call_count[tool] ?? 0))]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ");
  return `${rows.map((row) => line(row).trimEnd()).join("\n")}\n`;
}

function counted(count: number, runs: number): string {
  return runs === 0 ? String(count) : `${count} (${((100 * count) / runs).toFixed(1)} %)`;
}
