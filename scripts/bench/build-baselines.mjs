// Compiles the programs that pi is held against, with the flags pi itself is compiled with, and keeps them under dist/bench
// by the hash of all that goes into them. Called by run.mjs before anything is measured.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { binaryFlags } from "../build.mjs";

const sources = new URL("./baselines/", import.meta.url);

/**
 * Compiled baselines by name (`empty`, `request`, `drain`).
 * @param {{root: string, bun: string}} where
 * @returns {Record<string, string>}
 */
export function buildBaselines({ root, bun }) {
  const folder = join(root, "dist", "bench");
  mkdirSync(folder, { recursive: true });
  const version = spawnSync(bun, ["--version"], { encoding: "utf8" }).stdout.trim();
  const lock = readFileSync(join(root, "package-lock.json"));
  const names = readdirSync(sources).filter((file) => file.endsWith(".ts"));
  const wanted = names.map((file) => {
    const hash = createHash("sha256")
      .update([version, ...binaryFlags].join("\n"))
      .update(lock)
      .update(readFileSync(new URL(file, sources)));
    const name = basename(file, ".ts");
    return { name, file, program: join(folder, `${name}-${hash.digest("hex").slice(0, 12)}`) };
  });
  for (const { file, program } of wanted)
    if (!existsSync(program)) compile({ bun, root, source: new URL(file, sources).pathname, program });
  const kept = new Set(wanted.map((one) => basename(one.program)));
  for (const name of readdirSync(folder)) if (/-[0-9a-f]{12}$/.test(name) && !kept.has(name)) rmSync(join(folder, name), { force: true });
  return Object.fromEntries(wanted.map((one) => [one.name, one.program]));
}

/** @param {{bun: string, root: string, source: string, program: string}} job */
function compile({ bun, root, source, program }) {
  const unfinished = `${program}.${process.pid}`;
  const run = spawnSync(bun, ["build", ...binaryFlags, `--outfile=${unfinished}`, source], { cwd: root, encoding: "utf8" });
  if (run.status !== 0)
    throw new Error(`baseline ${basename(source)} does not compile: ${(run.stderr || run.stdout || String(run.error)).trim()}`);
  renameSync(unfinished, program);
}
