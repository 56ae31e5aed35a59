// Decides. Holds the races one after another, measures again what is over its ceiling, and says of every figure whether it passes.
// Knows neither files nor processes: run.mjs hands in how a race is held. Also the ratchet that lowers ceilings.

import { evaluate, isNoisy } from "./race.mjs";

/**
 * @typedef {import("./race.mjs").Race} Race
 * @typedef {import("./race.mjs").Figure} Figure
 * @typedef {import("./race.mjs").Sample} Sample
 * @typedef {{budget: number, ceiling: number, cpuCeiling?: number}} Bound the goal, and what is tolerated until it is reached; the last
 *   where CPU time decides, of a program whose threads take more of it than time goes by
 * @typedef {Record<string, Bound>} Budgets by figure
 *
 * @typedef {object} Row what came of one figure
 * @property {string} id
 * @property {"ok" | "above budget" | "too high" | "missing" | "not here"} state the third and fourth fail
 * @property {Figure} [figure]
 * @property {Bound} [bound]
 * @property {import("./race.mjs").Measured} [measured] best of the attempts
 * @property {number} attempts
 * @property {string} [note] in one line why it is missing or not here, or how it passed
 *
 * @typedef {object} Bench
 * @property {Race[]} races
 * @property {Budgets} budgets
 * @property {import("./world.mjs").World} world
 * @property {(race: Race, attempt: number) => Promise<Sample[]>} hold
 * @property {number} moreAttempts how often a figure over its ceiling is measured again
 * @property {() => boolean} [hasTime] false: nothing is measured again
 */

/**
 * One row for every figure of every race, and one for every budget that no figure answers.
 * @param {Bench} bench
 * @returns {Promise<Row[]>}
 */
export async function runBench(bench) {
  const rows = [];
  for (const race of bench.races) rows.push(...(await rowsOf(race, bench)));
  const answered = new Set(rows.map((row) => row.id));
  const unanswered = Object.keys(bench.budgets).filter((id) => !answered.has(id));
  return [...rows, ...unanswered.map((id) => missing(id, 0, "it has a budget but nothing measures it"))];
}

/** @param {Row} row */
export function isFailure(row) {
  return row.state === "too high" || row.state === "missing";
}

/**
 * Ceilings after a run: down to what was reached and a margin for noise, never below the budget and never up.
 * @param {Budgets} budgets
 * @param {Row[]} rows
 * @returns {Budgets}
 */
export function tighten(budgets, rows) {
  const reached = new Map(rows.map((row) => [row.id, isFailure(row) ? undefined : row.measured?.value]));
  return Object.fromEntries(
    Object.entries(budgets).map(([id, { budget, ceiling, ...others }]) => {
      const value = reached.get(id);
      const wanted = value === undefined ? ceiling : Math.max(budget, Math.ceil(value * noiseMargin * 100) / 100);
      return [id, { budget, ceiling: Math.min(ceiling, wanted), ...others }];
    }),
  );
}

/** How far above the reached value a ceiling stands: two runs of the same program differ by less on an idle machine. */
const noiseMargin = 1.15;

/**
 * @param {Race} race
 * @param {Bench} bench
 * @returns {Promise<Row[]>}
 */
async function rowsOf(race, bench) {
  const obstacle = race.needs?.(bench.world);
  if (obstacle !== undefined)
    return race.figures.map((figure) => ({ id: figure.id, state: "not here", figure, attempts: 0, note: obstacle }));
  /** @type {Row[]} */
  let rows = race.figures.map((figure) => missing(figure.id, 0, "not measured"));
  for (let attempt = 1; attempt <= 1 + bench.moreAttempts; attempt++) {
    const isOpen = (row) => attempt === 1 || row.state === "too high";
    if (!rows.some(isOpen) || (attempt > 1 && bench.hasTime?.() === false)) break;
    try {
      const samples = await bench.hold(race, attempt);
      rows = rows.map((row, index) => (isOpen(row) ? judge(race.figures[index], samples, bench, row, attempt) : row));
    } catch (error) {
      rows = rows.map((row) => (isOpen(row) ? missing(row.id, attempt, messageOf(error)) : row));
    }
  }
  return rows;
}

/**
 * @param {Figure} figure
 * @param {Sample[]} samples
 * @param {Bench} bench
 * @param {Row} before
 * @param {number} attempts
 * @returns {Row}
 */
function judge(figure, samples, { budgets, world }, before, attempts) {
  const bound = budgets[figure.id];
  if (bound === undefined) return missing(figure.id, attempts, "it has no line in budgets.json");
  try {
    const measured = evaluate(figure, samples, world);
    const best = before.measured !== undefined && before.measured.value < measured.value ? before.measured : measured;
    const row = { id: figure.id, figure, bound, attempts };
    if (measured.value <= bound.ceiling) return { ...row, measured, state: measured.value <= bound.budget ? "ok" : "above budget" };
    if (attempts > 1 && figure.onCpu !== undefined && isNoisy(samples)) {
      // CPU time does not see a program that sleeps; its fastest run does, and is the run that noise touched least.
      const onCpu = evaluate(figure, samples, world, { clock: "cpu" });
      const fastest = evaluate(figure, samples, world, { by: "least" });
      if (onCpu.value <= (bound.cpuCeiling ?? bound.ceiling) && fastest.value <= bound.ceiling) {
        const note = `wall time is too noisy to tell; on CPU time ${onCpu.value.toFixed(2)}, fastest runs ${fastest.value.toFixed(2)}`;
        return { ...row, measured: best, state: onCpu.value <= bound.budget ? "ok" : "above budget", note };
      }
    }
    return { ...row, measured: best, state: "too high" };
  } catch (error) {
    return missing(figure.id, attempts, messageOf(error));
  }
}

/**
 * @param {string} id
 * @param {number} attempts
 * @param {string} note
 * @returns {Row}
 */
function missing(id, attempts, note) {
  return { id, state: "missing", attempts, note };
}

function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
