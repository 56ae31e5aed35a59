// Extension files on Bun, compiled or not: its own import, and one entry in its table of modules for each host name. Made by load-module.
// Facts (Bun 1.4.5): only a module made synchronously can be required, so each host module is an entry of the build, which `require` loads.

import { createRequire } from "node:module";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { openCLibrary } from "../bun-ffi.ts";
import type { HostModules, ModuleLoader, ModuleLoaderOptions } from "./module-loader.ts";

export async function loaderOnBun({ hostModules, cacheDirectory }: ModuleLoaderOptions): Promise<ModuleLoader> {
  await placeTranspilerCache(cacheDirectory);
  const require = createRequire(import.meta.url);
  nameHostModules(hostModules, require);
  // What a failed import leaves behind is not among the keys that can be listed, and yet is only forgotten by its key.
  const known = new Set<string>();
  return {
    load: async (path) => {
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

/** Bun reads the variable from the environment of the C library, which `process.env` does not reach. Without it, it uses the user's `~/.bun`. */
async function placeTranspilerCache(directory: string): Promise<void> {
  const library = await openCLibrary<{ setenv(name: Uint8Array, value: Uint8Array, overwrite: number): number }>({
    setenv: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  });
  // Without it the cache is in Bun's own place.
  library?.calls.setenv(Buffer.from("BUN_RUNTIME_TRANSPILER_CACHE_PATH\0"), Buffer.from(`${directory}\0`), 0);
}
