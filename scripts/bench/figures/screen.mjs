// The interactive mode on a pseudo terminal, against a chat on the same library and the same screen that does nothing else: from start to a letter
// that was typed before it, a key, 20,000 deltas; a session of 100,000 entries against a program that parses its lines; what a resize and idling write.

import { spawnSync } from "node:child_process";
import { sessionFile } from "./open-session.mjs";

/** Typed before the program is there; then until nothing is written any more. */
const arrival = [{ type: "zw", until: "zw", ms: "firstKeyMs" }, { quietMs: 60 }];
const leave = [
  { type: "\u0003", quietMs: 50 },
  { type: "\u0004", quietMs: 0 },
];
const keys = 30;
const deltaCount = 20_000;

/** @type {import("../race.mjs").Race["needs"]} */
const needs = (world) =>
  process.platform === "win32" || spawnSync(world.bun, ["-e", "process.exit(typeof Bun.Terminal === 'function' ? 0 : 1)"]).status !== 0
    ? "there is no pseudo terminal here"
    : undefined;

const onScreen = (world, steps, more = []) => ({
  ...world.place,
  argv: [world.program, "--approve", "--model", "anthropic/claude-haiku-4-5", ...more],
  terminal: steps,
});
const chat = (world, steps) => ({ ...world.place, argv: [world.baselines["chat-screen"]], terminal: steps });

/** @type {import("../race.mjs").Race} */
export const screen = {
  id: "screen",
  rounds: 5,
  needs,
  contenders: (world) => {
    // The letter is in no sequence; each key is waited for.
    const steps = [...arrival, { type: "x", until: "x", times: keys, ms: "keyMs" }, { quietMs: 60 }];
    const idle = [{ quietMs: 200, bytes: "idleBytes" }, ...leave];
    return { pi: onScreen(world, [...steps, ...idle]), chat: chat(world, [...steps, ...idle]) };
  },
  figures: [
    {
      id: "screen-first-key",
      title: "interactive, start to a letter typed before",
      against: "a chat on the same screen",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "firstKeyMs"),
      baseline: (of) => of("chat", "firstKeyMs"),
      onCpu: { subject: (of) => of("pi", "cpuMs"), baseline: (of) => of("chat", "cpuMs") },
    },
    {
      id: "screen-key",
      title: "interactive, a key shown",
      against: "a chat on the same screen",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "keyMs"),
      baseline: (of) => of("chat", "keyMs"),
    },
    {
      id: "screen-idle-bytes",
      title: "interactive, written while nothing happens",
      against: "nothing",
      unit: "B",
      compare: "difference",
      subject: (of) => of("pi", "idleBytes"),
      baseline: () => 0,
    },
  ],
};

/** @type {import("../race.mjs").Race} */
export const screenDeltas = {
  id: "screen-deltas",
  rounds: 3,
  needs,
  contenders: (world) => {
    const steps = [...arrival, { type: "\r", until: "Measured." }, { quietMs: 100 }, ...leave];
    const scenario = { kind: "deltas", count: deltaCount };
    return { pi: { ...onScreen(world, steps), scenario }, chat: { ...chat(world, steps), scenario } };
  },
  figures: [
    {
      id: "screen-deltas",
      title: "interactive, 20,000 deltas, CPU",
      against: "a chat on the same screen",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "cpuMs"),
      baseline: (of) => of("chat", "cpuMs"),
    },
  ],
};

/** @type {import("../race.mjs").Race} */
export const screenOpen = {
  id: "screen-open",
  rounds: 2,
  needs,
  contenders: (world) => {
    const file = sessionFile(world, "whole");
    const steps = [...arrival, { resize: [90, 28], quietMs: 200, bytes: "resizeBytes" }, ...leave];
    return {
      pi: onScreen(world, steps, ["--cwd", world.place.cwd, "--session", file]),
      parse: { ...world.place, argv: [world.baselines["parse-lines"], file], stdoutHolds: ["1000"] },
    };
  },
  figures: [
    {
      id: "screen-open",
      title: "interactive, 100,000 entries, start to a letter",
      against: "parsing the lines",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "firstKeyMs"),
      baseline: (of) => of("parse", "firstOutputMs"),
    },
    {
      id: "screen-resize-bytes",
      title: "interactive, written for a resize there",
      against: "nothing",
      unit: "B",
      compare: "difference",
      subject: (of) => of("pi", "resizeBytes"),
      baseline: () => 0,
    },
  ],
};
