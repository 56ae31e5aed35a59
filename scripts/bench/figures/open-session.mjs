// RPC on a session of 100,000 entries (56 MB), from start to the answer of the first `get_state`: with a short active path against a
// program that counts the file's lines, with all of it on the active path against one that parses them, compacted against no session at all.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const lineCount = "100001";
const getState = '{"id":"1","type":"get_state"}\n';

/** In a directory of its own, which goes with the benchmark. */
export function sessionFile(world, activePath) {
  const file = join(dirname(world.place.cwd), `${activePath}.jsonl`);
  if (existsSync(file)) return file;
  const script = fileURLToPath(new URL("../make-session.ts", import.meta.url));
  const made = spawnSync(world.bun, [script, file, activePath], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`the session was not made: ${made.stderr}`);
  return file;
}

/** From start to the first answer. The directory of the session that was made is nowhere. */
function rpcOn(world, session, stdoutHolds = ['"success":true']) {
  const argv = [world.program, "--mode", "rpc", "--model", "demo", "--cwd", world.place.cwd, ...session];
  return { ...world.place, argv, stdin: getState, stdoutHolds };
}

function reading(world, program, file) {
  return { ...world.place, argv: [world.baselines[program], file], stdoutHolds: [lineCount.slice(0, 4)] };
}

/** What a figure compares: the first output of two contenders. */
function firstOutputs(subject, baseline) {
  return {
    unit: "ms",
    compare: /** @type {const} */ ("ratio"),
    subject: (of) => of(subject, "firstOutputMs"),
    baseline: (of) => of(baseline, "firstOutputMs"),
    onCpu: { subject: (of) => of(subject, "cpuMs"), baseline: (of) => of(baseline, "cpuMs") },
  };
}

/** @type {import("../race.mjs").Race} */
export const openShort = {
  id: "open-short",
  rounds: 25,
  contenders: (world) => {
    const file = sessionFile(world, "short");
    return { pi: rpcOn(world, ["--session", file]), count: reading(world, "count-lines", file) };
  },
  figures: [
    { id: "open-short", title: "open 100,000 entries, short path", against: "counting the lines", ...firstOutputs("pi", "count") },
    {
      id: "open-short-memory",
      title: "open 100,000 entries, peak memory",
      against: "nothing",
      unit: "MB",
      compare: "difference",
      subject: (of) => of("pi", "peakMb"),
      baseline: () => 0,
    },
  ],
};

/** @type {import("../race.mjs").Race} */
export const openWhole = {
  id: "open-whole",
  rounds: 6,
  contenders: (world) => {
    const file = sessionFile(world, "whole");
    return { pi: rpcOn(world, ["--session", file]), parse: reading(world, "parse-lines", file) };
  },
  figures: [{ id: "open-whole", title: "open 100,000 entries, all of them", against: "parsing the lines", ...firstOutputs("pi", "parse") }],
};

/** @type {import("../race.mjs").Race} */
export const openCompacted = {
  id: "open-compacted",
  rounds: 25,
  contenders: (world) => ({
    pi: rpcOn(world, ["--session", sessionFile(world, "compacted")], ['"messageCount":22']),
    none: rpcOn(world, ["--no-session"]),
  }),
  figures: [{ id: "open-compacted", title: "open 100,000 entries, compacted", against: "no session", ...firstOutputs("pi", "none") }],
};
