// Compiled code of the program kept between runs: where it lies, and what clears it. `scripts-of-build` keeps its own there, and where Node can (22.1 and
// later) Node keeps that of ES modules. Called by scripts-of-build and, behind a run, by cli/main. Invariant: it lies where the user's own extensions and keys
// do, in nothing that is not there; nothing is removed but what was made in it, and nothing fails for want of it.

import { type Dirent, existsSync, lstatSync, readdirSync, rmdirSync, unlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";

type Enable = (directory: string) => unknown;

const dayMs = 24 * 3_600_000;
/** Node does not note when an entry is used: one of a program in use is made anew once in this time. */
const maxAgeMs = 30 * dayMs;
/** Looked at in one go. */
const maxEntries = 500;

export interface CompiledCode {
  /** Behind a run. `now`: Unix ms. */
  keep(now: number, endedWell: boolean): void;
}

/** What the build's scripts were given; nothing in the binary and from sources. */
declare const scriptsOfBuild: CompiledCode | undefined;

/** Behind a run. */
export function keepCompiled(now: number, endedWell: boolean): void {
  if (typeof scriptsOfBuild !== "undefined") scriptsOfBuild.keep(now, endedWell);
}

export function compiledDirectory(agentDir: string): string {
  return join(agentDir, "cache", "compiled");
}

/** Before the first ES module of the program is loaded: Node keeps what it compiles of such a file when it loads it. */
export function enableCompileCache(agentDir: string, enable: Enable | undefined = enableOnNode()): void {
  if (enable !== undefined && existsSync(agentDir)) enable(compiledDirectory(agentDir));
}

function enableOnNode(): Enable | undefined {
  if (process.versions.bun !== undefined) return undefined;
  return (process.getBuiltinModule("node:module") as { enableCompileCache?: Enable }).enableCompileCache;
}

/** Once a day: what other versions of Node and of the program have left. The directory's own time says when that was. `now`: Unix ms. */
export function clearCompiled(agentDir: string, now: number): void {
  const directory = compiledDirectory(agentDir);
  attempt(() => {
    const info = lstatSync(directory);
    if (!info.isDirectory() || Math.abs(now - info.mtimeMs) < dayMs) return;
    let left = maxEntries;
    for (const version of named(directory, /^v\d+\.\d+\.\d+-/).filter((entry) => entry.isDirectory())) {
      const folder = join(directory, version.name);
      for (const entry of named(folder, /^[0-9a-f]{8}(\.\w+)?$/)) {
        if (!entry.isFile() || left-- <= 0) continue;
        const file = join(folder, entry.name);
        attempt(() => {
          if (now - lstatSync(file).mtimeMs > maxAgeMs) unlinkSync(file);
        });
      }
      // Where anything is in it, it stays.
      attempt(() => rmdirSync(folder));
    }
    utimesSync(directory, now / 1000, now / 1000);
  });
}

function named(directory: string, pattern: RegExp): Dirent[] {
  return readdirSync(directory, { withFileTypes: true }).filter(({ name }) => pattern.test(name));
}

/** Another run may be at it, or the place be read only. */
function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // The next one tries again.
  }
}
