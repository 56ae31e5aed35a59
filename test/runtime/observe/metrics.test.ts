// Metrics of runs: what is written and read, what is made of it, and when the gate opens.

import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gate } from "../../../src/runtime/observe/gate.ts";
import { nearestRank, prometheusText, reportOf, tableOf } from "../../../src/runtime/observe/metrics-report.ts";
import { type MetricRecord, metricsStore, type RunRecord, readMetrics } from "../../../src/runtime/observe/metrics-store.ts";
import { redactionFor } from "../../../src/runtime/observe/redaction.ts";
import { runLog } from "../../../src/runtime/observe/run-log.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const t = Date.parse("2026-05-01T23:59:59Z");
const ran = (changes: Partial<RunRecord> = {}): RunRecord => ({
  t,
  kind: "run",
  engine: "pi",
  group: "main",
  outcome: "done",
  durationMs: 100,
  isTimeout: false,
  tools: {},
  sessionPresent: true,
  isScheduledTask: false,
  fallbackFrom: [],
  costUsd: 0.5,
  ...changes,
});
const many = (count: number, changes: Partial<RunRecord> = {}): RunRecord[] => Array.from({ length: count }, () => ran(changes));
const none = { redaction: redactionFor({}), warn: () => {} };
const engines = ["claude", "pi"];

test("a file a day, private, one record a line, and back since when it is asked for", () => {
  const directory = join(temporaryDirectory(), "data/metrics");
  const store = metricsStore({ directory, ...none });
  const records: MetricRecord[] = [
    ran({ tools: { bash: 2 }, code: "model.network", outcome: "error", fallbackFrom: [{ runtime: "claude", code: "model.auth" }] }),
    { t: t + 1000, kind: "ipc_error", engine: "pi", group: "family" },
    { t: t + 2000, kind: "incident", engine: "pi", text: "a key was shown" },
  ];
  for (const record of records) store.append(record);
  expect(readdirSync(directory).sort()).toEqual(["2026-05-01.jsonl", "2026-05-02.jsonl"]);
  expect(statSync(join(directory, "2026-05-01.jsonl")).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect([...readMetrics(directory, t)]).toEqual(records);
  expect([...readMetrics(directory, t + 1)]).toEqual(records.slice(1));
  expect([...readMetrics(join(directory, "none"), 0)]).toEqual([]);
});

test("a torn line costs itself, not what was written behind it, on its line or the next", () => {
  const directory = temporaryDirectory();
  const path = join(directory, "2026-05-01.jsonl");
  const whole = JSON.stringify(ran());
  writeFileSync(path, `${whole}\n${whole.slice(0, 40)}${whole}\n${whole.slice(0, 40)}\nno json\n{"t":1}\n[]\n"x"\n${whole.slice(0, 60)}`);
  metricsStore({ directory, ...none }).append(ran({ group: "after" }));
  expect([...readMetrics(directory, 0)].map((one) => (one.kind === "run" ? one.group : ""))).toEqual(["main", "main", "after"]);
  appendFileSync(path, `${" ".repeat(100_000)}\n${whole}\n`);
  expect([...readMetrics(directory, 0)]).toHaveLength(4);
});

test("that it cannot be written is told once, and is no failure", () => {
  const directory = join(temporaryDirectory(), "file");
  writeFileSync(directory, "");
  const warnings: string[] = [];
  const store = metricsStore({ directory, redaction: redactionFor({}), warn: (line) => void warnings.push(line) });
  store.append(ran());
  store.append(ran());
  expect(warnings).toEqual([expect.stringContaining("io.metrics")]);
});

test("no secret is written, of a variable or by its looks", () => {
  const directory = temporaryDirectory();
  const env = { BOT_PASSWORD: 'canary-"quoted" value', SHORT_TOKEN: "abc", PLAIN: "visible" };
  const store = metricsStore({ directory, redaction: redactionFor(env), warn: () => {} });
  const text = [env.BOT_PASSWORD, encodeURIComponent(env.BOT_PASSWORD), "sk-canary0123456789", "AKIAIOSFODNN7CANARY1", "abc visible"].join(
    " ",
  );
  store.append({ t, kind: "incident", engine: "pi", text });
  store.append(ran({ tools: { ghp_canary0123456789abcdef: 1 } }));
  const written = readFileSync(join(directory, "2026-05-01.jsonl"), "utf8");
  expect(written).not.toMatch(/canary/i);
  expect(written).toContain("abc visible");
});

test("figures by engine; a run that fell back is an error of the one before", () => {
  const records: MetricRecord[] = [
    ran({ durationMs: 10, tools: { bash: 2, read: 1 } }),
    ran({ durationMs: 30, outcome: "error", tools: { bash: 1 } }),
    ran({ durationMs: 20, outcome: "budget", isTimeout: true }),
    ran({ engine: "claude", durationMs: 5, fallbackFrom: [{ runtime: "pi", code: "model.auth" }], group: "other" }),
    { t, kind: "ipc_error", engine: "pi", group: "main" },
  ];
  expect(reportOf(records, engines).engines).toEqual({
    claude: {
      agent_run_count: 1,
      agent_error_count: 0,
      agent_timeout_count: 0,
      agent_duration_ms: { p50: 5, p95: 5 },
      tool_call_count: {},
      ipc_file_processing_errors: 0,
    },
    pi: {
      agent_run_count: 4,
      agent_error_count: 3,
      agent_timeout_count: 1,
      agent_duration_ms: { p50: 20, p95: 30 },
      tool_call_count: { bash: 3, read: 1 },
      ipc_file_processing_errors: 1,
    },
  });
  expect(reportOf(records, engines, "other").engines.pi).toMatchObject({ agent_run_count: 1, ipc_file_processing_errors: 0 });
});

test.each([
  [[], 95, null],
  [[7], 50, 7],
  [[1, 2, 3, 4], 50, 2],
  [Array.from({ length: 20 }, (_, at) => at + 1), 95, 19],
  [Array.from({ length: 21 }, (_, at) => at + 1), 95, 20],
] as const)("nearest rank of %j, %d", (sorted, percent, value) => {
  expect(nearestRank(sorted, percent)).toBe(value);
});

test("what Prometheus reads, and what people do", () => {
  const report = reportOf([ran({ durationMs: 12, tools: { 'odd"\\\n': 1 } })], engines);
  const lines = prometheusText(report).trimEnd().split("\n");
  expect(lines).toContain('agent_run_count{engine="pi"} 1');
  expect(lines).toContain('agent_run_count{engine="claude"} 0');
  expect(lines).toContain('agent_duration_ms{engine="pi",quantile="0.95"} 12');
  expect(lines).toContain('tool_call_count{engine="pi",tool="odd\\"\\\\\\n"} 1');
  expect(lines.filter((line) => line.startsWith('agent_duration_ms{engine="claude"'))).toEqual([]);
  for (const line of lines) expect(line).toMatch(/^(# TYPE \w+ \w+|\w+\{(\w+="([^"\\]|\\.)*",?)+\} \d+)$/);
  expect(tableOf(report)).toMatch(/^ +claude +pi\nagent_run_count +0 +1\n/);
});

test("what a damaged record says of its time is not known, and what a clock that was ahead has said does not count", () => {
  const directory = temporaryDirectory();
  const odd = ["fast", null, -5, undefined].map((durationMs) => JSON.stringify({ ...ran(), durationMs }));
  const endless = JSON.stringify(ran()).replace('"durationMs":100', '"durationMs":1e999');
  const ahead = [ran({ t: t + 10 }), { t: t + 10, kind: "incident", engine: "pi", text: "x" }].map((one) => JSON.stringify(one));
  writeFileSync(join(directory, "2026-05-01.jsonl"), `${[...odd, endless, ...ahead].join("\n")}\n`);
  const report = reportOf(readMetrics(directory, 0, t), engines);
  expect(report.engines.pi).toMatchObject({ agent_run_count: 5, agent_duration_ms: { p50: null, p95: null } });
  expect([report.unmeasured.pi, report.incidents.pi]).toEqual([5, ["x"]]);
});

test("a run is found again whatever its model has called, and however long its group's name is", () => {
  const directory = temporaryDirectory();
  const tools = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`${at}${"x".repeat(5000)}`, 2]));
  metricsStore({ directory, ...none }).append(ran({ outcome: "error", group: "g".repeat(100_000), tools }));
  const [record] = [...readMetrics(directory, 0)];
  expect(record).toMatchObject({ kind: "run", outcome: "error", group: "g".repeat(200) });
  const counts = Object.values((record as RunRecord).tools);
  expect([counts.length, counts.reduce((sum, one) => sum + one, 0)]).toEqual([101, 1000]);
});

const judged = (candidate: MetricRecord[], baseline: RunRecord[] = many(100), minRuns = 20) =>
  gate(reportOf([...candidate, ...baseline.map((one) => ({ ...one, engine: "claude" }))], engines), {
    baseline: "claude",
    candidate: "pi",
    minRuns,
  });
const failing = (...args: Parameters<typeof judged>): string[] =>
  judged(...args)
    .checks.filter(({ holds }) => !holds)
    .map(({ name }) => name);

test.each<[string, MetricRecord[], RunRecord[], string[]]>([
  ["nothing at all", [], [], ["runs", "errors", "timeouts", "p95"]],
  ["no data of the candidate", [], many(100), ["runs", "errors", "timeouts", "p95"]],
  ["no data of the baseline", many(100), [], ["runs", "errors", "timeouts", "p95"]],
  ["too few of the candidate", many(19), many(100), ["runs"]],
  ["too few of the baseline", many(100), many(19), ["runs"]],
  ["alike", many(20), many(20), []],
  ["2 points more errors", [...many(98), ...many(2, { outcome: "error" })], many(100), []],
  ["over 2 points more errors", [...many(97), ...many(3, { outcome: "error" })], many(100), ["errors"]],
  ["12 of 100 against 10 of 100", [...many(88), ...many(12, { outcome: "error" })], [...many(90), ...many(10, { outcome: "error" })], []],
  ["1 point more timeouts", [...many(99), ...many(1, { outcome: "budget", isTimeout: true })], many(100), []],
  ["2 points more timeouts", [...many(98), ...many(2, { outcome: "budget", isTimeout: true })], many(100), ["timeouts"]],
  ["p95 of 1.25 times", many(20, { durationMs: 125 }), many(20), []],
  ["p95 over 1.25 times", many(20, { durationMs: 126 }), many(20), ["p95"]],
  ["durations that are not known", [...many(20), ran({ durationMs: null })], many(20), ["p95"]],
  ["durations of the baseline that are not known", many(20), [...many(20), ran({ durationMs: null })], ["p95"]],
  ["an incident", [...many(20), { t, kind: "incident", engine: "pi", text: "x" }], many(20), ["incidents"]],
  ["an incident of the baseline", [...many(20), { t, kind: "incident", engine: "claude", text: "x" }], many(20), []],
  [
    "runs that the baseline had to finish",
    [...many(97), ...many(3, { engine: "claude", fallbackFrom: [{ runtime: "pi", code: "model.auth" }] })],
    many(100),
    ["errors"],
  ],
])("the gate, %s", (_, candidate, baseline, expected) => {
  expect(failing(candidate, baseline)).toEqual(expected);
  expect(judged(candidate, baseline).holds).toBe(expected.length === 0);
});

test("two writers at a time lose nothing", async () => {
  const directory = temporaryDirectory();
  mkdirSync(directory, { recursive: true });
  const stores = [0, 1].map(() => metricsStore({ directory, ...none }));
  await Promise.all(
    stores.map(async (store, which) => {
      for (let at = 0; at < 50; at++) {
        store.append(ran({ group: `g${which}` }));
        await null;
      }
    }),
  );
  expect(reportOf(readMetrics(directory, 0), engines).engines.pi?.agent_run_count).toBe(100);
});

test("a log that could not be kept for a while is kept again, and is told of once each time", () => {
  const directory = temporaryDirectory();
  const file = join(directory, "log");
  const told: string[] = [];
  const log = runLog({ file, now: () => t, redaction: redactionFor({}), writeLine: (line) => void told.push(line) });
  const records = (): unknown[] =>
    readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line) => (line === "" ? [] : JSON.parse(line).event));
  mkdirSync(file);
  log.write({ event: "lost" });
  log.write({ event: "lost as well" });
  expect(told).toEqual([expect.stringContaining("cannot be written")]);
  rmSync(file, { recursive: true });
  log.write({ event: "kept" });
  log.write({ event: "kept as well" });
  expect(records()).toEqual(["kept", "kept as well"]);
  rmSync(file);
  mkdirSync(file);
  log.write({ event: "lost again" });
  expect(told).toHaveLength(2);
});
