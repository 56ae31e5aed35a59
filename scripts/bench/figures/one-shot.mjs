// `pi -p` with one short answer against the smallest program that asks the same with the same SDK:
// how soon the request is out, how long it all takes, how much memory it needs.

import { lastWord } from "../scenarios.mjs";

const cpu = { subject: (of) => of("pi", "cpuMs"), baseline: (of) => of("request", "cpuMs") };

const atOnce = 50;

/** @type {import("../race.mjs").Race} */
export const oneShotsAtOnce = {
  id: "one-shots-at-once",
  rounds: 6,
  contenders: (world) => ({
    pi: { ...world.place, argv: [world.program, ...world.prompt("text")], atOnce, stdoutHolds: [lastWord] },
    request: { ...world.place, argv: [world.baselines.request], atOnce, stdoutHolds: [lastWord] },
  }),
  figures: [
    {
      id: "one-shots-at-once",
      title: `${atOnce} one-shots at once, to the last exit`,
      against: "SDK programs",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "wallMs"),
      baseline: (of) => of("request", "wallMs"),
      onCpu: cpu,
    },
  ],
};

/** @type {import("../race.mjs").Race} */
export default {
  id: "one-shot",
  rounds: 40,
  contenders: (world) => ({
    pi: { ...world.place, argv: [world.program, ...world.prompt("text")], stdoutHolds: [lastWord] },
    request: { ...world.place, argv: [world.baselines.request], stdoutHolds: [lastWord] },
    baseClient: { ...world.place, argv: [world.baselines["request-base-client"]], stdoutHolds: [lastWord] },
  }),
  figures: [
    {
      id: "first-byte",
      title: "-p, exec to first request byte",
      against: "SDK program",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "firstByteMs"),
      baseline: (of) => of("request", "firstByteMs"),
      onCpu: cpu,
    },
    {
      id: "first-byte-base-client",
      title: "-p, exec to first request byte",
      against: "SDK's base client",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "firstByteMs"),
      baseline: (of) => of("baseClient", "firstByteMs"),
      onCpu: { subject: cpu.subject, baseline: (of) => of("baseClient", "cpuMs") },
    },
    {
      id: "one-shot",
      title: "-p, whole one-shot",
      against: "SDK program",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "wallMs"),
      baseline: (of) => of("request", "wallMs"),
      onCpu: cpu,
    },
    {
      id: "one-shot-memory",
      title: "-p, peak memory",
      against: "SDK program",
      unit: "MB",
      compare: "ratio",
      subject: (of) => of("pi", "peakMb"),
      baseline: (of) => of("request", "peakMb"),
    },
  ],
};
