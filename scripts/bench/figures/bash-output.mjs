// One bash call with 50 MB of output, against a compiled program that runs the same and drains the pipe. For pi the call is timed
// from outside: the model's answer with the call is sent, to the first byte of the request that carries the result.
// Memory is held against that of a call with a line of output: it must not grow with what a command prints.

import { lastWord } from "../scenarios.mjs";

const lastLine = 6_388_889;
const command = `seq 1 ${lastLine}`;
const byteCount = 50_000_008;

/** @type {import("../race.mjs").Race} */
export default {
  id: "bash-output",
  rounds: 9,
  contenders: (world) => {
    // Without a session the 50 MB file goes with the process: kept, a dozen of them would have the disk write while others are timed.
    const pi = { ...world.place, argv: [world.program, "--no-session", ...world.prompt("text")], stdoutHolds: [lastWord] };
    return {
      pi: { ...pi, scenario: { kind: "bash", command }, requestHolds: [`${lastLine}`] },
      drain: { ...world.place, argv: [world.baselines.drain, command], stdoutHolds: [`${byteCount} ${lastLine}`] },
      "pi, one line": { ...pi, scenario: { kind: "bash", command: `echo ${lastLine}` }, requestHolds: [`${lastLine}`] },
    };
  },
  figures: [
    {
      id: "bash-output",
      title: "50 MB from one bash call",
      against: "bash -c, drained",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "callMs"),
      baseline: (of) => of("drain", "wallMs"),
      onCpu: { subject: (of) => of("pi", "cpuMs") - of("pi, one line", "cpuMs"), baseline: (of) => of("drain", "cpuMs") },
    },
    {
      id: "bash-output-memory",
      title: "50 MB from one bash call, peak memory",
      against: "one line of output",
      unit: "MB",
      compare: "difference",
      subject: (of) => of("pi", "peakMb"),
      baseline: (of) => of("pi, one line", "peakMb"),
    },
  ],
};
