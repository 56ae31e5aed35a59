// `pi metrics`: how runs of a host went, engine by engine; whether one may take over from another. Called by cli/main.
// Invariant: the gate opens only where data say so; exit status 0 is a promise.

import { join } from "node:path";
import type { Command } from "commander";
import { parseDuration } from "../../contracts/duration.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { plainLine } from "../../contracts/text/terminal-text.ts";
import type { Host } from "../../platform/host.ts";
import type { MetricsReport } from "../../runtime/observe/metrics-report.ts";
import { runtimeKinds } from "../../runtime/runtime.ts";
import { dataOption, hostData } from "./data-directory.ts";
import { runSubcommands } from "./subcommands.ts";

interface Flags {
  json?: boolean;
  prometheus?: boolean;
  since: string;
  group?: string;
  data?: string;
}

interface GateFlags extends Flags {
  baseline: string;
  candidate: string;
  minRuns: string;
}

export async function run(args: readonly string[], host: Host): Promise<number> {
  return runSubcommands("metrics", args, host, (program, exit) => {
    withPlace(program.enablePositionalOptions(), "7d")
      .description("How runs went: counts, errors, timeouts, durations, tools, by engine.")
      .option("--prometheus", "in the text format that Prometheus reads")
      .option("--group <name>", "only this group's")
      .action((flags: Flags) => show(host, flags));
    withPlace(program.command("compare"), "7d")
      .description("the engines side by side")
      .option("--group <name>", "only this group's")
      .action((flags: Flags) => show(host, flags));
    withPlace(program.command("gate"), "72h")
      .description("whether the candidate may take over: exit 0 where all holds, 1 where not, or where data are missing")
      .requiredOption("--baseline <engine>", "what it is measured against")
      .requiredOption("--candidate <engine>", "what is to take over")
      .option("--min-runs <n>", "of each, at least", "20")
      .action(async (flags: GateFlags) => exit(await judge(host, flags)));
    program
      .command("incident")
      .description("note a security incident of an engine; the gate stays shut for it as long as it is looked at")
      .argument("<text...>", "what happened")
      .requiredOption("--engine <engine>", "whose")
      .option(...dataOption)
      .action((text: string[], flags: { engine: string; data?: string }) => note(host, text.join(" "), flags));
  });
}

function withPlace(command: Command, since: string): Command {
  return command
    .option("--json", "as JSON")
    .option("--since <duration>", "so far back", since)
    .option(...dataOption);
}

async function show(host: Host, flags: Flags): Promise<void> {
  if (flags.json === true && flags.prometheus === true)
    throw new PiError("usage.conflict", "--json and --prometheus are two forms of one thing", { hint: "Give one of them." });
  const report = await reportSince(host, flags);
  const { prometheusText, tableOf } = await import("../../runtime/observe/metrics-report.ts");
  if (flags.json === true) await host.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else await host.stdout.write(flags.prometheus === true ? prometheusText(report) : tableOf(report));
}

async function judge(host: Host, flags: GateFlags): Promise<number> {
  const baseline = engineOf(flags.baseline, "--baseline");
  const candidate = engineOf(flags.candidate, "--candidate");
  if (baseline === candidate)
    throw new PiError("usage.conflict", `--baseline and --candidate are both ${baseline}`, { hint: "Name two engines." });
  const minRuns = /^\d{1,9}$/.test(flags.minRuns) ? Number(flags.minRuns) : 0;
  if (minRuns < 1)
    throw new PiError("usage.bad_value", `--min-runs ${plainLine(flags.minRuns)} is no number of runs`, { hint: "Give 1 or more." });
  const { gate } = await import("../../runtime/observe/gate.ts");
  const { holds, checks } = gate(await reportSince(host, flags), { baseline, candidate, minRuns });
  if (flags.json === true) await host.stdout.write(`${JSON.stringify({ baseline, candidate, minRuns, holds, checks }, null, 2)}\n`);
  else {
    const lines = checks.map((one) => `${one.holds ? "ok  " : "FAIL"}  ${one.name.padEnd(9)}  ${plainLine(one.about)}`);
    await host.stdout.write(`${lines.join("\n")}\n${candidate} may ${holds ? "" : "not "}take over from ${baseline}.\n`);
  }
  return holds ? 0 : 1;
}

const longestIncident = 10_000;

async function note(host: Host, text: string, flags: { engine: string; data?: string }): Promise<void> {
  const engine = engineOf(flags.engine, "--engine");
  if (text.trim() === "") throw new PiError("usage.missing_argument", "An incident without words", { hint: "Say what happened." });
  if (text.length > longestIncident)
    throw new PiError("usage.bad_value", `An incident of ${text.length} characters is too long`, { hint: `At most ${longestIncident}.` });
  const { dataDir } = await hostData(host, flags.data);
  const [{ metricsStore }, { redactionFor }] = await Promise.all([
    import("../../runtime/observe/metrics-store.ts"),
    import("../../runtime/observe/redaction.ts"),
  ]);
  const directory = join(dataDir, "metrics");
  const store = metricsStore({
    directory,
    redaction: redactionFor(host.env),
    warn: (line) => {
      throw new PiError("io.metrics", `The incident is not noted: ${line}`);
    },
  });
  store.append({ t: host.now(), kind: "incident", engine, text });
  await host.stderr.write(`Noted in ${plainLine(directory)}\n`);
}

/** By which clocks of several hosts may differ. */
const clockSkewMs = 3_600_000;

async function reportSince(host: Host, flags: Flags): Promise<MetricsReport & { since: string }> {
  const ms = parseDuration(flags.since);
  if (ms === undefined || ms === 0)
    throw new PiError("usage.bad_value", `--since ${plainLine(flags.since)} is no duration`, { hint: "Give one such as 72h or 7d." });
  const { dataDir } = await hostData(host, flags.data);
  const [{ readMetrics }, { reportOf }] = await Promise.all([
    import("../../runtime/observe/metrics-store.ts"),
    import("../../runtime/observe/metrics-report.ts"),
  ]);
  const since = Math.max(0, host.now() - ms);
  // What a clock that was ahead has written is of no known time: it would count in every window from then on.
  const until = host.now() + clockSkewMs;
  const directory = join(dataDir, "metrics");
  try {
    return { since: isoTime(since), ...reportOf(readMetrics(directory, since, until), runtimeKinds, flags.group) };
  } catch (error) {
    throw new PiError("io.metrics", `Metrics cannot be read from ${directory}: ${messageOf(error)}`, { cause: error });
  }
}

function engineOf(name: string, option: string): string {
  if (runtimeKinds.includes(name as "pi")) return name;
  throw new PiError("usage.runtime", `${option} ${plainLine(name.slice(0, 60))} is no runtime`, {
    hint: `They are ${runtimeKinds.join(", ")}.`,
  });
}
