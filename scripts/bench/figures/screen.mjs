// The interactive mode on a pseudo terminal, against a chat on the same library and the same screen that does nothing else: from start to a letter
// that was typed before it, a key, 20,000 deltas, keys while those come in; what idling costs; a session of 100,000
// entries against a program that parses its lines, and what a resize of it writes.

import { spawnSync } from "node:child_process";
import { sessionFile } from "./open-session.mjs";

/** Typed before the program is there; then until nothing is written any more. */
const arrival = [{ type: "zw", until: "zw", ms: "firstKeyMs" }, { quietMs: 60 }];
const leave = [
  { type: "\u0003", quietMs: 50 },
  { type: "\u0004", quietMs: 0 },
];
/** In no word and no sequence of these screens. */
const letters = "бвгдёжзийлмнптфцчшщъыьэюя";
/** As many keys as an answer that comes in has time for: one in ten of them is to be told from chance. */
const manyLetters = `${letters}αβγδεζηθκλμξπρστφψω`;
const idleMs = 2000;
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

/** What a figure of both on the same screen has beside its name. */
const againstChat = (name, unit = "ms") => ({
  against: "a chat on the same screen",
  unit,
  compare: /** @type {const} */ ("ratio"),
  subject: (of) => of("pi", name),
  baseline: (of) => of("chat", name),
});

/** @type {import("../race.mjs").Race} */
export const screen = {
  id: "screen",
  rounds: 5,
  needs,
  contenders: (world) => {
    const steps = [...arrival, { keys: letters, ms: "keyMs" }, { quietMs: 60 }, ...leave];
    return { pi: onScreen(world, steps), chat: chat(world, steps) };
  },
  figures: [
    {
      id: "screen-first-key",
      title: "interactive, start to a letter typed before",
      ...againstChat("firstKeyMs"),
      onCpu: { subject: (of) => of("pi", "cpuMs"), baseline: (of) => of("chat", "cpuMs") },
    },
    {
      id: "screen-key",
      title: "interactive, a key shown",
      ...againstChat("keyMs"),
    },
    {
      id: "screen-memory",
      title: "interactive, peak memory",
      ...againstChat("peakMb", "MB"),
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
      ...againstChat("cpuMs"),
    },
    {
      id: "screen-deltas-memory",
      title: "interactive, 20,000 deltas, peak memory",
      ...againstChat("peakMb", "MB"),
    },
  ],
};

/**
 * What is typed while an answer of as many deltas comes in over a while.
 * @type {import("../race.mjs").Race}
 */
export const screenStream = {
  id: "screen-stream",
  rounds: 2,
  needs,
  contenders: (world) => {
    const keys = { keys: manyLetters, gapMs: 20, ms: "streamKeyMs", lateMs: "lateKeyMs" };
    const steps = [...arrival, { type: "\r", until: "word" }, keys, { quietMs: 300 }, ...leave];
    const scenario = { kind: "deltas", count: deltaCount, overMs: 1200 };
    return { pi: { ...onScreen(world, steps), scenario }, chat: { ...chat(world, steps), scenario } };
  },
  figures: [
    {
      id: "screen-stream-key",
      title: "interactive, a key shown while 20,000 deltas come in",
      ...againstChat("streamKeyMs"),
    },
    {
      id: "screen-stream-late-key",
      title: "interactive, one key in ten there takes longer",
      ...againstChat("lateKeyMs"),
    },
  ],
};

/**
 * Nothing happens any more, after an answer: what moves then was forgotten by somebody.
 * @type {import("../race.mjs").Race}
 */
export const screenIdle = {
  id: "screen-idle",
  rounds: 1,
  needs: (world) => (process.platform === "linux" ? needs(world) : "only Linux counts how often a program is woken"),
  contenders: (world) => {
    const idle = { quietMs: idleMs, bytes: "idleBytes", cpu: "idleCpuMs", wakeUps: "wakeUps" };
    const steps = [...arrival, { type: "\r", until: "Measured." }, { quietMs: 300 }, idle, ...leave];
    return { pi: onScreen(world, steps), chat: chat(world, steps) };
  },
  figures: [
    {
      id: "screen-idle-bytes",
      title: "interactive, written while nothing happens",
      against: "nothing",
      unit: "B",
      compare: "difference",
      subject: (of) => of("pi", "idleBytes"),
      baseline: () => 0,
    },
    {
      id: "screen-idle-cpu",
      title: "interactive, CPU while nothing happens",
      ...againstChat("idleCpuMs"),
    },
    {
      id: "screen-idle-wake-ups",
      title: "interactive, how often it is woken meanwhile",
      ...againstChat("wakeUps", ""),
      // Both are woken by the runtime's timers alone, a dozen times at most: one more or less is chance, a timer that somebody forgot is not.
      compare: "difference",
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
    // When it has been shown, its messages are read.
    const typed = [arrival[0], { quietMs: 120 }, { keys: letters, ms: "keyMs" }, { quietMs: 60 }];
    return {
      pi: onScreen(
        world,
        [...typed, { resize: [90, 28], quietMs: 200, bytes: "resizeBytes" }, ...leave],
        ["--cwd", world.place.cwd, "--session", file],
      ),
      chat: chat(world, [...typed, ...leave]),
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
      id: "screen-open-key",
      title: "interactive, 100,000 entries, a key as they are read",
      against: "a chat that has none",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "keyMs"),
      baseline: (of) => of("chat", "keyMs"),
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
