// The packed package in an empty project, as npm would put it there. No network: its dependencies are linked from ours.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { projectRoot } from "./program.ts";

/** Absolute path of the project; the caller removes it. */
export function installPacked(): string {
  // A path with a blank, as on many a disk.
  const project = mkdtempSync(join(realpathSync(tmpdir()), "pi package-"));
  const packed = spawnSync("npm", ["pack", "--offline", "--ignore-scripts", "--json", "--pack-destination", project], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "pi"), { recursive: true });
  const unpacked = spawnSync("tar", ["-xzf", join(project, filename), "-C", join(modules, "pi"), "--strip-components=1"]);
  if (unpacked.status !== 0) throw new Error(`tar: ${String(unpacked.stderr)}`);
  const { dependencies } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { dependencies: object };
  for (const name of [...Object.keys(dependencies), "@types/node"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(projectRoot, "node_modules", name), join(modules, name));
  }
  mkdirSync(join(modules, ".bin"));
  symlinkSync("../pi/bin/pi", join(modules, ".bin/pi"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", type: "module", private: true }));
  return project;
}

/** Compiler options of a consumer that checks everything, our declarations included. */
export const consumerOptions = {
  module: "nodenext",
  target: "es2023",
  lib: ["es2023"],
  types: ["node"],
  strict: true,
  skipLibCheck: false,
};
