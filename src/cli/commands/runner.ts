// `pi runner`: the switches, the signals, and what is written where; the run itself is `runtime/host/run-runner`. Called by cli/main.
// Invariant: the last line of stderr is what went wrong, without secrets, of a length that hosts keep.

import { parseDuration } from "../../contracts/duration.ts";
import { PiError } from "../../contracts/error.ts";
import { plainLine } from "../../contracts/text/terminal-text.ts";
import { type Host, writeErrorLine } from "../../platform/host.ts";
import { absolutePath } from "../../platform/paths.ts";
import type { RunnerFlags } from "../../runtime/host/run-runner.ts";
import type { HostRuntime } from "../../runtime/host-runtime.ts";
import { redactionFor } from "../../runtime/observe/redaction.ts";
import { Ending } from "../ending.ts";
import { writePage } from "../page.ts";

const help = `pi runner [options] < INPUT

Carries out one run that a host asks for as a JSON object on stdin, and writes one JSON object between two marker lines.

  --engine NAME     pi or claude; else as the input, the environment and the configuration say
  --model MODEL     in place of the input's
  --timeout TIME    longest run, such as 90s; 0: the longest there is
  --cwd DIR         the workspace
  --marker NAME     the marker lines are ---NAME_START--- and ---NAME_END---; else PI_OUTPUT
  --stream          each block of the answer in a pair of its own, before the result
  --ipc-dir DIR     the group's folder for messages and tasks to the host
  --data DIR        where groups have their sessions, and metrics are kept
  --sessions FILE   the map of groups to sessions; else sessions.json of the data directory
  --explain-route   say who would carry the run out, and why, and run nothing

The fields of both objects are in docs/hosting.md.
`;

const switches = {
  "--engine": "engine",
  "--model": "model",
  "--timeout": "timeout",
  "--cwd": "cwd",
  "--marker": "marker",
  "--ipc-dir": "ipcDir",
  "--data": "data",
  "--sessions": "sessions",
  "--stream": true,
  "--explain-route": true,
} as const;

type Read = { [name: string]: string | true | undefined };

export async function run(args: readonly string[], host: Host): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    await writePage(host, help);
    return 0;
  }
  const ending = new Ending(host);
  const redaction = redactionFor(host.env);
  let runtime: HostRuntime | undefined;
  const warn = (line: string): void => writeErrorLine(`pi: ${redaction.text(line)}`);
  const flags = readFlags(args, host);
  ending.killAllNow = () => runtime?.killAllNow();
  const { runRunner } = await import("../../runtime/host/run-runner.ts");
  try {
    return await runRunner(flags, {
      host,
      ending: ending.signal,
      endingStatus: () => ending.status,
      warn,
      redact: redaction.text,
      redactValue: redaction.value,
      runtime: async ({ sessionsFile, dataDir }) => {
        const { makeRuntime } = await import("../../runtime/create-runtime.ts");
        runtime = await makeRuntime({
          host: { ...host, cwd: flags.cwd },
          dataDir,
          sessionsFile,
          warn,
          writeLine: writeErrorLine,
        });
        return runtime;
      },
      killAllNow: () => runtime?.killAllNow(),
      fail: (line) => writeErrorLine(lastLine(redaction.text(line))),
    });
  } finally {
    if (ending.status === undefined) await runtime?.dispose();
    ending.release();
    host.stdin.release();
  }
}

const maxErrorBytes = 200;

/** A host keeps so much of it: whole characters, one line. */
function lastLine(text: string): string {
  const line = plainLine(text);
  const bytes = new TextEncoder().encode(line);
  if (bytes.length <= maxErrorBytes) return line;
  return `${new TextDecoder().decode(bytes.subarray(0, maxErrorBytes - 3)).replace(/\uFFFD+$/, "")}…`;
}

/** What cannot be read is told where all else is, between the markers. */
function readFlags(args: readonly string[], host: Host): RunnerFlags {
  const said: Read = {};
  let problem: PiError | undefined;
  for (let at = 0; at < args.length; at++) {
    const [name = "", inline] = (args[at] ?? "").split(/=(.*)/s, 2);
    const kind = Object.hasOwn(switches, name) ? switches[name as keyof typeof switches] : undefined;
    if (kind === undefined)
      problem ??= new PiError("usage.unknown_option", `pi runner knows no ${args[at]?.slice(0, 200)}`, { hint: "See pi runner --help" });
    else if (kind === true && inline !== undefined)
      problem ??= new PiError("usage.unexpected_value", `${name} takes no value`, { hint: "See pi runner --help" });
    else if (kind === true) said[name] = true;
    else {
      const value = inline ?? args[++at];
      if (value === undefined || value === "")
        problem ??= new PiError("usage.missing_value", `${name} needs a value`, { hint: "See pi runner --help" });
      else said[kind] = value;
    }
  }
  const text = (name: string): string | undefined => (typeof said[name] === "string" ? said[name] : undefined);
  const path = (name: string): string | undefined => {
    const value = text(name);
    return value === undefined ? undefined : absolutePath(value, host.cwd, host.homeDir);
  };
  const timeout = text("timeout");
  const timeoutMs = timeout === undefined ? undefined : /^\d+$/.test(timeout) ? Number(timeout) : parseDuration(timeout);
  if (timeout !== undefined && timeoutMs === undefined)
    problem ??= new PiError("usage.bad_value", `--timeout ${JSON.stringify(timeout)} is no time`, {
      hint: "For example 90s, or milliseconds",
    });
  return {
    engine: text("engine"),
    model: text("model"),
    marker: text("marker"),
    ipcDir: path("ipcDir"),
    timeoutMs,
    cwd: path("cwd") ?? host.cwd,
    dataDir: path("data"),
    sessionsFile: path("sessions"),
    isStreamed: said["--stream"] === true,
    explainsRoute: said["--explain-route"] === true,
    problem,
  };
}
