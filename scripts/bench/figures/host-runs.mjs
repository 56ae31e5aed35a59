// What hosts pay: `pi runner` to its request beside `-p`, an answer in blocks beside the bare JSON mode, a run among many of one process.

import { dirname } from "node:path";
import { lastWord } from "../scenarios.mjs";

const deltas = 100_000;
const runs = 1000;
const input = JSON.stringify({ prompt: "hi", groupFolder: "main", chatJid: "room" });
const runner = (world, ...more) => ({
  ...world.place,
  argv: [world.program, "runner", "--model", "anthropic/claude-haiku-4-5", ...more],
  stdin: input,
});
const beside = (of, many, few) => of(many, "cpuMs") - of(few, "cpuMs");

/** @type {import("../race.mjs").Race} */
export const runnerStart = {
  id: "runner-start",
  rounds: 15,
  contenders: (world) => ({
    runner: { ...runner(world), stdoutHolds: [lastWord] },
    print: { ...world.place, argv: [world.program, ...world.prompt("text")], stdoutHolds: [lastWord] },
  }),
  figures: [
    {
      id: "runner-first-byte",
      title: "runner, exec to first request byte",
      against: "-p",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("runner", "firstByteMs"),
      baseline: (of) => of("print", "firstByteMs"),
      onCpu: { subject: (of) => of("runner", "cpuMs"), baseline: (of) => of("print", "cpuMs") },
    },
  ],
};

/** @type {import("../race.mjs").Race} */
export const replyDeltas = {
  id: "reply-deltas",
  rounds: 5,
  contenders: (world) => {
    const scenario = { kind: "deltas", count: deltas };
    const json = { ...world.place, argv: [world.program, ...world.prompt("json")] };
    return {
      blocks: { ...runner(world, "--stream"), scenario, stdoutHolds: [lastWord] },
      json: { ...json, scenario, stdoutHolds: [lastWord] },
      "blocks, short": { ...runner(world, "--stream"), stdoutHolds: [lastWord] },
      "json, short": json,
    };
  },
  figures: [
    {
      id: "reply-deltas",
      title: "100,000 deltas in blocks, CPU",
      against: "JSON mode",
      unit: "ms",
      compare: "ratio",
      subject: (of) => beside(of, "blocks", "blocks, short"),
      baseline: (of) => beside(of, "json", "json, short"),
    },
  ],
};

/** @type {import("../race.mjs").Race} */
export const hostRuns = {
  id: "host-runs",
  rounds: 3,
  contenders: (world) => {
    const folder = dirname(world.place.cwd);
    const contender = (count) => ({ ...world.place, argv: [world.baselines["host-runs"], folder, count], stdoutHolds: ["done"] });
    return { runs: contender(String(runs)), one: contender("1") };
  },
  figures: [
    {
      id: "host-run",
      title: "a run among 1,000 sessions, CPU",
      against: "a process with one",
      unit: "ms",
      compare: "ratio",
      subject: (of) => beside(of, "runs", "one") / (runs - 1),
      baseline: (of) => of("one", "cpuMs"),
    },
    {
      id: "host-run-memory",
      title: "what a run leaves in memory",
      against: "nothing",
      unit: "KB",
      compare: "difference",
      subject: (of) => ((of("runs", "peakMb") - of("one", "peakMb")) * 1024) / (runs - 1),
      baseline: () => 0,
    },
  ],
};
