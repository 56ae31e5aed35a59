// `pi --help` against an empty compiled program.

/** @type {import("../race.mjs").Race} */
export default {
  id: "help",
  rounds: 40,
  contenders: (world) => ({
    pi: { ...world.place, argv: [world.program, "--help"], stdoutHolds: ["--model", "--mode", "--version"] },
    empty: { ...world.place, argv: [world.baselines.empty] },
  }),
  figures: [
    {
      id: "help",
      title: "--help",
      against: "empty program",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "wallMs"),
      baseline: (of) => of("empty", "wallMs"),
      onCpu: { subject: (of) => of("pi", "cpuMs"), baseline: (of) => of("empty", "cpuMs") },
    },
  ],
};
