// The meter: runs under the project's bun, one process per race. Reads a race as JSON on stdin, starts its contenders in turn
// against a server of its own, and writes one JSON line per run to stdout. It stays small on purpose: on Linux a child's peak memory
// counts from the size of the process that started it, so a big meter would be measured instead of the program.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { onTerminal } from "./on-terminal.mjs";
import { startServer } from "./server.mjs";

/**
 * @typedef {object} Contender
 * @property {string[]} argv
 * @property {string} cwd
 * @property {Record<string, string>} env the whole environment; `{server}` in a value becomes the server's origin
 * @property {number} [atOnce] so many of it are started together: times are to the last exit, CPU of all, the peak of the largest
 * @property {string} [stdin] written at the start, then closed; without it stdin is /dev/null
 * @property {number} [idleMs] its stdin stays open, and so long after its first output the memory that is its own alone is read
 * @property {string} [later] written then; a request is expected to follow
 * @property {import("./scenarios.mjs").Scenario} [scenario] what the server answers to this contender
 * @property {string[]} [stdoutHolds] what its stdout must hold for the run to count
 * @property {{text: string, atLeast: number}} [stdoutRepeats] and how often something must stand there
 * @property {import("./on-terminal.mjs").Step[]} [terminal] it is started on a pseudo terminal, and these are what is done there; what a
 *   step names stands in the sample
 * @property {string[]} [requestHolds] what the body of its last request must hold
 *
 * @typedef {object} RaceRun
 * @property {Record<string, Contender>} contenders
 * @property {number} rounds
 * @property {{path: string, text: string}[]} [files] written first, with `{server}` filled in
 *
 * @typedef {object} Sample one run; times in milliseconds, memory in MB of 1024 * 1024 bytes
 * @property {string} contender
 * @property {number} round
 * @property {number} wallMs start to exit
 * @property {number} cpuMs of the program and the children it waited for
 * @property {number} peakMb
 * @property {number} meterMb the meter's own peak: a peakMb not above it says nothing about the program
 * @property {number} [idleMb] anonymous memory while nothing happens
 * @property {number} [promptMs] `later` written, to the first byte of the first request
 * @property {number | undefined} firstOutputMs start to first byte on stdout
 * @property {number | undefined} firstByteMs start to first byte of the first request
 * @property {number | undefined} callMs tool call sent to first byte of the next request
 */

const runTimeoutMs = 60_000;
const megabyte = 1024 * 1024;

const server = startServer();

/** @type {RaceRun} */
const race = JSON.parse(readFileSync(0, "utf8").replaceAll("{server}", server.origin));
for (const file of race.files ?? []) {
  mkdirSync(dirname(file.path), { recursive: true });
  writeFileSync(file.path, file.text);
}

try {
  const names = Object.keys(race.contenders);
  // Round 0 warms the caches and looks closely at what comes out; it is no sample.
  for (let round = 0; round <= race.rounds; round++) {
    // Every second round runs backwards, so that none always follows the same one.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const contender = race.contenders[name];
      const { run, stdout, stderr, status } = await start(contender, round === 0);
      const complaint = faultOf(contender, status, stdout);
      if (complaint !== undefined) throw new Error(`${name}: ${complaint}${stderr === "" ? "" : `; stderr: ${stderr.slice(-500).trim()}`}`);
      if (round > 0) console.log(JSON.stringify({ contender: name, round, ...run }));
    }
  }
} catch (error) {
  console.log(JSON.stringify({ failure: error instanceof Error ? error.message : String(error) }));
} finally {
  server.stop();
}

/**
 * One run from start to exit. Its output is drained always and kept only where it is looked at.
 * @param {Contender} contender
 * @param {boolean} keepStdout
 */
async function start(contender, keepStdout) {
  server.expect(contender.scenario ?? { kind: "answer" });
  // Keeps the meter small, and its collections out of what is timed.
  Bun.gc(true);
  if (contender.terminal !== undefined) return startOnTerminal(contender, contender.terminal);
  if (contender.atOnce !== undefined) return startAtOnce(contender, contender.atOnce);
  let firstOutputAt;
  const startedAt = performance.now();
  const child = Bun.spawn(contender.argv, {
    cwd: contender.cwd,
    env: contender.env,
    stdin: contender.idleMs !== undefined ? "pipe" : contender.stdin === undefined ? "ignore" : Buffer.from(contender.stdin),
    stdout: "pipe",
    stderr: "pipe",
    timeout: runTimeoutMs,
    killSignal: "SIGKILL",
  });
  const complaints = child.stderr.text();
  if (contender.idleMs !== undefined) {
    child.stdin.write(contender.stdin ?? "");
    child.stdin.flush();
  }
  let idleMb;
  let laterAt;
  const kept = [];
  for await (const chunk of child.stdout) {
    if (firstOutputAt === undefined && contender.idleMs !== undefined) {
      setTimeout(() => {
        idleMb = anonymousMb(child.pid);
        laterAt = performance.now();
        if (contender.later !== undefined) child.stdin.write(contender.later);
        child.stdin.end();
      }, contender.idleMs);
    }
    firstOutputAt ??= performance.now();
    if (keepStdout) kept.push(chunk);
  }
  await child.exited;
  const exitedAt = performance.now();
  const status = child.signalCode ?? child.exitCode;
  const used = child.resourceUsage();
  const { firstByteAt, callMs } = server.seen();
  const run = {
    wallMs: exitedAt - startedAt,
    cpuMs: Number(used.cpuTime.total) / 1000,
    peakMb: used.maxRSS / megabyte,
    meterMb: ownPeakMb(),
    idleMb,
    promptMs: laterAt === undefined || firstByteAt === undefined ? undefined : firstByteAt - laterAt,
    firstOutputMs: firstOutputAt === undefined ? undefined : firstOutputAt - startedAt,
    firstByteMs: firstByteAt === undefined ? undefined : firstByteAt - startedAt,
    callMs,
  };
  return { run, status, stdout: keepStdout ? Buffer.concat(kept).toString("utf8") : undefined, stderr: await complaints };
}

/**
 * @param {Contender} contender
 * @param {import("./on-terminal.mjs").Step[]} steps
 */
async function startOnTerminal(contender, steps) {
  const { child, measured, startedAt } = await onTerminal(contender, steps, runTimeoutMs);
  const used = child.resourceUsage();
  const run = {
    ...measured,
    wallMs: performance.now() - startedAt,
    cpuMs: Number(used.cpuTime.total) / 1000,
    peakMb: used.maxRSS / megabyte,
    meterMb: ownPeakMb(),
  };
  return { run, status: child.signalCode ?? child.exitCode, stdout: undefined, stderr: "" };
}

/**
 * Each one's output is looked at in every round: what fails in a crowd need not fail in the first.
 * @param {Contender} contender
 * @param {number} count
 */
async function startAtOnce(contender, count) {
  const startedAt = performance.now();
  const children = Array.from({ length: count }, () =>
    Bun.spawn(contender.argv, {
      cwd: contender.cwd,
      env: contender.env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: runTimeoutMs,
      killSignal: "SIGKILL",
    }),
  );
  const ends = await Promise.all(
    children.map(async (child) => {
      const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      return { status: child.signalCode ?? child.exitCode, stdout, stderr };
    }),
  );
  const wallMs = performance.now() - startedAt;
  const used = children.map((child) => child.resourceUsage());
  const run = {
    wallMs,
    cpuMs: used.reduce((sum, { cpuTime }) => sum + Number(cpuTime.total) / 1000, 0),
    peakMb: Math.max(...used.map(({ maxRSS }) => maxRSS)) / megabyte,
    meterMb: ownPeakMb(),
  };
  return { run, ...(ends.find(({ status, stdout }) => faultOf(contender, status, stdout) !== undefined) ?? ends[0]) };
}

/**
 * Why this run does not count, or undefined.
 * @param {Contender} contender
 * @param {string | number | null} status
 * @param {string | undefined} stdout
 */
function faultOf(contender, status, stdout) {
  if (status === "SIGKILL") return `did not end within ${runTimeoutMs / 1000} s`;
  if (status !== 0) return `ended with ${status}`;
  const { lastBody } = server.seen();
  const unsaid = (contender.requestHolds ?? []).find((text) => !lastBody.includes(text));
  if (unsaid !== undefined) return `its last request does not hold ${JSON.stringify(unsaid)}`;
  if (stdout === undefined) return undefined;
  const missing = (contender.stdoutHolds ?? []).find((text) => !stdout.includes(text));
  if (missing !== undefined) return `its output does not hold ${JSON.stringify(missing)}: ${JSON.stringify(stdout.slice(0, 200))}`;
  const { text, atLeast } = contender.stdoutRepeats ?? { text: "\n", atLeast: 0 };
  const count = stdout.split(text).length - 1;
  if (count < atLeast) return `its output holds ${JSON.stringify(text)} ${count} times instead of ${atLeast}`;
  return undefined;
}

/** What no other process shares; nothing where the system does not say. */
function anonymousMb(pid) {
  const file = `/proc/${pid}/smaps_rollup`;
  if (!existsSync(file)) return undefined;
  return Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync(file, "utf8"))?.[1]) / 1024;
}

/** Linux only; elsewhere a child's peak does not start from its parent's and 0 is right. */
function ownPeakMb() {
  if (!existsSync("/proc/self/status")) return 0;
  const peakKb = /^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(peakKb ?? 0) / 1024;
}
