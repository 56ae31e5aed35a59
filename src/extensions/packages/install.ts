// Brings a package to this machine: npm packages by the runtime's own installer, repositories by git. Called by `pi install` and kin, and for
// `-e npm:…`. Invariant: into a directory of its own, put in place when it is whole; a failure leaves what was there; no script runs unless allowed.

import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PiError } from "../../contracts/error.ts";
import { kindOfPath } from "../../platform/files/path-kind.ts";
import { acquireLease } from "../../platform/locks/lease.ts";
import { lockFileName, runGit, runInstaller } from "../../platform/processes/package-tools.ts";
import { readManifest } from "../discover.ts";
import { type PackageSource, packageDirectory } from "./source.ts";

export interface InstallPlace {
  /** The agent directory, or a project's `.pi`. */
  root: string;
  cacheDirectory: string;
  allowScripts: boolean;
  npmCommand: readonly string[];
}

export interface Installed {
  directory: string;
  name: string;
  version: string | undefined;
  /** Of the package itself, which were not run. */
  heldBack: string[];
  /** Ours among its dependencies. */
  hostNames: string[];
}

const hostNames = ["pi-coding-agent", "pi-agent-core", "pi-ai", "pi-tui"].flatMap((name) => [
  `@earendil-works/${name}`,
  `@mariozechner/${name}`,
]);

/** @throws PiError `io.package` */
export async function installPackage(source: PackageSource, place: InstallPlace): Promise<Installed> {
  if (source.kind === "path") return installedAt(source.path, source.path, place);
  return alone(place, async () => {
    if (source.kind === "npm")
      await changeNpm(place, async (directory) => {
        const at = { ...place, directory };
        // What is locked would be kept as long as its range allows it.
        if (isLocked(source.name, at)) await runInstaller("remove", [source.name], at);
        await runInstaller("add", [npmName(source.name, source.range)], at);
      });
    else await clone(source, place);
    return installedAt(packageDirectory(source, place.root), source.source, place);
  });
}

/** One after another, whoever else installs there. */
async function alone<T>(place: InstallPlace, work: () => Promise<T>): Promise<T> {
  mkdirSync(place.root, { recursive: true });
  const lock = join(place.root, "packages.lock");
  writeFileSync(lock, "", { flag: "a" });
  const lease = await acquireLease(lock, "wait");
  try {
    return await work();
  } finally {
    if (typeof lease === "object") lease.release();
  }
}

/**
 * All npm packages that are declared there, in the versions and with the hashes of the lock file. Without one: as their ranges say now.
 * @throws PiError `io.package`; where `mustBeLocked`, also without a lock file.
 */
export async function restoreNpm(place: InstallPlace, mustBeLocked: boolean): Promise<void> {
  const lockFile = join(place.root, "npm", lockFileName(place.npmCommand));
  const isLocked = existsSync(lockFile);
  if (mustBeLocked && !isLocked) {
    throw new PiError("io.package", `There is no lock file ${lockFile}`, { hint: "Leave out --frozen-lockfile, and one is written" });
  }
  await alone(place, () => changeNpm(place, (directory) => runInstaller(isLocked ? "restore" : "install", [], { ...place, directory })));
}

/** @throws PiError `io.package` */
export async function removePackage(source: PackageSource, place: InstallPlace): Promise<void> {
  const directory = packageDirectory(source, place.root);
  if (source.kind === "path" || !existsSync(directory)) return;
  await alone(place, async () => {
    if (source.kind === "git") rmSync(directory, { recursive: true, force: true });
    else await changeNpm(place, (staged) => runInstaller("remove", [source.name], { ...place, directory: staged }));
  });
}

export function versionAt(directory: string): string | undefined {
  const { version } = readManifest(directory) ?? {};
  return typeof version === "string" ? version : undefined;
}

function isLocked(name: string, { directory, npmCommand }: { directory: string; npmCommand: readonly string[] }): boolean {
  const { dependencies } = readManifest(directory) ?? {};
  return existsSync(join(directory, lockFileName(npmCommand))) && Object.hasOwn((dependencies as object | undefined) ?? {}, name);
}

function npmName(name: string, range: string | undefined): string {
  return range === undefined ? name : `${name}@${range}`;
}

/** On a copy that takes the place of the directory when it is whole. */
async function changeNpm(place: InstallPlace, change: (directory: string) => Promise<void>): Promise<void> {
  const target = join(place.root, "npm");
  const staged = `${target}.new`;
  restoreInterrupted(target);
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(staged, { recursive: true });
  for (const name of ["package.json", "bun.lock", "package-lock.json"]) {
    if (existsSync(join(target, name))) cpSync(join(target, name), join(staged, name));
  }
  prepare(staged);
  try {
    await change(staged);
    swap(staged, target);
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    throw error;
  }
}

/** The host's own names are an empty package: ours are found without one, and theirs would bring a whole agent along. */
function prepare(directory: string): void {
  const stub = join(directory, "host-stub");
  mkdirSync(stub, { recursive: true });
  writeFileSync(join(stub, "package.json"), '{"name":"host-stub","version":"999.0.0"}\n');
  const file = join(directory, "package.json");
  const manifest = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>)
    : { name: "pi-packages", private: true };
  const overrides = Object.fromEntries(hostNames.map((name) => [name, "file:./host-stub"]));
  writeFileSync(file, `${JSON.stringify({ ...manifest, overrides }, null, 2)}\n`);
}

function swap(staged: string, target: string): void {
  const old = `${target}.old`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(target)) renameSync(target, old);
  renameSync(staged, target);
  rmSync(old, { recursive: true, force: true });
}

/** Somebody was killed between the two steps of a swap. */
function restoreInterrupted(target: string): void {
  if (!existsSync(target) && existsSync(`${target}.old`)) renameSync(`${target}.old`, target);
}

async function clone(source: Extract<PackageSource, { kind: "git" }>, place: InstallPlace): Promise<void> {
  const target = packageDirectory(source, place.root);
  const staged = `${target}.new`;
  restoreInterrupted(target);
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(dirname(staged), { recursive: true });
  try {
    await runGit(["clone", "--quiet", ...(source.ref === undefined ? ["--depth", "1"] : []), "--", source.url, staged]);
    if (source.ref !== undefined) await runGit(["-C", staged, "checkout", "--quiet", source.ref, "--"]);
    if (Object.keys((readManifest(staged)?.dependencies as object | undefined) ?? {}).length > 0) {
      await runInstaller("install", [], { ...place, directory: staged });
    }
    swap(staged, target);
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    throw error;
  }
}

function installedAt(directory: string, source: string, { allowScripts }: InstallPlace): Installed {
  const kind = kindOfPath(directory);
  if (kind === undefined) throw new PiError("io.package", `${source} is not there`, { hint: "Name a directory that exists" });
  if (kind === "file" && !/\.[mc]?[jt]sx?$/.test(directory))
    throw new PiError("usage.bad_value", `${source} is a file, and no extension (.ts, .js)`, { hint: "Unpack it, and name its directory" });
  const { name, scripts, dependencies } = readManifest(directory) ?? {};
  const held = ["preinstall", "install", "postinstall"].filter((script) => Object.hasOwn((scripts as object | undefined) ?? {}, script));
  return {
    directory,
    name: typeof name === "string" ? name : source,
    version: versionAt(directory),
    heldBack: allowScripts ? [] : held,
    hostNames: Object.keys((dependencies as object | undefined) ?? {}).filter((one) => hostNames.includes(one)),
  };
}
