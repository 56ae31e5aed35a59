// Extension files on a Node without hooks of its own (20, early 22): jiti transpiles what is loaded, loaded only here. Made by load-module.
// The host's modules are given to it as values, so all of them are loaded before the first extension is.

import module, { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import type { HostModules, ModuleLoader, ModuleLoaderOptions } from "./module-loader.ts";

export async function loaderWithJiti({ hostModules, cacheDirectory }: ModuleLoaderOptions): Promise<ModuleLoader> {
  const require = createRequire(import.meta.url);
  // Not by `import`, for which Node looks all of a CommonJS module through for the names it exports: that takes longer than to run it.
  const { createJiti } = require("jiti") as typeof import("jiti");
  const virtualModules = await valuesOf(hostModules);
  const roots = new Set<string>();
  giveToRequire(virtualModules, roots);
  const options = { interopDefault: false, tryNative: false, virtualModules };
  const { transform } = createJiti(import.meta.url, { ...options, fsCache: false });
  const jiti = createJiti(import.meta.url, {
    ...options,
    // Not beside what others have made of the same text.
    fsCache: join(cacheDirectory, "jiti"),
    extensions: [...sources, ...texts],
    transform: (file) => {
      const isText = texts.some((ending) => file.filename?.endsWith(ending));
      return {
        code: isText ? `exports.__esModule = true; exports.default = ${JSON.stringify(file.source)};` : transform(file) + asDefault,
      };
    },
  });
  return {
    load: async (path) => {
      roots.add(dirname(path));
      return (await jiti.import(path)) as Record<string, unknown>;
    },
    forget: (directory) => {
      for (const key of Object.keys(require.cache)) if (key.startsWith(directory + sep)) delete require.cache[key];
    },
  };
}

const sources = [".js", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".mtsx", ".ctsx"];

/** What CommonJS exports is its default export, for an `import` of it; whoever requires it sees no difference. */
const asDefault = `
;{ const all = module.exports; const isOne = all !== null && /^(object|function)$/.test(typeof all) && Object.isExtensible(all);
if (isOne && !all.__esModule && !("default" in all)) Object.defineProperty(all, "default", { value: all, configurable: true, writable: true }); }`;

/** What an import may have as text: the attribute that asks for it does not come through. */
const texts = [
  ".txt",
  ".md",
  ".html",
  ".css",
  ".csv",
  ".sql",
  ".svg",
  ".xml",
  ".yaml",
  ".yml",
  ".toml",
  ".graphql",
  ".tpl",
  ".tmpl",
  ".prompt",
];

async function valuesOf(hostModules: HostModules): Promise<Record<string, unknown>> {
  const byUrl = new Map<string, Promise<unknown>>();
  const values: Record<string, unknown> = {};
  for (const [name, { href }] of hostModules) {
    const value = byUrl.get(href) ?? import(href);
    byUrl.set(href, value);
    values[name] = await value;
  }
  return values;
}

interface CommonModule {
  _load(request: string, parent: Parent | undefined, isMain: boolean): unknown;
  _resolveFilename(request: string, parent: Parent | undefined, isMain: boolean): string;
}

type Parent = { filename?: string | null };

/** Packages of an extension are loaded by Node itself: their `require` finds the host's modules, too. Nobody else's does. */
function giveToRequire(values: Record<string, unknown>, roots: ReadonlySet<string>): void {
  const common = module as unknown as CommonModule;
  const load = common._load;
  const owned = new Set<string>();
  const isOwned = (file: string): boolean => owned.has(file) || [...roots].some((root) => file.startsWith(root + sep));
  common._load = function (this: unknown, request, parent, isMain) {
    if (!parent?.filename || !isOwned(parent.filename)) return load.call(this, request, parent, isMain);
    if (Object.hasOwn(values, request)) return values[request];
    if (!module.isBuiltin(request)) owned.add(common._resolveFilename(request, parent, isMain));
    return load.call(this, request, parent, isMain);
  };
}
