// RPC on a session of 100,000 entries (56 MB), from start to the answer of the first `get_state`: with a short active path against a
// program that counts the file's lines, with all of it on the active path against one that parses them.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const lineCount = "100001";
const getState = '{"id":"1","type":"get_state"}\n';

/** In a directory of its own, which goes with the benchmark. */
function sessionFile(world, activePath) {
  const file = join(dirname(world.place.cwd), `${activePath}.jsonl`);
  if (existsSync(file)) return file;
  const script = fileURLToPath(new URL("../make-session.ts", import.meta.url));
  const made = spawnSync(world.bun, [script, file, activePath], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`the session was not made: ${made.stderr}`);
  return file;
}

/** @type {import("../race.mjs").Race} */
export default {
  id: "open-session",
  rounds: 7,
  contenders: (world) => {
    const [short, whole] = ["short", "whole"].map((activePath) => sessionFile(world, activePath));
    // The directory of the session that was made is nowhere.
    const start = [world.program, "--mode", "rpc", "--model", "demo", "--cwd", world.place.cwd, "--session"];
    const rpc = { ...world.place, stdin: getState, stdoutHolds: ['"success":true'] };
    return {
      "pi, short": { ...rpc, argv: [...start, short] },
      count: { ...world.place, argv: [world.baselines["count-lines"], short], stdoutHolds: [lineCount.slice(0, 4)] },
      "pi, whole": { ...rpc, argv: [...start, whole] },
      parse: { ...world.place, argv: [world.baselines["parse-lines"], whole], stdoutHolds: [lineCount.slice(0, 4)] },
    };
  },
  figures: [
    {
      id: "open-short",
      title: "open 100,000 entries, short path",
      against: "counting the lines",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi, short", "firstOutputMs"),
      baseline: (of) => of("count", "firstOutputMs"),
      onCpu: { subject: (of) => of("pi, short", "cpuMs"), baseline: (of) => of("count", "cpuMs") },
    },
    {
      id: "open-short-memory",
      title: "open 100,000 entries, peak memory",
      against: "nothing",
      unit: "MB",
      compare: "difference",
      subject: (of) => of("pi, short", "peakMb"),
      baseline: () => 0,
    },
    {
      id: "open-whole",
      title: "open 100,000 entries, all of them",
      against: "parsing the lines",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi, whole", "firstOutputMs"),
      baseline: (of) => of("parse", "firstOutputMs"),
      onCpu: { subject: (of) => of("pi, whole", "cpuMs"), baseline: (of) => of("parse", "cpuMs") },
    },
  ],
};
