// The chunks of the build for Node that are scripts (scripts/script-chunks.mjs makes them): run once each, with the compiled code of all that earlier runs
// called kept between runs. Node's own compile cache keeps only what is compiled when a module is loaded, which is a tenth of what a run calls. Made by
// node-scripts; asked by the entry, by the scripts and by the modules that stand for them. Invariant: what was kept for another text, or lost a byte, is not
// used; nothing fails for want of it.

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { type CompiledCode, clearCompiled, compiledDirectory, enableCompileCache } from "./compile-cache.ts";
import { lightPath } from "./light-path.ts";

const { dirname, join } = lightPath;

type Names = Record<string, unknown>;
type RunScript = (scripts: ScriptsOfBuild, moduleUrl: string) => Names;
type Script = import("node:vm").Script;

export interface ScriptPlace {
  /** Where the chunks lie: `run.mjs` is an ES module or stands for the script `run.js` beside it. */
  readonly folder: string;
  /** The scripts by the name of their chunk: of its text the first eight digits of a hash. */
  readonly hashes: Readonly<Record<string, string>>;
  agentDir(): string;
  importModule(url: string): Promise<Names>;
}

interface Unkept {
  script: Script;
  path: string;
}

const dayMs = 24 * 3_600_000;
/** Compiling less than this takes no longer than reading what was kept. */
const smallLength = 4096;
const maxKeptBytes = 64 * 1024 * 1024;
const blockBytes = 64 * 1024;
/** A run that lives longer has called by then what the start of the next one will call; later the runtime drops what it has not called for a while. */
const longRunMs = 10_000;

export class ScriptsOfBuild implements CompiledCode {
  /** What a script has for `node:path`. */
  readonly path = lightPath;
  readonly #place: ScriptPlace;
  readonly #loaded = new Map<string, Names>();
  readonly #unkept: Unkept[] = [];
  #agentDir: string | undefined;
  #keptFolder: string | undefined;
  #folderUrl: string | undefined;
  #isEnabled = false;

  constructor(place: ScriptPlace) {
    this.#place = place;
  }

  /** What a script gives, by its name as a chunk. */
  need(name: string): Names {
    const known = this.#loaded.get(name);
    if (known !== undefined) return known;
    const given = this.#run(name);
    this.#loaded.set(name, given);
    return given;
  }

  /** As `import()` of a chunk. */
  async later(name: string): Promise<Names> {
    if (Object.hasOwn(this.#place.hashes, name)) return this.need(name);
    if (!this.#isEnabled) {
      this.#isEnabled = true;
      enableCompileCache(this.#dir());
    }
    return this.#place.importModule(this.#urlOf(name));
  }

  keep(now: number, endedWell: boolean): void {
    if (endedWell) this.#keepUnkept();
    if (!onBun) clearCompiled(this.#dir(), now);
  }

  #run(name: string): Names {
    const hash = this.#place.hashes[name];
    if (hash === undefined) throw new Error(`${name} is no script of the build`);
    const url = this.#urlOf(name);
    const text = readFileSync(join(this.#place.folder, name.replace(/\.mjs$/, ".js")), "latin1");
    const path = onBun || text.length < smallLength ? undefined : join(this.#keptIn(), hash);
    const kept = path === undefined ? undefined : readKept(path);
    const { Script } = process.getBuiltinModule("node:vm");
    const script = new Script(text, { filename: url, ...(kept === undefined ? {} : { cachedData: kept.code }) });
    // Another run may have called what this code does not hold.
    if (path !== undefined && (kept?.isOld !== false || script.cachedDataRejected === true)) this.#notKept({ script, path });
    return (script.runInThisContext() as RunScript)(this, url);
  }

  #notKept(script: Unkept): void {
    if (this.#unkept.length === 0) setTimeout(() => this.#keepUnkept(), longRunMs).unref();
    this.#unkept.push(script);
  }

  #keepUnkept(): void {
    if (!existsSync(this.#dir())) return;
    for (const { script, path } of this.#unkept.splice(0)) writeKept(path, () => script.createCachedData());
  }

  #dir(): string {
    this.#agentDir ??= this.#place.agentDir();
    return this.#agentDir;
  }

  #keptIn(): string {
    this.#keptFolder ??= join(compiledDirectory(this.#dir()), versionFolder());
    return this.#keptFolder;
  }

  #urlOf(name: string): string {
    this.#folderUrl ??= process.getBuiltinModule("node:url").pathToFileURL(`${this.#place.folder}/`).href;
    // The build gives its chunks names that are the same in an address.
    return this.#folderUrl + name;
  }
}

const onBun = process.versions.bun !== undefined;

/** Named as those of Node's own are, and cleared with them. */
function versionFolder(): string {
  return `${process.version}-${process.arch}-scripts`;
}

/** The code stands twice in its file: the runtime trusts every byte, and a sum over them takes longer than to compare them. */
function readKept(path: string): { code: Buffer; isOld: boolean } | undefined {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const info = fstatSync(descriptor);
      if (!info.isFile() || info.size === 0 || info.size % 2 !== 0 || info.size > maxKeptBytes) return undefined;
      const code = Buffer.allocUnsafeSlow(info.size / 2);
      if (readSync(descriptor, code) !== code.length || !isNext(descriptor, code)) return undefined;
      return { code, isOld: Math.abs(Date.now() - info.mtimeMs) > dayMs };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

/** Whether what comes next in the file is the same. Block by block: memory that is new to the process takes longer than to read into it. */
function isNext(descriptor: number, bytes: Buffer): boolean {
  const block = Buffer.allocUnsafeSlow(blockBytes);
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const wanted = bytes.subarray(at, at + blockBytes);
    if (readSync(descriptor, block, 0, wanted.length, null) !== wanted.length || wanted.compare(block, 0, wanted.length) !== 0)
      return false;
  }
  return true;
}

/** Another run may be at it, the place be read only, the disk full: a later run tries again. `codeOf` takes longer than to learn that nothing can be written. */
function writeKept(path: string, codeOf: () => Buffer): void {
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const descriptor = openSync(temporary, "wx", 0o600);
    try {
      const code = codeOf();
      for (let copy = 0; copy < 2; copy++) writeFileSync(descriptor, code);
      renameSync(temporary, path);
    } catch {
      unlinkSync(temporary);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Nothing is kept.
  }
}
