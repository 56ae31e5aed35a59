// Extension files on Node from 22.15: hooks of its own loader name the host's modules and take TypeScript as it is. Made by load-module.
// From 26 on Node takes types away and no more: an extension with enums, namespaces or parameter properties is handed on to the loader of older ones.
// Invariant: only what an extension loads, directly or through others, is looked at; modules of the program itself pass untouched.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import module, { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ModuleLoader, ModuleLoaderOptions } from "./module-loader.ts";

type Format = "module" | "commonjs";

interface Resolved {
  url: string;
  format?: string | null;
  shortCircuit?: boolean;
  importAttributes?: Record<string, string>;
}

interface Loaded {
  format: string;
  source?: string | Uint8Array;
  shortCircuit?: boolean;
}

interface Hooks {
  resolve(specifier: string, context: { parentURL?: string; importAttributes?: Record<string, string> }, next: Next<Resolved>): Resolved;
  load(url: string, context: { conditions?: string[]; importAttributes?: Record<string, string> }, next: Next<Loaded>): Loaded;
}

type Next<R> = (name: string, context?: unknown) => R;

interface Newer {
  registerHooks(hooks: Hooks): void;
  stripTypeScriptTypes(source: string, how: { mode: "transform" | "strip"; sourceMap?: boolean; sourceUrl?: string }): string;
}

const typescript = /\.[mc]?tsx?$/;
/** What an import may leave out, or name as it will be once it is compiled. */
const endings = ["", ".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];
const indexes = ["index.ts", "index.mts", "index.js", "index.mjs", "index.cjs"];

/** `beyondTypes` makes the loader of extensions whose TypeScript this Node does not take. */
export function loaderOnNode(
  { hostModules, cacheDirectory }: ModuleLoaderOptions,
  beyondTypes: () => Promise<ModuleLoader>,
  version = process.versions.node,
): ModuleLoader {
  // To ask Node itself would load its compiler.
  const takesAll = Number.parseInt(version, 10) < 26;
  const { registerHooks, stripTypeScriptTypes } = module as unknown as Newer;
  // So that errors tell the lines of what was written.
  process.setSourceMapsEnabled(true);
  const owned = new Set<string>();
  let other: Promise<ModuleLoader> | undefined;
  /** Times that a directory was forgotten. */
  const generations = new Map<string, number>();
  const transform = cached(cacheDirectory, (source, path) =>
    quietly(() =>
      stripTypeScriptTypes(source, { ...(takesAll ? { mode: "transform", sourceMap: true } : { mode: "strip" }), sourceUrl: path }),
    ),
  );
  const current = (url: string): string => {
    const path = fileURLToPath(url);
    if (path.includes(`${sep}node_modules${sep}`)) return url;
    const [, generation = 0] = [...generations].findLast(([directory]) => path.startsWith(directory + sep)) ?? [];
    return generation === 0 ? url : `${url.replace(/\?.*$/, "")}?${generation}`;
  };

  registerHooks({
    resolve: (specifier, context, next) => {
      const parent = context.parentURL?.replace(/[?#].*$/, "");
      if (parent === undefined || !owned.has(parent)) return next(specifier, context);
      const host = hostModules.get(specifier);
      if (host !== undefined) return { url: host.href, format: "module", shortCircuit: true };
      const resolved = resolveSource(specifier, parent) ?? next(specifier, context);
      if (!resolved.url.startsWith("file:")) return resolved;
      owned.add(resolved.url.replace(/[?#].*$/, ""));
      return { ...resolved, url: current(resolved.url) };
    },
    load: (url, context, next) => {
      const plain = url.replace(/[?#].*$/, "");
      if (!owned.has(plain)) return next(url, context);
      const path = fileURLToPath(plain);
      if (context.importAttributes?.type === "text") {
        return { format: "module", source: `export default ${JSON.stringify(readFileSync(path, "utf8"))};`, shortCircuit: true };
      }
      if (path.endsWith(".json")) {
        // For `require` newer ones take what is given as the text of the file.
        if (context.conditions?.includes("require")) return next(url, context);
        return { format: "commonjs", source: `module.exports = ${readFileSync(path, "utf8")};`, shortCircuit: true };
      }
      if (!typescript.test(path) && path.includes(`${sep}node_modules${sep}`)) return next(url, context);
      if (!/\.[mc]?[jt]sx?$/.test(path)) return next(url, context);
      const source = readFileSync(path, "utf8");
      const code = typescript.test(path) ? transform(source, path) : source;
      const format = formatOf(path, code);
      return { format, source: format === "module" ? withRequire(code) : code, shortCircuit: true };
    },
  });

  const require = createRequire(import.meta.url);
  return {
    load: async (path) => {
      const { href } = pathToFileURL(path);
      owned.add(href);
      try {
        return (await import(current(href))) as Record<string, unknown>;
      } catch (error) {
        if (takesAll || (error as { code?: unknown } | undefined)?.code !== "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") throw error;
        other ??= beyondTypes();
        return (await other).load(path);
      }
    },
    forget: (directory) => {
      void other?.then((loader) => loader.forget(directory));
      generations.set(directory, (generations.get(directory) ?? 0) + 1);
      for (const key of Object.keys(require.cache)) if (key.startsWith(directory + sep)) delete require.cache[key];
    },
  };
}

/** Paths as TypeScript takes them; nothing where Node's own rules are right. */
function resolveSource(specifier: string, parent: string): Resolved | undefined {
  const isRelative = /^\.{1,2}(\/|$)/.test(specifier);
  if (!isRelative && !specifier.startsWith("/") && !specifier.startsWith("file:")) return undefined;
  const base = new URL(specifier, parent);
  const path = fileURLToPath(base);
  if (isFile(path)) return { url: base.href, shortCircuit: true };
  const source = path.replace(/\.([mc]?)jsx?$/, ".$1ts");
  const candidates = [source, ...endings.slice(1).map((ending) => path + ending), ...indexes.map((name) => join(path, name))];
  const found = candidates.find(isFile);
  return found === undefined ? undefined : { url: pathToFileURL(found).href, shortCircuit: true };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function formatOf(path: string, code: string): Format {
  const ending = /\.([mc]?)[jt]sx?$/.exec(path)?.[1];
  if (ending === "m") return "module";
  if (ending === "c") return "commonjs";
  const hasModuleSyntax = /^\s*(?:import\s*[\w{*"']|export\s*(?:default|const|let|var|function|async|class|\{|\*))/m.test(code);
  if (hasModuleSyntax) return "module";
  return packageType(dirname(path)) ?? "commonjs";
}

function packageType(directory: string): Format | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const file = join(at, "package.json");
    if (existsSync(file)) {
      try {
        const { type } = JSON.parse(readFileSync(file, "utf8")) as { type?: unknown };
        return type === "module" || type === "commonjs" ? type : undefined;
      } catch {
        return undefined;
      }
    }
    if (dirname(at) === at) return undefined;
  }
}

/** What CommonJS gives its modules, where an ECMAScript module uses it without having it. */
function withRequire(code: string): string {
  const uses = (name: string): boolean => new RegExp(`(?<![.\\w$])${name}(?![\\w$])`).test(code) && !declares(code, name);
  const prelude = [
    ...(uses("require")
      ? ['import { createRequire as __piRequire } from "node:module"; const require = __piRequire(import.meta.url);']
      : []),
    ...(uses("__filename") ? ["const __filename = import.meta.filename;"] : []),
    ...(uses("__dirname") ? ["const __dirname = import.meta.dirname;"] : []),
  ];
  // On the first line, so that the lines of errors stay right.
  return prelude.length === 0 ? code : prelude.join(" ") + code;
}

function declares(code: string, name: string): boolean {
  return new RegExp(`(?:const|let|var|function|class|import)\\s+${name}\\b|[{,]\\s*(?:\\w+\\s+as\\s+)?${name}\\s*[,}][^;]*from`).test(code);
}

function cached(directory: string, make: (source: string, path: string) => string): (source: string, path: string) => string {
  return (source, path) => {
    const key = createHash("sha256").update(`${process.version}\0${path}\0${source}`).digest("hex");
    const file = join(directory, `${key}.js`);
    try {
      return readFileSync(file, "utf8");
    } catch {
      const code = make(source, path);
      try {
        mkdirSync(directory, { recursive: true });
        const building = `${file}.${process.pid}`;
        writeFileSync(building, code);
        renameSync(building, file);
      } catch {
        // A cache that cannot be written costs time and nothing else.
      }
      return code;
    }
  };
}

/** Without the runtime's remark that this part of it is new. */
function quietly<T>(work: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
