// RPC mode from start to the first answer against `--help`, and what it holds in memory while nothing happens.

/** @type {import("../race.mjs").Race} */
export default {
  id: "rpc-start",
  rounds: 30,
  contenders: (world) => ({
    rpc: {
      ...world.place,
      argv: [world.program, "--mode", "rpc", "--no-session"],
      stdin: '{"id":"1","type":"get_state"}\n',
      stdoutHolds: ['"id":"1"', '"success":true', '"isStreaming":false'],
    },
    help: { ...world.place, argv: [world.program, "--help"], stdoutHolds: ["--model"] },
  }),
  figures: [
    {
      id: "rpc-first-answer",
      title: "RPC, exec to first get_state answer",
      against: "--help",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("rpc", "firstOutputMs"),
      baseline: (of) => of("help", "wallMs"),
      onCpu: { subject: (of) => of("rpc", "cpuMs"), baseline: (of) => of("help", "cpuMs") },
    },
    {
      id: "rpc-memory",
      title: "RPC, idle, memory",
      against: "nothing",
      unit: "MB",
      compare: "difference",
      subject: (of) => of("rpc", "peakMb"),
      baseline: () => 0,
    },
  ],
};
