// Compiled code of the program kept between runs, where Node can (22.1 and later): compiling what a run loads takes it a tenth of the way to its
// request. Called by cli/main before a run's code is loaded, and behind the run. Invariant: it lies where the user's own extensions and keys do, in
// nothing that is not there; nothing is removed but what Node made in it, and nothing fails for want of it.

import { type Dirent, existsSync, lstatSync, readdirSync, rmdirSync, unlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";

type Enable = (directory: string) => unknown;
/** Unix ms. */
type Clear = (now: number) => void;

const dayMs = 24 * 3_600_000;
/** Node does not note when an entry is used: one of a program in use is made anew once in this time. */
const maxAgeMs = 30 * dayMs;
/** Looked at in one go. */
const maxEntries = 500;

/** On Node; in the binary the code is compiled already. Gives what clears it, for when the run is over. */
export function keepCompiled(agentDir: string, enable: Enable | undefined = enableOnNode()): Clear | undefined {
  if (enable === undefined || !existsSync(agentDir)) return undefined;
  const directory = join(agentDir, "cache", "compiled");
  enable(directory);
  return (now) => clearCompiled(directory, now);
}

function enableOnNode(): Enable | undefined {
  if (process.versions.bun !== undefined) return undefined;
  return (process.getBuiltinModule("node:module") as { enableCompileCache?: Enable }).enableCompileCache;
}

/** Once a day: what other versions of Node and of the program have left. The directory's own time says when that was. */
function clearCompiled(directory: string, now: number): void {
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
