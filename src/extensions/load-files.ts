// From extension files to factories: imports each once, keeps how long it took, forgets it for a reload. Made by the harness for a launch.
// Invariant: what goes wrong is one sentence with the place in the file; nothing a module throws at import gets further than that.

import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, PiError } from "../contracts/error.ts";
import type { ExtensionFactory } from "../contracts/extension.ts";
import { createModuleLoader, isBelow, placeOf } from "../platform/modules/load-module.ts";
import type { HostModules, ModuleLoader } from "../platform/modules/module-loader.ts";
import type { ExtensionFile } from "./discover.ts";
import type { ExtensionSource } from "./load.ts";

/** Of one file. What bundlers make of an extension with all it needs has a few. */
const maxFileMb = 32;

export interface ExtensionFilesOptions {
  /** Asked when the first file is loaded. */
  hostModules(): HostModules | Promise<HostModules>;
  agentDir: string;
  now(): number;
}

export class ExtensionFiles {
  readonly #options: ExtensionFilesOptions;
  #loader: Promise<ModuleLoader> | undefined;
  #factories = new Map<string, ExtensionFactory>();
  /** Before the last time that all was forgotten. */
  #earlier = this.#factories;
  /** Of all that was ever tried: a file that failed is kept by the runtime, too. */
  readonly #directories = new Set<string>();
  /** Milliseconds that importing took, by path. */
  readonly importMs = new Map<string, number>();

  constructor(options: ExtensionFilesOptions) {
    this.#options = options;
  }

  /** @throws PiError `extension.load` */
  async source(file: ExtensionFile): Promise<ExtensionSource> {
    const { path, realPath, sourceInfo } = file;
    return { path, resolvedPath: realPath, sourceInfo, factory: await this.#factory(realPath) };
  }

  /** Whatever lies below the directories of what was loaded is read anew the next time. */
  async forget(): Promise<void> {
    const loader = await this.#loader;
    for (const directory of this.#directories) loader?.forget(directory);
    this.#earlier = this.#factories;
    this.#factories = new Map();
  }

  /** The new ones are not wanted: those of before go on. */
  restore(): void {
    this.#factories = this.#earlier;
  }

  async #factory(path: string): Promise<ExtensionFactory> {
    const known = this.#factories.get(path);
    if (known !== undefined) return known;
    const started = this.#options.now();
    const factory = factoryIn(await this.#load(path));
    this.importMs.set(path, this.#options.now() - started);
    this.#factories.set(path, factory);
    return factory;
  }

  async #load(path: string): Promise<Record<string, unknown>> {
    this.#loader ??= this.#createLoader();
    const loader = await this.#loader;
    this.#directories.add(dirname(path));
    try {
      refuseHuge(path);
      return await loader.load(path);
    } catch (error) {
      throw loadFailure(path, error);
    }
  }

  async #createLoader(): Promise<ModuleLoader> {
    const { hostModules, agentDir } = this.#options;
    return createModuleLoader({ hostModules: await hostModules(), cacheDirectory: join(agentDir, "cache", "transpiled") });
  }
}

/** The runtimes read whatever there is, whole. */
function refuseHuge(path: string): void {
  const sizeMb = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / 1024 ** 2;
  if (sizeMb > maxFileMb) throw new Error(`it has ${Math.ceil(sizeMb)} MB, and at most ${maxFileMb} MB of a file are loaded`);
}

function factoryIn(exports: Record<string, unknown>): ExtensionFactory {
  // What was CommonJS once has its default export one deeper.
  const candidates = [exports.default, (exports.default as { default?: unknown } | undefined)?.default, exports["module.exports"]];
  const factory = candidates.find((one) => typeof one === "function");
  if (factory !== undefined) return factory as ExtensionFactory;
  throw new PiError("extension.load", "It has no default export that is a function", {
    hint: "export default function (pi) { … } is what an extension is",
  });
}

function loadFailure(path: string, error: unknown): PiError {
  const place = placeOf(error, isBelow(dirname(path)));
  return new PiError("extension.load", `${place === undefined ? "" : `${place}: `}${messageOf(error)}`, { cause: error });
}
