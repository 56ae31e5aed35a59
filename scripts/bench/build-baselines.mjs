// Compiles the programs that pi is held against, and those around single parts of it, with the flags pi itself is compiled with, and keeps them under dist/bench
// by the hash of all that goes into them. Called by world.mjs; each is compiled when it is first asked for.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { binaryFlags } from "../build.mjs";

const baselines = new URL("./baselines/", import.meta.url);
/** What several of them are made of. */
const baselineParts = new URL("./baselines/parts/", import.meta.url);
/** Programs around parts of pi, for what cannot be measured from outside. */
const subjects = new URL("./subjects/", import.meta.url);
/** What those parts are made of: all of it, since what one imports imports others. */
const partsFolder = "src";

/**
 * What gives the path of a compiled program, by the program's name (`empty`, `request`, `drain`).
 * @param {{root: string, bun: string}} where
 * @returns {Record<string, () => string>}
 */
export function buildBaselines({ root, bun }) {
  const folder = join(root, "dist", "bench");
  mkdirSync(folder, { recursive: true });
  const version = spawnSync(bun, ["--version"], { encoding: "utf8" }).stdout.trim();
  const lock = readFileSync(join(root, "package-lock.json"));
  const parts = sourcesBelow(join(root, partsFolder));
  const partsOfBaselines = sourcesIn(fileURLToPath(baselineParts));
  const programIn = (source, alsoMadeOf) => {
    const hash = createHash("sha256")
      .update([version, ...binaryFlags].join("\n"))
      .update(lock);
    for (const file of [source, ...alsoMadeOf]) hash.update(readFileSync(file));
    const name = basename(source, ".ts");
    return { name, source, program: join(folder, `${name}-${hash.digest("hex").slice(0, 12)}`) };
  };
  const wanted = [
    ...sourcesIn(fileURLToPath(baselines)).map((source) => programIn(source, partsOfBaselines)),
    ...sourcesIn(fileURLToPath(subjects)).map((source) => programIn(source, parts)),
  ];
  const kept = new Set(wanted.map((one) => basename(one.program)));
  for (const name of readdirSync(folder)) if (/-[0-9a-f]{12}$/.test(name) && !kept.has(name)) rmSync(join(folder, name), { force: true });
  const compiled = ({ source, program }) => {
    if (!existsSync(program)) compile({ bun, root, source, program });
    return program;
  };
  return Object.fromEntries(wanted.map((one) => [one.name, () => compiled(one)]));
}

/** @param {string} folder */
function sourcesIn(folder) {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .map((file) => join(folder, file));
}

/** @param {string} folder */
function sourcesBelow(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .map((file) => join(folder, file));
}

/** @param {{bun: string, root: string, source: string, program: string}} job */
function compile({ bun, root, source, program }) {
  const unfinished = `${program}.${process.pid}`;
  const run = spawnSync(bun, ["build", ...binaryFlags, `--outfile=${unfinished}`, source], { cwd: root, encoding: "utf8" });
  if (run.status !== 0)
    throw new Error(`baseline ${basename(source)} does not compile: ${(run.stderr || run.stdout || String(run.error)).trim()}`);
  renameSync(unfinished, program);
}
