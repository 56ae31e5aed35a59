// `pi install | remove | uninstall | list | update`: packages of extensions, skills, prompts and themes, on this machine and in the configuration. Called by cli/main.
// Invariant: what is declared is what was installed; a failure changes neither the configuration nor what was there.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inTurn } from "../../config/change-config.ts";
import { type Config, loadConfig, parseToml, projectConfigFile } from "../../config/load-config.ts";
import { findProjectDirectory } from "../../config/trust.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import { packageContents } from "../../extensions/packages/contents.ts";
import { installPackage, removePackage, restoreNpm, versionAt } from "../../extensions/packages/install.ts";
import { type PackageSource, packageDirectory, parsePackageSource } from "../../extensions/packages/source.ts";
import { createFileOperations } from "../../platform/files/files.ts";
import type { Host } from "../../platform/host.ts";
import { absolutePath, agentDirectory, userConfigFile } from "../../platform/paths.ts";
import type { CommandModule } from "../command-record.ts";
import { runSubcommands } from "./subcommands.ts";

interface Flags {
  local?: boolean;
  allowScripts?: boolean;
  frozenLockfile?: boolean;
  models?: boolean;
  self?: boolean;
  extension?: string;
  approve?: boolean;
}

/** Where packages of the user, or of the project, are and are declared. */
interface Place {
  root: string;
  file: string;
  isProject: boolean;
  cacheDirectory: string;
  npmCommand: readonly string[];
}

function command(
  name: string,
  run: (host: Host, source: string | undefined, flags: Flags) => Promise<void>,
  argument: "<source>" | "[source]" | "",
  about: string,
): CommandModule {
  return {
    run: (args, host) =>
      runSubcommands(name, args.map(spelledOut), host, (program) => {
        const own = program.description(about).option("-l, --local", "in the project's .pi");
        own.option("-a, --approve", "with this project's .pi, as if trusted").option("--no-approve", "without it");
        if (name === "install" || name === "update") own.option("--allow-scripts", "let the package's install scripts run");
        if (name === "update") {
          own.option("--models", "the catalogue of models instead, as pi models refresh does");
          // The npm agent's words for what is done anyway, or never.
          for (const words of ["--extensions", "--extension <source>", "--self"]) own.addOption(own.createOption(words).hideHelp());
        }
        if (name === "install") own.option("--frozen-lockfile", "what is declared, exactly as the lock file has it");
        if (argument !== "") own.argument(argument);
        own.action((...given: unknown[]) => {
          const source = argument === "" ? undefined : (given[0] as string | undefined);
          const flags = given[argument === "" ? 0 : 1] as Flags;
          return run(host, source, flags);
        });
      }),
  };
}

/** Short words of two letters are more than the parser knows. */
function spelledOut(arg: string): string {
  return arg === "-na" ? "--no-approve" : arg;
}

export const install = command(
  "install",
  (host, source, flags) => (source === undefined ? installDeclared(host, flags) : installOne(host, source, flags)),
  "[source]",
  "bring a package and declare it; without one those that are declared and missing",
);
const takeAway = (name: string): CommandModule =>
  command(name, (host, source = "", flags) => removeOne(host, source, flags), "<source>", "take a package away");
export const remove = takeAway("remove");
/** The npm agent's other word for it. */
export const uninstall = takeAway("uninstall");
export const list = command("list", (host, _, flags) => listAll(host, flags), "", "the packages that are declared");
export const update = command(
  "update",
  (host, source, flags) => updateAll(host, source, flags),
  "[source]",
  "packages without an exact version, as they are now",
);

async function placeOf(host: Host, flags: Flags): Promise<Place> {
  const { local } = flags;
  const { npmCommand } = (await configHere(host, flags)).values;
  const agentDir = agentDirectory(host.env, host.homeDir, host.cwd);
  const root = local ? findProjectDirectory(host.cwd) : agentDir;
  const file = local ? projectConfigFile(root) : userConfigFile(root);
  return { root, file, isProject: local === true, cacheDirectory: join(agentDir, "cache", "packages"), npmCommand };
}

function sourceOf(text: string, host: Host): PackageSource {
  return parsePackageSource(text, (path) => absolutePath(path, host.cwd, host.homeDir));
}

async function installOne(host: Host, text: string, flags: Flags): Promise<void> {
  if (flags.frozenLockfile) {
    throw new PiError("usage.conflict", "--frozen-lockfile installs what is declared, and takes no SOURCE", {
      hint: `pi install ${text} brings another`,
    });
  }
  const place = await placeOf(host, flags);
  const source = sourceOf(text, host);
  requireNetwork(host, [source]);
  const declared = source.kind === "path" ? source.path : text;
  // What cannot be declared is not brought.
  await withDeclared(place, declared, host);
  const { directory, name, version, heldBack, hostNames } = await installPackage(source, {
    ...place,
    allowScripts: flags.allowScripts === true,
  });
  // Only now: what could not be installed must not be looked for by the next start.
  await inTurn(place.file, async () => save(place, await withDeclared(place, declared, host)));
  const { extensions, skills, prompts, themes } = await packageContents(directory, { mayBeOne: source.kind === "path" });
  const brings = [
    ...extensions.map((path) => `extension ${path}`),
    ...skills.map((path) => `skills ${path}`),
    ...prompts.map((path) => `prompts ${path}`),
    ...themes.map((path) => `themes ${path}`),
  ];
  const lines = [
    `${name}${version === undefined ? "" : ` ${version}`}, declared in ${place.file}`,
    ...(brings.length === 0 ? ["  It brings no extensions, skills, prompts or themes."] : brings.map((line) => `  ${line}`)),
    ...(heldBack.length === 0 ? [] : [`  Scripts held back: ${heldBack.join(", ")} (--allow-scripts runs them)`]),
    ...hostNames.map((one) => `  ${one} is among its dependencies; pi's own is used.`),
  ];
  await host.stdout.write(`${lines.join("\n")}\n`);
}

/** Those that are missing; with `--frozen-lockfile` all that come from a registry, so that what is there is what was locked. */
async function installDeclared(host: Host, flags: Flags): Promise<void> {
  const place = await placeOf(host, flags);
  const how = { ...place, allowScripts: flags.allowScripts === true };
  const declared = (await declaredIn(place)).map((one) => parsePackageSource(one, (path) => absolutePath(path, place.root, host.homeDir)));
  const isMissing = (source: PackageSource): boolean => !existsSync(packageDirectory(source, place.root));
  const npm = declared.filter(({ kind }) => kind === "npm");
  const isFrozen = flags.frozenLockfile === true;
  const isRestored = isFrozen || (npm.some(isMissing) && existsSync(join(place.root, "npm", "package.json")));
  const wanted = declared.filter((source) => isMissing(source) || (isFrozen && source.kind === "npm"));
  requireNetwork(host, wanted);
  if (isRestored) await restoreNpm(how, isFrozen);
  for (const source of wanted) {
    if (source.kind === "path") {
      throw new PiError("io.package", `${source.source} is not there`, {
        hint: `Take it out of ${place.file}: pi remove ${source.source}`,
      });
    }
    if (isMissing(source)) {
      if (isFrozen && source.kind === "npm") {
        throw new PiError("io.package", `${source.source} is declared, and not in the lock file`, { hint: "Leave out --frozen-lockfile" });
      }
      await installPackage(source, how);
    }
  }
  const lines = wanted.map((source) => `${source.source} ${versionAt(packageDirectory(source, place.root)) ?? ""}`.trimEnd());
  await host.stdout.write(`${(lines.length === 0 ? ["Nothing is missing."] : lines).join("\n")}\n`);
}

/** @throws PiError `usage.offline` */
function requireNetwork(host: Host, wanted: readonly PackageSource[]): void {
  const one = wanted.find(({ kind }) => kind !== "path");
  if (!host.env.PI_OFFLINE || one === undefined) return;
  throw new PiError("usage.offline", `Installing ${one.source} wants the network`, { hint: "Leave --offline out" });
}

async function removeOne(host: Host, text: string, flags: Flags): Promise<void> {
  const place = await placeOf(host, flags);
  const source = sourceOf(text, host);
  const sources = await declaredIn(place);
  const own = sources.filter(
    (one) => parsePackageSource(one, (path) => absolutePath(path, place.root, host.homeDir)).identity === source.identity,
  );
  if (own.length === 0) throw undeclared(text, place);
  const without = async (): Promise<string> => {
    let text = textOf(place);
    for (const one of own) text = await withoutDeclared(text, one, place);
    return text;
  };
  // What cannot be taken out of the file stays where it is.
  await without();
  await removePackage(source, { ...place, allowScripts: false });
  await inTurn(place.file, async () => save(place, await without()));
  await host.stdout.write(`Removed ${own.join(", ")}\n`);
}

async function configHere(host: Host, { approve }: Flags): Promise<Config> {
  const agentDir = agentDirectory(host.env, host.homeDir, host.cwd);
  return loadConfig({ agentDir, cwd: host.cwd, homeDir: host.homeDir, env: host.env, ...defined({ approve }) });
}

async function listAll(host: Host, flags: Flags): Promise<void> {
  const config = await configHere(host, flags);
  const agentDir = agentDirectory(host.env, host.homeDir, host.cwd);
  const lines = config.packages.map(({ kind, entry }) => {
    const root = kind === "project" ? (config.project.dir ?? agentDir) : agentDir;
    const directory = packageDirectory(
      parsePackageSource(entry.source, (path) => absolutePath(path, root, host.homeDir)),
      root,
    );
    const state = existsSync(directory) ? (versionAt(directory) ?? "installed") : `not installed: pi install ${entry.source}`;
    return `${entry.source}  ${kind === "project" ? "project" : "user"}, ${state}`;
  });
  await host.stdout.write(`${(lines.length === 0 ? ["No packages. pi install SOURCE brings one."] : lines).join("\n")}\n`);
}

async function updateAll(host: Host, argument: string | undefined, flags: Flags): Promise<void> {
  if (flags.models) {
    const models = await import("./models.ts");
    await models.run(["refresh"], host);
    return;
  }
  if (flags.self || argument === "self" || argument === "pi") {
    throw new PiError("usage.command", "pi does not put a new program in its own place", { hint: "Install it again the way it came here" });
  }
  const place = await placeOf(host, flags);
  const text = argument ?? flags.extension;
  const wanted = text === undefined ? undefined : sourceOf(text, host).identity;
  const sources = (await declaredAnywhere(place, host, flags)).map((one) =>
    parsePackageSource(one, (path) => absolutePath(path, place.root, host.homeDir)),
  );
  if (wanted !== undefined && !sources.some(({ identity }) => identity === wanted)) throw undeclared(text ?? "", place);
  const lines: string[] = [];
  for (const source of sources) {
    const isExact = (source.kind === "npm" && /^\d/.test(source.range ?? "")) || (source.kind === "git" && source.ref !== undefined);
    if (source.kind === "path" || isExact || (wanted !== undefined && wanted !== source.identity)) continue;
    requireNetwork(host, [source]);
    const before = versionAt(packageDirectory(source, place.root));
    const { name, version } = await installPackage(source, { ...place, allowScripts: flags.allowScripts === true });
    lines.push(before === version ? `${name} ${version ?? ""}: as it was` : `${name}: ${before ?? "none"} to ${version ?? "unknown"}`);
  }
  await host.stdout.write(`${(lines.length === 0 ? ["Nothing to update."] : lines).join("\n")}\n`);
}

function textOf({ file }: Place): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function undeclared(text: string, { file }: Place): PiError {
  return new PiError("usage.command", `${text} is not declared in ${file}`, { hint: "pi list says which packages are" });
}

/** Also where the user's other files say so, which are read and never written. */
async function declaredAnywhere(place: Place, host: Host, flags: Flags): Promise<string[]> {
  const inForce = (await configHere(host, flags)).packages.filter(({ kind }) => (kind === "project") === place.isProject);
  return [...new Set([...(await declaredIn(place)), ...inForce.map(({ entry }) => entry.source)])];
}

/** In this one file: the configuration in force has those of other files among them, which are not ours to change here. */
async function declaredIn(place: Place): Promise<string[]> {
  const { packages } = (await parseToml(textOf(place), place.file)) as { packages?: unknown };
  return (Array.isArray(packages) ? packages : []).flatMap((one) => {
    const source = typeof one === "string" ? one : (one as { source?: unknown } | null)?.source;
    return typeof source === "string" ? [source] : [];
  });
}

/** The text of the file with a table of its own at the end; where another version of it is declared, that one is taken out. */
async function withDeclared(place: Place, source: string, host: Host): Promise<string> {
  const { identity } = sourceOf(source, host);
  const others = (await declaredIn(place)).filter((one) => sourceOf(one, host).identity === identity);
  let text = textOf(place);
  if (others.length === 1 && others[0] === source) return text;
  for (const one of others) text = await withoutDeclared(text, one, place);
  const start = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  const added = `${start}${start === "" ? "" : "\n"}[[packages]]\nsource = ${JSON.stringify(source)}\n`;
  await parseToml(added, place.file).catch((cause: unknown) => {
    throw new PiError("config.cannot_set", `${place.file} has its packages in a form to which none can be added`, {
      hint: `Add ${JSON.stringify(source)} to them by hand, or write each as a [[packages]] table.`,
      cause,
    });
  });
  return added;
}

/** By lines of the text, so that what else the user wrote stays as it is, comments included. */
async function withoutDeclared(text: string, source: string, place: Place): Promise<string> {
  const lines = text.split("\n");
  const isHead = (line: string | undefined): boolean => /^\s*\[/.test(line ?? "");
  for (let at = 0; at < lines.length; at++) {
    if (!/^\s*\[\[packages\]\]\s*(#.*)?$/.test(lines[at] ?? "")) continue;
    let end = at + 1;
    while (end < lines.length && !isHead(lines[end])) end++;
    const block = (await parseToml(lines.slice(at, end).join("\n"), place.file)) as { packages: { source?: string }[] };
    if (block.packages[0]?.source !== source) continue;
    lines.splice(at, end - at);
    return lines.join("\n").replace(/\n{3,}/g, "\n\n");
  }
  throw new PiError("config.cannot_set", `${source} is declared in ${place.file} in a form that cannot be taken out`, {
    hint: `Take it out by hand: ${place.file}`,
  });
}

async function save(place: Place, text: string): Promise<void> {
  if (text === textOf(place)) return;
  const { file } = place;
  // A file that would not be read again is not written.
  await parseToml(text, file);
  const { makeDirectory } = await import("../../platform/files/make-directory.ts");
  makeDirectory(dirname(file), 0o700);
  await createFileOperations().writeAtomic(file, text);
}
