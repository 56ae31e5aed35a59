// `pi --version`, answered before anything is loaded, against an empty compiled program.

/** @type {import("../race.mjs").Race} */
export default {
  id: "version",
  rounds: 50,
  contenders: (world) => ({
    pi: { ...world.place, argv: [world.program, "--version"], stdoutHolds: [world.version] },
    empty: { ...world.place, argv: [world.baselines.empty] },
  }),
  figures: [
    {
      id: "version",
      title: "--version",
      against: "empty program",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "wallMs"),
      baseline: (of) => of("empty", "wallMs"),
      onCpu: { subject: (of) => of("pi", "cpuMs"), baseline: (of) => of("empty", "cpuMs") },
    },
  ],
};
