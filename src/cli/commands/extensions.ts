// `pi extensions`: which there are and what they bring, whether one loads, a new one to begin with. Called by cli/main.
// Invariant: nothing but what a start would load is loaded, and no session is touched.

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { Extension, LoadExtensionsResult } from "../../contracts/extension.ts";
import { type FoundExtension, timesOf } from "../../harness/launch/extension-launcher.ts";
import { createFileOperations } from "../../platform/files/files.ts";
import type { Host } from "../../platform/host.ts";
import { absolutePath, agentDirectory } from "../../platform/paths.ts";
import { parseOptions } from "../options.ts";
import { resolveRun } from "../resolve-run.ts";
import { runSubcommands } from "./subcommands.ts";

export async function run(args: readonly string[], host: Host): Promise<number> {
  return runSubcommands("extensions", args, host, (program, exit) => {
    program.description("What extensions there are, and whether they load.");
    program
      .command("list")
      .description("those that a start here would load, with what they bring")
      .option("--json", "as JSON")
      .option("-a, --approve", "with this project's .pi, as if trusted")
      .action((flags: { json?: boolean; approve?: boolean }) => list(host, flags));
    program
      .command("check")
      .description("load one and say what is wrong with it")
      .argument("<path>")
      .action(async (path: string) => exit(await check(host, path)));
    program
      .command("new")
      .description("a file to begin with, in the user's extensions")
      .argument("<name>")
      .action((name: string) => create(host, name));
  });
}

interface Listed {
  path: string;
  source: string;
  scope: string;
  state: "loaded" | "failed";
  problem?: string;
  importMs?: number;
  factoryMs?: number;
  tools: string[];
  commands: string[];
  flags: string[];
  events: string[];
}

async function loaded(
  host: Host,
  options: readonly string[],
): Promise<{ result: LoadExtensionsResult | undefined; listed: Listed[]; skipped: string[] }> {
  const said = parseOptions(options);
  const { options: run, extensions, configFor } = await resolveRun(said, host);
  const config = await configFor(run.cwd);
  const result = await extensions.load(run, config, { reload: false, warn: () => {}, collects: true });
  const listed = extensions.found.map((one) =>
    listedOf(
      one,
      result?.extensions.find(({ path }) => path === one.file.path),
    ),
  );
  const { dir, trusted, skipped } = config.project;
  return { result, listed, skipped: dir !== undefined && !trusted && skipped.includes("extensions") ? [join(dir, "extensions")] : [] };
}

function listedOf({ file, problem, importMs, factoryMs }: FoundExtension, extension: Extension | undefined): Listed {
  return {
    path: file.path,
    source: file.sourceInfo.source,
    scope: file.sourceInfo.scope,
    state: extension === undefined ? "failed" : "loaded",
    ...defined({ problem }),
    ...(importMs === undefined ? {} : { importMs: Math.round(importMs * 10) / 10 }),
    ...(factoryMs === undefined ? {} : { factoryMs: Math.round(factoryMs * 10) / 10 }),
    tools: [...(extension?.tools.keys() ?? [])],
    commands: [...(extension?.commands.keys() ?? [])],
    flags: [...(extension?.flags.keys() ?? [])],
    events: [...(extension?.handlers.keys() ?? [])],
  };
}

async function list(host: Host, { json, approve }: { json?: boolean; approve?: boolean }): Promise<void> {
  const { listed, skipped } = await loaded(host, approve ? ["--approve"] : []);
  if (json) {
    await host.stdout.write(`${JSON.stringify({ extensions: listed, skipped }, null, 2)}\n`);
    return;
  }
  const lines =
    listed.length === 0 ? ["No extensions. pi extensions new NAME makes one; pi install SOURCE brings others."] : listed.flatMap(textOf);
  lines.push(...skipped.map((path) => `${path}  skipped: the project is not trusted (--approve)`));
  await host.stdout.write(`${lines.join("\n")}\n`);
}

function textOf({ path, source, scope, problem, importMs, factoryMs, tools, commands, flags, events }: Listed): string[] {
  const brings = [
    ...(tools.length > 0 ? [`tools ${tools.join(", ")}`] : []),
    ...(commands.length > 0 ? [`commands ${commands.map((name) => `/${name}`).join(", ")}`] : []),
    ...(flags.length > 0 ? [`flags ${flags.map((name) => `--${name}`).join(", ")}`] : []),
    ...(events.length > 0 ? [`events ${events.join(", ")}`] : []),
  ];
  const state = problem === undefined ? timesOf(importMs ?? 0, factoryMs ?? 0) : `failed: ${problem}`;
  return [`${path}  ${scope} ${source}, ${state}`, ...brings.map((line) => `  ${line}`)];
}

/** The exit status. */
async function check(host: Host, path: string): Promise<number> {
  const file = absolutePath(path, host.cwd, host.homeDir);
  const { result, listed } = await loaded(host, ["--no-extensions", "--extension", file]);
  const warnings = (result?.warnings ?? []).map(({ warning }) => `  ${warning}`);
  await host.stdout.write(`${[...listed.flatMap(textOf), ...warnings].join("\n")}\n`);
  return listed.every(({ state }) => state === "loaded") ? 0 : 1;
}

async function create(host: Host, name: string): Promise<void> {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw new PiError("usage.bad_value", `${JSON.stringify(name)} is no name for a file`, { hint: "Use letters, digits, - and _" });
  }
  const directory = join(agentDirectory(host.env, host.homeDir, host.cwd), "extensions");
  const path = join(directory, `${basename(name, ".ts")}.ts`);
  if (existsSync(path)) throw new PiError("usage.command", `${path} is there already`, { hint: "Choose another name" });
  await createFileOperations().writeAtomic(path, template(basename(name, ".ts")));
  await host.stdout.write(`${path}\n`);
}

const template = (name: string): string => `import type { ExtensionAPI } from "@earendil-works/pi-coding-agent";
import { Type } from "typebox";

export default function (pi: ExtensionAPI) {
  pi.registerTool({
    name: "${name.replace(/[^A-Za-z0-9_-]/g, "_")}",
    label: "${name}",
    description: "Says what it was given.",
    parameters: Type.Object({ text: Type.String() }),
    async execute(_id, { text }) {
      return { content: [{ type: "text", text }], details: {} };
    },
  });

  pi.on("tool_call", (event) => {
    if (event.toolName === "bash" && String(event.input.command).includes("rm -rf /")) return { block: true, reason: "Not that." };
  });
}
`;
