#!/usr/bin/env node
// Entry of `npm run bench` and `npm run bench:gate`: reads the options, holds the races, prints the table, keeps the raw rows.
// Exit status 0, or 1 for a figure that is missing and, with --gate, one over its ceiling. docs/benchmarks.md tells what is measured.

import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { races as allRaces } from "./figures/index.mjs";
import { isFailure, runBench, tighten } from "./gate.mjs";
import { holdRace } from "./race.mjs";
import { record, table } from "./report.mjs";
import { makeWorld, provenance } from "./world.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));
const budgetsFile = join(here, "budgets.json");

/** The gate has two minutes; after this nothing is measured a second time. */
const lastRepeatMs = 85_000;

const options = {
  gate: { type: "boolean", default: false },
  tighten: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  only: { type: "string" },
  rounds: { type: "string" },
  results: { type: "string", default: join(here, "results") },
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function main() {
  const { values } = parseArgs({ options });
  const startedAt = performance.now();
  const { races, budgets } = select(values.only, JSON.parse(readFileSync(budgetsFile, "utf8")));
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw new Error(`--rounds ${values.rounds}: a whole number above 0 is wanted`);
  const { world, remove } = makeWorld(root, process.env);
  try {
    const keep = openResults(values.results, world);
    const rows = await runBench({
      races,
      budgets,
      world,
      moreAttempts: values.gate ? 3 : 0,
      hasTime: () => performance.now() - startedAt < lastRepeatMs,
      async hold(race, attempt) {
        const samples = await holdRace(race, world, rounds);
        keep(samples.map((sample) => ({ race: race.id, attempt, ...sample })));
        return samples;
      },
    });
    const records = rows.map(record);
    keep(records);
    process.stdout.write(values.json ? records.map((one) => `${JSON.stringify(one)}\n`).join("") : table(rows));
    if (values.tighten) {
      const whole = JSON.parse(readFileSync(budgetsFile, "utf8"));
      writeFileSync(budgetsFile, `${JSON.stringify(tighten(whole, rows), null, 2)}\n`);
    }
    const failures = rows.filter((row) => (values.gate ? isFailure(row) : row.state === "missing"));
    const verdict = failures.length === 0 ? "" : `; failed: ${failures.map((row) => row.id).join(", ")}`;
    console.error(`bench: ${rows.length} figures in ${((performance.now() - startedAt) / 1000).toFixed(0)} s${verdict}`);
    return failures.length === 0 ? 0 : 1;
  } finally {
    remove();
  }
}

/** The races and budgets of some figures (comma-separated ids), or all. */
function select(only, budgets) {
  if (only === undefined) return { races: allRaces, budgets };
  const wanted = only.split(",");
  const known = allRaces.flatMap((race) => race.figures.map((figure) => figure.id));
  const unknown = wanted.find((id) => !known.includes(id));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: no such figure; there are ${known.join(", ")}`);
  const races = allRaces.map((race) => ({ ...race, figures: race.figures.filter((figure) => wanted.includes(figure.id)) }));
  return {
    races: races.filter((race) => race.figures.length > 0),
    budgets: Object.fromEntries(Object.entries(budgets).filter(([id]) => wanted.includes(id))),
  };
}

/** A file of raw rows for this run: first the machine and the commit, then whatever is handed in. */
function openResults(folder, world) {
  mkdirSync(folder, { recursive: true });
  const started = new Date().toISOString();
  const { commit, isDirty, bun } = provenance(world);
  const file = join(folder, `${started.replaceAll(/[:.]/g, "-")}-${commit}.jsonl`);
  const keep = (rows) => appendFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const machine = {
    platform: process.platform,
    arch: process.arch,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 1024 ** 2),
  };
  keep([{ started, commit, isDirty, machine, bun, node: process.version, program: world.program }]);
  return keep;
}
