// Where the ripgrep that comes with us can be run from: the installed package, else unpacked from the binary, once a version.
// Called by main for the tools. Invariant: a cached program is complete (renamed into place) and of nobody else's making.

import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PiError } from "../../contracts/error.ts";
import { openDirectoryAbove } from "../files/bounded-file.ts";
import { makeDirectory } from "../files/make-directory.ts";
import { sha256Hex } from "../files/sha256.ts";

/** Of the `@vscode/ripgrep` packages; part of the cached file's name. */
export const ripgrepVersion = "1.18.0";

export interface RipgrepSource {
  /** Tried in turn for the unpacked program. */
  cacheDirs: readonly string[];
  /** The embedded program, packed, and its hash; throws or gives nothing where none is embedded. */
  readAsset(name: string): Uint8Array | undefined;
}

/** The names of the assets, on every system: made by scripts/build.mjs. */
export const ripgrepAssets = { packed: "rg.gz", hash: "rg.sha256" } as const;

interface PackedProgram {
  packed: Uint8Array;
  /** SHA-256 of what is in it, in hex. */
  hash: string;
}

/** An absolute path to run. Throws `tool.no_ripgrep`. */
export async function ripgrepPath(source: RipgrepSource): Promise<string> {
  const packed = quietly(() => source.readAsset(ripgrepAssets.packed));
  const hash = quietly(() => source.readAsset(ripgrepAssets.hash));
  if (packed === undefined || hash === undefined) {
    const installed = await installedRipgrep();
    if (installed !== undefined) return installed;
    throw new PiError("tool.no_ripgrep", `No ripgrep for ${process.platform}-${process.arch} comes with this build`);
  }
  const failures: string[] = [];
  for (const cacheDir of source.cacheDirs) {
    try {
      return await unpack({ packed, hash: new TextDecoder().decode(hash).trim() }, cacheDir);
    } catch (error) {
      failures.push(`${cacheDir}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new PiError("tool.no_ripgrep", `Cannot unpack ripgrep: ${failures.join("; ")}`, {
    hint: "Make the agent directory's cache writable and not mounted noexec.",
  });
}

/** The one that came with us, unpacked below the agent directory where it must be. Throws `tool.no_ripgrep`. */
export async function bundledRipgrep(agentDir: string): Promise<string> {
  // On Node it is there; the binary has no packages, and none that stands somewhere near it counts.
  const installed = process.versions.bun === undefined ? await installedRipgrep() : undefined;
  if (installed !== undefined) return installed;
  const { readBinaryAsset } = await import("../assets.ts");
  try {
    return await ripgrepPath({ cacheDirs: [join(agentDir, "cache")], readAsset: readBinaryAsset });
  } catch (error) {
    // A directory of this process alone: what others share is no place for a program, whoever owns it at the moment.
    const own = privateDirectory();
    if (own === undefined) throw error;
    return ripgrepPath({ cacheDirs: [own], readAsset: readBinaryAsset });
  }
}

/** One for the process, which unpacks once. */
let directoryOfProcess: string | undefined;

/** Made anew by each process, where nobody else can move it away, and gone with it. */
export function privateDirectory(parent = tmpdir()): string | undefined {
  if (directoryOfProcess !== undefined) return directoryOfProcess;
  try {
    const real = realpathSync(parent);
    if (openDirectoryAbove(real) !== undefined) return undefined;
    const made = mkdtempSync(join(real, "pi-program-"));
    process.once("exit", () => quietly(() => rmSync(made, { recursive: true, force: true })));
    directoryOfProcess = made;
    return made;
  } catch {
    return undefined;
  }
}

async function unpack({ packed, hash }: PackedProgram, cacheDir: string): Promise<string> {
  const directory = join(cacheDir, `ripgrep-${ripgrepVersion}-${process.platform}-${process.arch}`);
  const path = join(directory, process.platform === "win32" ? "rg.exe" : "rg");
  makeDirectory(directory, 0o700);
  requireOwn(directory);
  if (isRunnable(path)) {
    requireOwn(path);
    // All of it: one that a crash or a full disk left broken would stay for ever.
    if (sha256Hex(readFileSync(path)) === hash) return path;
  }
  const { gunzipSync } = await import("node:zlib");
  const program = gunzipSync(packed);
  const temporary = join(directory, `.rg.${crypto.randomUUID().slice(0, 8)}.tmp`);
  const descriptor = openSync(temporary, "wx", 0o700);
  try {
    for (let written = 0; written < program.length; ) written += writeSync(descriptor, program, written);
    fsyncSync(descriptor);
    closeSync(descriptor);
    chmodSync(temporary, 0o700);
    renameSync(temporary, path);
  } catch (error) {
    quietly(() => closeSync(descriptor));
    quietly(() => unlinkSync(temporary));
    throw error;
  }
  if (!isRunnable(path)) throw new Error("not allowed to run programs from there");
  return path;
}

/** In a shared temporary directory someone else may have put theirs first. */
function requireOwn(path: string): void {
  const uid = process.getuid?.();
  const info = lstatSync(path);
  if (info.isSymbolicLink() || (uid !== undefined && info.uid !== uid) || (uid !== undefined && (info.mode & 0o022) !== 0)) {
    throw new Error("belongs to, or can be changed by, someone else");
  }
}

/** Of the npm package: npm puts the platform's beside it or beneath it, other installers only where it sees it itself. */
async function installedRipgrep(): Promise<string | undefined> {
  const { createRequire } = await import("node:module");
  const program = `@vscode/ripgrep-${process.platform}-${process.arch}/bin/${process.platform === "win32" ? "rg.exe" : "rg"}`;
  const here = createRequire(import.meta.url);
  const path = quietly(() => here.resolve(program)) ?? quietly(() => createRequire(here.resolve("@vscode/ripgrep")).resolve(program));
  return path !== undefined && isRunnable(path) ? path : undefined;
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function quietly<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
