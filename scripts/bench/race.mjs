// Runs one race in a meter of its own and turns its samples into figures. The shapes of a race and a figure are defined here.
// Called by gate.mjs; the arithmetic is pure.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * @typedef {import("./meter.mjs").Sample} Sample
 * @typedef {import("./meter.mjs").Contender} Contender
 * @typedef {import("./world.mjs").World} World
 *
 * @typedef {(contender: string, metric: "wallMs" | "cpuMs" | "peakMb" | "idleMb" | "promptMs" | "firstOutputMs" | "firstByteMs" | "callMs" | "firstKeyMs" | "keyMs" | "streamKeyMs" | "lateKeyMs" | "idleBytes" | "idleCpuMs" | "wakeUps" | "resizeBytes") => number} Of
 *   one number for the runs of a contender: that of a round, the median of all rounds, or the smallest
 *
 * @typedef {object} Figure
 * @property {string} id as in budgets.json
 * @property {string} title
 * @property {string} against what the baseline is, in a few words
 * @property {string} unit of subject and baseline
 * @property {"ratio" | "difference"} compare what the budget bounds: subject / baseline, or subject - baseline in that unit
 * @property {(of: Of, world: World) => number} subject
 * @property {(of: Of, world: World) => number} baseline
 * @property {{subject: (of: Of, world: World) => number, baseline: (of: Of, world: World) => number}} [onCpu]
 *   the same on CPU time, where wall time may be too noisy to tell
 *
 * @typedef {object} Race contenders that run in turn in one go, and the figures that come of it
 * @property {string} id
 * @property {number} rounds 0: nothing is run
 * @property {(world: World) => string | undefined} [needs] why it cannot be held here; its figures then count as not applicable
 * @property {(world: World) => {path: string, text: string}[]} [files] written first, `{server}` filled in
 * @property {(world: World) => Record<string, Contender>} contenders
 * @property {Figure[]} figures
 *
 * @typedef {{value: number, subject: number, baseline: number}} Measured
 */

/**
 * Samples of one go; an error when a contender fails or its output is wrong.
 * @param {Race} race
 * @param {World} world
 * @param {number} [rounds] instead of the race's own
 * @returns {Promise<Sample[]>}
 */
export async function holdRace(race, world, rounds = race.rounds) {
  if (race.rounds === 0) return [];
  // Without its compiler the meter is smaller and always the same; it has little to compute.
  const env = { ...process.env, BUN_JSC_useJIT: "0" };
  const [command, ...args] = [...world.ahead, world.bun, "--smol", fileURLToPath(new URL("./meter.mjs", import.meta.url))];
  const meter = spawn(command, args, {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise((resolve, reject) => meter.on("error", reject).on("close", resolve));
  meter.stdin.end(JSON.stringify({ contenders: race.contenders(world), files: race.files?.(world) ?? [], rounds }));
  const samples = [];
  for await (const line of createInterface({ input: meter.stdout })) {
    const record = JSON.parse(line);
    if (record.failure !== undefined) throw new Error(record.failure);
    samples.push(record);
  }
  const status = await ended;
  if (status !== 0) throw new Error(`the meter ended with ${status}`);
  return samples;
}

/**
 * A figure's value from one go: the median of what its rounds give, each for itself, since a machine that slows down for a while slows down
 * both sides of a round. `least`: what the fastest runs of each contender give.
 * @param {Figure} figure
 * @param {Sample[]} samples
 * @param {World} world
 * @param {{by?: "round" | "least", clock?: "wall" | "cpu"}} [how]
 * @returns {Measured}
 */
export function evaluate(figure, samples, world, { by = "round", clock = "wall" } = {}) {
  const sides = clock === "cpu" && figure.onCpu !== undefined ? figure.onCpu : figure;
  const measure = (runs, fold) => {
    const of = (contender, metric) => {
      const values = runs.filter((sample) => sample.contender === contender).map((sample) => numberIn(sample, metric));
      if (values.length === 0) throw new Error(`no runs of ${contender}`);
      return fold(values);
    };
    const [subject, baseline] = [sides.subject(of, world), sides.baseline(of, world)];
    return { value: figure.compare === "ratio" ? subject / baseline : subject - baseline, subject, baseline };
  };
  const whole = measure(samples, by === "round" ? median : (values) => Math.min(...values));
  const rounds = by === "round" ? [...new Set(samples.map(({ round }) => round))] : [];
  const values = rounds.map(
    (round) =>
      measure(
        samples.filter((sample) => sample.round === round),
        median,
      ).value,
  );
  const value = values.length === 0 ? whole.value : median(values);
  if (!Number.isFinite(value) || (figure.compare === "ratio" && value <= 0))
    throw new Error(`${whole.subject} against ${whole.baseline} ${figure.unit} is no figure`);
  return { ...whole, value };
}

/**
 * Whether the wall times of this go spread so far that their medians may not be trusted: the middle half of any contender's
 * runs is wider than a fifth of its median.
 * @param {Sample[]} samples
 */
export function isNoisy(samples) {
  return [...new Set(samples.map((sample) => sample.contender))].some((name) => {
    const walls = samples.filter((sample) => sample.contender === name).map((sample) => sample.wallMs);
    return quantile(walls, 0.75) - quantile(walls, 0.25) > 0.2 * median(walls);
  });
}

/** @param {number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * @param {number[]} values
 * @param {number} share of them that are below
 */
export function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

function numberIn(sample, metric) {
  const value = sample[metric];
  if (typeof value !== "number") throw new Error(`${sample.contender} has no ${metric}`);
  if (metric === "peakMb" && value <= sample.meterMb + 0.5) {
    throw new Error(
      `${sample.contender} peaks at ${value.toFixed(1)} MB, no more than the meter's ${sample.meterMb.toFixed(1)}: cannot tell`,
    );
  }
  return value;
}
