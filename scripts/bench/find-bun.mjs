// Where the project's own bun is. Its install script moves the program from its platform package into `node_modules/bun`;
// where install scripts are off it stays in the platform package. Called by everything here that compiles or runs under Bun.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Path of the bun that the lock file names, or an error that says how to get it.
 * @param {string} root the repository
 */
export function findBun(root) {
  const packages = join(root, "node_modules", "@oven");
  const names = existsSync(packages) ? readdirSync(packages).sort() : [];
  const places = [
    ...names.flatMap((name) => ["bun", "bun.exe"].map((file) => join(packages, name, "bin", file))),
    join(root, "node_modules", "bun", "bin", "bun.exe"),
  ];
  // Several may be there (glibc and musl, with and without AVX2), and a skipped install script leaves a stand-in: take one that runs.
  const found = places.find((place) => existsSync(place) && spawnSync(place, ["--version"]).status === 0);
  if (found === undefined) throw new Error(`no bun that runs in ${join(root, "node_modules")}: run npm ci`);
  return found;
}
