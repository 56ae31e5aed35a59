// Extension files on Bun, compiled or not: its own import, and one entry in its table of modules for each host name. Made by load-module.
// Facts (Bun 1.4.4 and 1.4.5): only a module made synchronously can be required, so each host module is an entry of the build, which `require` loads.

import { readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { openCLibrary } from "../bun-ffi.ts";
import type { HostModules, ModuleLoader, ModuleLoaderOptions } from "./module-loader.ts";

export async function loaderOnBun({ hostModules, cacheDirectory }: ModuleLoaderOptions): Promise<ModuleLoader> {
  const looked = new Set<string>();
  let isPlaced = false;
  /** Nothing of small files is kept, and the call into the C library costs a tenth of what ten of them may. */
  const placeCache = async (directory: string): Promise<void> => {
    if (isPlaced || looked.has(directory)) return;
    looked.add(directory);
    if (!mayBeCached(directory)) return;
    isPlaced = true;
    await placeTranspilerCache(cacheDirectory);
  };
  const require = createRequire(import.meta.url);
  nameHostModules(hostModules, require);
  // What a failed import leaves behind is not among the keys that can be listed, and yet is only forgotten by its key.
  const known = new Set<string>();
  return {
    load: async (path) => {
      await placeCache(dirname(path));
      known.add(path);
      try {
        return (await import(path)) as Record<string, unknown>;
      } catch (error) {
        const { file } = (error as { position?: { file?: string } | null } | undefined)?.position ?? {};
        if (file !== undefined) known.add(file);
        throw error;
      }
    },
    forget: (directory) => {
      for (const key of Object.keys(require.cache)) known.add(key);
      for (const key of known) if (key.startsWith(directory + sep)) delete require.cache[key];
    },
  };
}

function nameHostModules(hostModules: HostModules, require: NodeJS.Require): void {
  Bun.plugin({
    name: "pi",
    setup: (build) => {
      for (const [name, url] of hostModules) {
        build.module(name, () => {
          const exports = require(fileURLToPath(url)) as Record<string, unknown>;
          // The name says what `require` gives, which would be the default export alone where there is one.
          return { exports: { ...exports, "module.exports": exports }, loader: "object" };
        });
      }
    },
  });
}

/** Bun keeps what it has transpiled of files from this size on. */
const leastCachedBytes = 48 * 1024;

/** A package, whose files may be anywhere below, or a large file. */
function mayBeCached(directory: string): boolean {
  const isLarge = (name: string): boolean => (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0) >= leastCachedBytes;
  try {
    return readdirSync(directory, { withFileTypes: true }).some((entry) =>
      entry.isFile() ? entry.name === "package.json" || isLarge(entry.name) : !entry.name.startsWith("."),
    );
  } catch {
    return true;
  }
}

/** Bun reads the variable from the environment of the C library, which `process.env` does not reach. Without it, it uses the user's `~/.bun`. */
async function placeTranspilerCache(directory: string): Promise<void> {
  const library = await openCLibrary<{ setenv(name: Uint8Array, value: Uint8Array, overwrite: number): number }>({
    setenv: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  });
  // Without it the cache is in Bun's own place.
  library?.calls.setenv(Buffer.from("BUN_RUNTIME_TRANSPILER_CACHE_PATH\0"), Buffer.from(`${directory}\0`), 0);
}
