// `pi config`: look at the configuration and change it. Called by cli/main. Invariant: nothing secret is printed; values go to stdout,
// everything said about them to stderr.

import { appendTables, createPrivately, importNpmAgent, parseChange, saveChange, unknownKey } from "../../config/change-config.ts";
import { type DescribedSetting, describeConfig, settingLine } from "../../config/describe-config.ts";
import { type Config, loadConfig, projectConfigFile } from "../../config/load-config.ts";
import { findVariable, settings } from "../../config/settings.ts";
import { findProjectDirectory } from "../../config/trust.ts";
import { defined } from "../../contracts/defined.ts";
import { isPiError, lineOf, PiError } from "../../contracts/error.ts";
import { describeOrigin } from "../../contracts/provider-settings.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";
import { createFileOperations } from "../../platform/files/files.ts";
import type { Host } from "../../platform/host.ts";
import { absolutePath, agentDirectory, userConfigFile } from "../../platform/paths.ts";
import { baseUrlVariables } from "../../providers/vendors.ts";
import { runSubcommands } from "./subcommands.ts";

interface Flags {
  project?: boolean;
  origin?: boolean;
  json?: boolean;
  approve?: boolean;
}

export async function run(args: readonly string[], host: Host): Promise<number> {
  return runSubcommands("config", args, host, (program, exit) => {
    program.description("Look at the configuration and change it.");
    program
      .command("path")
      .description("where the file is")
      .option("--project", "the project's file")
      .action((flags: Flags) => printLine(host, targetFile(host, flags)));
    program
      .command("show")
      .description("all settings in force")
      .option("--origin", "where each value came from")
      .option("--json", "as JSON")
      .option("-a, --approve", "with this project's .pi, as if trusted")
      .action((flags: Flags) => show(host, flags));
    program
      .command("get")
      .description("one setting, or a table of them")
      .argument("<key>")
      .option("--json", "as JSON")
      .option("-a, --approve", "with this project's .pi, as if trusted")
      .action(async (key: string, flags: Flags) => exit(await get(host, key, flags)));
    program
      .command("set")
      .description("set one setting in the file")
      .argument("<key>")
      .argument("<value>")
      .option("--project", "in the project's file")
      .action((key: string, value: string, flags: Flags) => set(host, key, value, flags));
    program
      .command("edit")
      .description("open the file in $VISUAL or $EDITOR")
      .option("--project", "the project's file")
      .action(async (flags: Flags) => exit(await edit(host, flags)));
    program
      .command("check")
      .description("read the files and say what is wrong with them")
      .option("-a, --approve", "with this project's .pi, as if trusted")
      .action(async (flags: Flags) => exit(await check(host, flags)));
    program
      .command("import")
      .description("take over the npm agent's settings.json and models.json")
      .option("--hooks <file>", "in their place the hooks of another agent's settings, such as .claude/settings.json")
      .action((flags: { hooks?: string }) => (flags.hooks === undefined ? importJson(host) : importHooks(host, flags.hooks)));
  });
}

function agentDirOf(host: Host): string {
  return agentDirectory(host.env, host.homeDir, host.cwd);
}

function targetFile(host: Host, flags: Flags): string {
  return flags.project ? projectConfigFile(findProjectDirectory(host.cwd)) : userConfigFile(agentDirOf(host));
}

function load(host: Host, flags: Flags = {}, problems?: PiError[]): Promise<Config> {
  return loadConfig({
    agentDir: agentDirOf(host),
    cwd: host.cwd,
    homeDir: host.homeDir,
    env: host.env,
    baseUrlVariables: baseUrlVariables(),
    ...(flags.approve ? { approve: true } : {}),
    ...defined({ problems }),
  });
}

async function show(host: Host, flags: Flags): Promise<void> {
  const config = await load(host, flags);
  await warn(host, config.warnings);
  const described = describeConfig(config);
  if (flags.json) {
    const entries = described.map(({ key, value, origin }) => [key, flags.origin ? { value: value ?? null, origin } : (value ?? null)]);
    await printLine(host, JSON.stringify(Object.fromEntries(entries), null, 2));
    return;
  }
  const lines = described.map((one) => ({ text: settingLine(one), origin: describeOrigin(one.origin) }));
  const width = Math.min(60, Math.max(...lines.map((line) => line.text.length)));
  const text = lines.map((line) => (flags.origin ? `${line.text.padEnd(width)}  # ${line.origin}` : line.text)).join("\n");
  await printLine(host, text);
}

async function get(host: Host, key: string, flags: Flags): Promise<number> {
  const config = await load(host, flags);
  await warn(host, config.warnings);
  const described = describeConfig(config);
  const one = described.find((setting) => setting.key === key);
  if (one !== undefined) {
    if (one.value === undefined) return 1;
    await printLine(host, typeof one.value === "string" && !flags.json ? one.value : JSON.stringify(one.value));
    return 0;
  }
  const variable = findVariable(key);
  if (variable !== undefined) {
    const table = described.find((setting) => setting.key === variable.record.key)?.value as Record<string, string> | undefined;
    if (table?.[variable.name] === undefined) return 1;
    await printLine(host, flags.json ? JSON.stringify(table[variable.name]) : (table[variable.name] ?? ""));
    return 0;
  }
  const below = described.filter((setting) => setting.key.startsWith(`${key}.`));
  if (below.length === 0) {
    if (/^providers(\.|$)/.test(key)) return 1;
    throw unknownKey(key);
  }
  await printLine(host, flags.json ? JSON.stringify(tableOf(below, key)) : below.map(settingLine).join("\n"));
  return 0;
}

function tableOf(described: readonly DescribedSetting[], prefix: string): Record<string, unknown> {
  return Object.fromEntries(described.map(({ key, value }) => [key.slice(prefix.length + 1), value ?? null]));
}

async function set(host: Host, key: string, value: string, flags: Flags): Promise<void> {
  const file = targetFile(host, flags);
  const change = await parseChange(key, value, flags.project ? "project" : "user");
  await saveChange(file, change, createFileOperations().writeAtomic);
  const origin = await load(host).then(
    (config) => config.origin(key),
    () => undefined,
  );
  const wins =
    origin !== undefined && origin.kind !== "default" && origin.file !== file && (origin.kind !== "npm agent" || flags.project !== true);
  await host.stderr.write(`${key} is set in ${file}${wins ? `, but ${describeOrigin(origin)} counts here` : ""}.\n`);
  if (modelKeys.includes(key)) await warn(host, await unknownModels(host, await load(host), [key]));
}

/** Settings that name models. */
const modelKeys: readonly string[] = ["model", "models", "fallback_models", "compaction.model"];

/** What names no model, or one that is in no list, one line each. */
async function unknownModels(host: Host, config: Config, keys: readonly string[]): Promise<string[]> {
  const { ModelRegistry } = await import("../../harness/models/model-registry.ts");
  const { findModel } = await import("../../harness/models/select-model.ts");
  const registry = new ModelRegistry({ config, env: host.env, agentDir: agentDirOf(host), cwd: host.cwd });
  const { resolveModelScope } = await import("../../harness/models/model-scope.ts");
  const { model, models, fallbackModels, compaction } = config.values;
  const named: Readonly<Record<string, readonly (string | undefined)[]>> = {
    model: [model],
    fallback_models: fallbackModels,
    "compaction.model": [compaction.model],
  };
  const about = (pattern: string | undefined): string[] => {
    if (pattern === undefined || pattern.startsWith("scripted/")) return [];
    try {
      return [findModel(pattern, undefined, registry).warning ?? []].flat();
    } catch (error) {
      return isPiError(error) ? [lineOf(error)] : [];
    }
  };
  return keys.flatMap((key) => {
    const lines = key === "models" ? resolveModelScope(models, registry).warnings : (named[key] ?? []).flatMap(about);
    return lines.map((line) => `${describeOrigin(config.origin(key))}: ${key}: ${line}`);
  });
}

async function edit(host: Host, flags: Flags): Promise<number> {
  const file = targetFile(host, flags);
  const named = host.env.VISUAL || host.env.EDITOR;
  if (!named && !host.stdin.isTerminal) {
    throw new PiError("usage.no_terminal", "There is no terminal for an editor.", {
      hint: `Set EDITOR, or use pi config set. The file is ${file}.`,
    });
  }
  const editor = named || (host.platform === "win32" ? "notepad" : "vi");
  createPrivately(file, flags.project ? "" : template());
  const { runOnTerminal } = await import("../../platform/processes/run-interactive.ts");
  const exitCode = await runOnTerminal(editor, file, { env: host.env, cwd: host.cwd });
  if (exitCode !== 0) {
    throw new PiError("io.editor", `${editor} ended with exit code ${exitCode}.`, { hint: `Set EDITOR to an editor, or edit ${file}.` });
  }
  return check(host, flags.project ? { approve: true } : {});
}

/** Every setting with its default, as comments: a file that says nothing yet. */
function template(): string {
  const lines = ["# Settings of pi. A line counts once the # before it is gone."];
  let table = "";
  // What stands in no table comes first, or it would be read as the last table's.
  const isInTable = ({ key }: { key: string }): boolean => key.includes(".");
  for (const record of [...settings.filter((one) => !isInTable(one)), ...settings.filter(isInTable)]) {
    const [, inTable = "", name] = /^(?:(.*)\.)?([^.]+)$/.exec(record.key) ?? [];
    if (inTable !== table) lines.push("", `# [${inTable}]`);
    table = inTable;
    // What has no value to begin with, and is no text that could be empty, stays a comment.
    const hasValue = record.default !== undefined || record.type.kind === "string" || record.type.kind === "path";
    lines.push(
      `# ${hasValue ? `${name} = ${JSON.stringify(record.default ?? "")}` : `# ${name} =`}${" ".repeat(4)}# ${record.description}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

async function check(host: Host, flags: Flags): Promise<number> {
  const problems: PiError[] = [];
  const warnings = await load(host, flags, problems).then(
    async (config) => [...config.warnings, ...(await unknownModels(host, config, modelKeys))],
    (error: unknown) => {
      if (!isPiError(error)) throw error;
      problems.push(error);
      return [];
    },
  );
  await warn(host, warnings);
  for (const problem of problems) await host.stderr.write(`Error: ${problem.message}\n`);
  if (problems.length > 0) return 2;
  await host.stderr.write(warnings.length === 0 ? "The configuration is sound.\n" : "The configuration can be used.\n");
  return 0;
}

async function importJson(host: Host): Promise<void> {
  const file = userConfigFile(agentDirOf(host));
  const report = await importNpmAgent(agentDirOf(host), file, createFileOperations().writeAtomic);
  await warn(host, report.problems);
  for (const key of report.imported) await printLine(host, key);
  const kept = report.kept.length === 0 ? "" : ` Already there and kept: ${report.kept.join(", ")}.`;
  await host.stderr.write(`${report.imported.length} taken over into ${file}.${kept}\n`);
}

async function importHooks(host: Host, given: string): Promise<void> {
  const source = absolutePath(given, host.cwd, host.homeDir);
  const found = readBoundedText(source);
  if (found === undefined)
    throw new PiError("usage.file_not_found", `There is no file ${source}`, { hint: "Name the file that holds the hooks" });
  if ("leftOut" in found) throw new PiError("usage.file_unreadable", `Cannot read ${source}: ${found.why}`);
  let json: unknown;
  try {
    json = JSON.parse(found.text);
  } catch {
    throw new PiError("usage.command", `${source} is not JSON`, { hint: "Name a file like .claude/settings.json" });
  }
  const { hookTables, importedHooks } = await import("../../config/import-hooks.ts");
  const { rows, left } = importedHooks(json);
  const file = userConfigFile(agentDirOf(host));
  const tables = rows.map((row) => hookTables([row]));
  const added = await appendTables(file, tables, createFileOperations().writeAtomic);
  if (tables.length > 0) await host.stdout.write(tables.join("\n"));
  for (const line of left) await host.stderr.write(`Not taken over: ${line}\n`);
  if (rows.length > 0) await host.stderr.write("What they get on stdin is named otherwise here (toolName, input): see docs/policy.md.\n");
  await host.stderr.write(`${added} of ${rows.length} hooks written to ${file}.\n`);
}

async function warn(host: Host, warnings: readonly string[]): Promise<void> {
  for (const warning of warnings) await host.stderr.write(`Warning: ${warning}\n`);
}

async function printLine(host: Host, text: string): Promise<void> {
  await host.stdout.write(`${text}\n`);
}
