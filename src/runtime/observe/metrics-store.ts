// What is kept about runs: one line a record, in a file a day. Written by runtimes, the drain of IPC files and `pi metrics incident`, by several
// processes at the same time; read for reports and the gate.
// Invariant: one append a line; a torn line costs itself alone; that nothing could be written is one warning, and no run fails for it.

import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../contracts/error.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { AppendFile } from "../../platform/files/append-file.ts";
import { LineSplitter } from "../../platform/pipes/line-splitter.ts";
import type { Redaction } from "./redaction.ts";

export interface RunRecord {
  /** Unix ms. */
  t: number;
  kind: "run";
  engine: string;
  group: string;
  /** `done`, or how it failed. */
  outcome: string;
  code?: string;
  /** Null: not known, which is how a record says it that was damaged. */
  durationMs: number | null;
  isTimeout: boolean;
  /** Calls by tool. */
  tools: Record<string, number>;
  sessionPresent: boolean;
  isScheduledTask: boolean;
  /** Runtimes that failed before this one. */
  fallbackFrom?: { runtime: string; code: string }[];
  costUsd: number;
}

/** A file of a group that its consumer could not take. `engine`: what the group is routed to. */
export interface IpcErrorRecord {
  t: number;
  kind: "ipc_error";
  engine: string;
  group: string;
}

/** A security incident, as somebody has noted it. */
export interface IncidentRecord {
  t: number;
  kind: "incident";
  engine: string;
  text: string;
}

export type MetricRecord = RunRecord | IpcErrorRecord | IncidentRecord;

export interface MetricsStore {
  append(record: MetricRecord): void;
}

export interface MetricsStoreOptions {
  /** Made when missing. */
  directory: string;
  redaction: Redaction;
  /** Told once. */
  warn(line: string): void;
}

const dayMs = 86_400_000;
const longestLine = 64 * 1024;

export function metricsStore({ directory, redaction, warn }: MetricsStoreOptions): MetricsStore {
  let hasWarned = false;
  return {
    append: (record) => {
      try {
        const file = openForAppend(join(directory, `${dayOf(record.t)}.jsonl`));
        try {
          file.append(`${JSON.stringify(redaction.value(fitting(record)))}\n`);
        } finally {
          file.close();
        }
      } catch (error) {
        if (!hasWarned) warn(`Metrics cannot be written to ${directory} (io.metrics): ${messageOf(error)}`);
        hasWarned = true;
      }
    },
  };
}

const longestName = 200;
const mostTools = 100;

/** A line is read up to a length, and a run must not be forgotten for the names that its model has called. */
function fitting(record: MetricRecord): MetricRecord {
  if (record.kind !== "run") return record;
  const tools: Record<string, number> = Object.create(null);
  for (const [name, count] of Object.entries(record.tools)) {
    const cut = name.slice(0, longestName);
    const known = cut in tools || Object.keys(tools).length < mostTools ? cut : "…";
    tools[known] = (tools[known] ?? 0) + count;
  }
  return { ...record, group: record.group.slice(0, longestName), tools };
}

function openForAppend(path: string): AppendFile {
  try {
    return AppendFile.open(path, "append");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  try {
    return AppendFile.create(path, "make");
  } catch (error) {
    // Another process was first.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return AppendFile.open(path, "append");
  }
}

/**
 * Those since then, a day after the other; of incidents also those that a clock which was ahead has noted behind `until`. Nothing where there is no directory; other trouble with reading is
 * thrown, as Node says it.
 */
export function* readMetrics(directory: string, since: number, until = Number.POSITIVE_INFINITY): Generator<MetricRecord> {
  const firstDay = dayOf(since);
  for (const name of namesIn(directory)) {
    if (!/^\d{4}-\d{2}-\d{2}\.jsonl$/.test(name) || name.slice(0, 10) < firstDay) continue;
    for (const line of linesOf(join(directory, name))) {
      const record = recordOf(line);
      if (record !== undefined && record.t >= since && (record.t <= until || record.kind === "incident")) yield record;
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function* linesOf(path: string): Generator<string> {
  const splitter = new LineSplitter(longestLine);
  const descriptor = openSync(path, "r");
  try {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk))
      for (const { text } of splitter.push(chunk.subarray(0, read))) yield text;
    for (const { text } of splitter.end()) yield text;
  } finally {
    closeSync(descriptor);
  }
}

/** Nothing for a line that is torn; a record that was written behind a torn one, on its line, is found. */
function recordOf(line: string): MetricRecord | undefined {
  for (let at = 0; at >= 0; at = line.indexOf('{"t":', at + 1)) {
    try {
      return checked(JSON.parse(line.slice(at)));
    } catch {
      // Torn, or what stands before is.
    }
  }
  return undefined;
}

function checked(json: unknown): MetricRecord | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const record = json as Record<string, unknown>;
  const t = typeof record.t === "string" ? Date.parse(record.t) : record.t;
  if (typeof t !== "number" || !Number.isFinite(t) || typeof record.engine !== "string") return undefined;
  const group = typeof record.group === "string" ? record.group : "";
  if (record.kind === "ipc_error") return { t, kind: "ipc_error", engine: record.engine, group };
  if (record.kind === "incident") return { t, kind: "incident", engine: record.engine, text: String(record.text ?? "") };
  if (record.kind !== "run" || typeof record.outcome !== "string") return undefined;
  return {
    t,
    kind: "run",
    engine: record.engine,
    group,
    outcome: record.outcome,
    ...(typeof record.code === "string" ? { code: record.code } : {}),
    durationMs: isDuration(record.durationMs) ? record.durationMs : null,
    isTimeout: record.isTimeout === true,
    tools: countsOf(record.tools),
    sessionPresent: record.sessionPresent === true,
    isScheduledTask: record.isScheduledTask === true,
    fallbackFrom: Array.isArray(record.fallbackFrom)
      ? record.fallbackFrom.filter((one): one is { runtime: string; code: string } => typeof one?.runtime === "string")
      : [],
    costUsd: typeof record.costUsd === "number" ? record.costUsd : 0,
  };
}

function isDuration(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function countsOf(json: unknown): Record<string, number> {
  if (typeof json !== "object" || json === null) return {};
  return Object.fromEntries(Object.entries(json).filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}

/** In UTC. */
function dayOf(t: number): string {
  return isoTime(Math.floor(t / dayMs) * dayMs).slice(0, 10);
}
