// Of the declarations that the compiler writes for all of src, those that a program which imports the package can come to. Called by build.

import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Removes the others below `directory`; `entries` are absolute paths. */
export function keepReachableTypes(directory, entries) {
  const reached = new Set();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const [, path] of readFileSync(file, "utf8").matchAll(/["'](\.{1,2}\/[^"']+)["']/g)) {
      const declared = resolve(dirname(file), path.replace(/\.[mc]?[jt]s$/, ".d.ts"));
      if (existsSync(declared)) waiting.push(declared);
    }
  }
  removeOthers(resolve(directory), reached);
}

function removeOthers(directory, kept) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) removeOthers(path, kept);
    else if (!kept.has(path)) rmSync(path);
  }
  if (readdirSync(directory).length === 0) rmdirSync(directory);
}
