// `pi models` and `--list-models`: what can be used, as a table or as JSON, and `pi models refresh`. Called by cli/main.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, loadConfig } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import { type Model, publicModel } from "../../contracts/model.ts";
import { fuzzyScore } from "../../harness/models/match-models.ts";
import { ModelRegistry } from "../../harness/models/model-registry.ts";
import type { Host } from "../../platform/host.ts";
import { absolutePath, agentDirectory } from "../../platform/paths.ts";
import { baseUrlVariables } from "../../providers/vendors.ts";
import { isMeantAlone, runSubcommands } from "./subcommands.ts";

interface Flags {
  json?: boolean;
  all?: boolean;
  providers?: boolean;
  approve?: boolean;
  from?: string;
}

export async function run(args: readonly string[], host: Host): Promise<number> {
  return runSubcommands("models", args, host, (program, exit) => {
    program.description("The models there are.");
    isMeantAlone(program.command("list", { isDefault: true }))
      .description("models of providers that have a credential")
      .argument("[search...]")
      .option("--json", "as JSON")
      .option("--all", "of every provider")
      .option("--providers", "the providers themselves: where their keys are looked for, and whether there is one")
      .option("-a, --approve", "with this project's .pi, as if trusted")
      .action(async (search: string[], flags: Flags) => {
        const options = { ...flags, search: search.join(" ") };
        const found = await (flags.providers ? listProviders(host, options) : listModels(host, options));
        // As grep does.
        exit(found === 0 && search.length > 0 ? 1 : 0);
      });
    program
      .command("refresh")
      .description("fetch new facts from models.dev into the agent directory")
      .option("--from <url-or-file>", "another list in the same format")
      .option("--json", "as JSON")
      .action((flags: Flags) => refresh(host, flags));
  });
}

export interface ListOptions {
  search?: string;
  json?: boolean;
  /** Of providers without a credential too. */
  all?: boolean;
  approve?: boolean;
}

/** The whole of `--list-models [SEARCH]`. How many there were. */
export async function listModels(host: Host, options: ListOptions): Promise<number> {
  const { config, registry } = await withExtensions(await openRegistry(host, options.approve), host, options.approve ? ["--approve"] : []);
  const cannot = (id: string, error: unknown): void =>
    void host.stderr.write(`Warning: ${id} cannot say which models it has: ${messageOf(error)}\n`);
  if (!config.values.network.offline) await registry.refreshModels(AbortSignal.timeout(listMs), cannot);
  for (const warning of config.warnings) await host.stderr.write(`Warning: ${warning}\n`);
  const listed = options.all ? registry.providers().flatMap((id) => registry.models(id)) : registry.available();
  const models = options.search ? listed.filter((model) => fuzzyScore(options.search ?? "", model) > 0) : listed;
  if (options.json) {
    await host.stdout.write(`${JSON.stringify(models.map(publicModel), null, 2)}\n`);
    return models.length;
  }
  if (models.length > 0) await host.stdout.write(modelTable(models));
  else if (options.search) await host.stderr.write(`No models matching "${options.search}".\n`);
  else await host.stderr.write("No models available: set a provider's API key, for example ANTHROPIC_API_KEY, or try --model demo.\n");
  return models.length;
}

/** Which variable holds whose key, and who has one. How many there were. */
async function listProviders(host: Host, { search = "", json, approve }: ListOptions): Promise<number> {
  const { config, registry } = await withExtensions(await openRegistry(host, approve), host, approve ? ["--approve"] : []);
  for (const warning of config.warnings) await host.stderr.write(`Warning: ${warning}\n`);
  const providers = registry
    .providers()
    .map((id) => ({
      id,
      variables: registry.variablesOf(id),
      credential: registry.credentialSource(id),
      models: registry.models(id).length,
    }))
    .filter(({ id, variables }) => [id, ...variables].some((text) => text.toLowerCase().includes(search.toLowerCase())));
  if (json) {
    await host.stdout.write(
      `${JSON.stringify(
        providers.map((one) => ({ ...one, credential: one.credential ?? null })),
        null,
        2,
      )}\n`,
    );
    return providers.length;
  }
  const rows = providers.map(({ id, variables, credential, models }) => [
    id,
    credential ?? "-",
    String(models),
    variables.join(" ") || "-",
  ]);
  if (rows.length > 0) await host.stdout.write(table([["provider", "credential", "models", "variables"], ...rows]));
  else await host.stderr.write(`No providers matching "${search}".\n`);
  return providers.length;
}

/** Columns `provider model context max-out thinking images`, padded, two blanks between. */
function modelTable(models: readonly Model[]): string {
  const rows = [
    ["provider", "model", "context", "max-out", "thinking", "images"],
    ...models.map((model) => [
      model.provider,
      model.id,
      shortCount(model.contextWindow),
      shortCount(model.maxTokens),
      model.reasoning ? "yes" : "no",
      model.input.includes("image") ? "yes" : "no",
    ]),
  ];
  return table(rows);
}

/** Two blanks between the columns. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** 200000 is `200K`, 1048576 `1.0M`. */
function shortCount(tokens: number): string {
  for (const [unit, letter] of [
    [1_000_000, "M"],
    [1_000, "K"],
  ] as const) {
    if (tokens >= unit) return `${tokens % unit === 0 ? tokens / unit : (tokens / unit).toFixed(1)}${letter}`;
  }
  return String(tokens);
}

async function refresh(host: Host, flags: Flags): Promise<void> {
  const { config, agentDir } = await openRegistry(host);
  const { modelsDevUrl, refreshCatalog } = await import("../../harness/models/refresh-catalog.ts");
  const { catalogCacheDirectory, catalogModels, embeddedProviders } = await import("../../providers/catalog.ts");
  const source =
    flags.from === undefined || /^https?:\/\//.test(flags.from) ? flags.from : absolutePath(flags.from, host.cwd, host.homeDir);
  if (config.values.network.offline && (source === undefined || source.startsWith("http"))) {
    throw new PiError("usage.offline", "The catalogue cannot be refreshed offline.", {
      hint: "Unset PI_OFFLINE, or give a file with --from.",
    });
  }
  const { createFetch } = await import("../../platform/network/fetch.ts");
  const { createFileOperations } = await import("../../platform/files/files.ts");
  const cacheDir = catalogCacheDirectory(agentDir);
  const refreshed = await refreshCatalog({
    source: source ?? modelsDevUrl,
    providers: embeddedProviders,
    models: (provider) => catalogModels(provider, cacheDir),
    targetDir: cacheDir,
    fetch: await createFetch({ env: host.env, proxy: config.values.network.proxy, caFile: config.values.network.caFile }),
    readTextFile: (path) => readFile(path, "utf8"),
    writeAtomic: createFileOperations().writeAtomic,
    signal: AbortSignal.timeout(60_000),
  });
  if (flags.json) {
    await host.stdout.write(`${JSON.stringify(refreshed, null, 2)}\n`);
    return;
  }
  for (const { provider, models, added, changed } of refreshed) {
    const file = join(cacheDir, `${provider}.json`);
    await host.stdout.write(`${provider}: ${models} models, ${added.length} new, ${changed.length} changed (${file})\n`);
  }
  if (refreshed.length === 0) await host.stderr.write(`${source ?? modelsDevUrl} knows none of our providers; nothing changed.\n`);
}

/** How long a provider may take to say which models it has. */
const listMs = 5000;

/** With the providers that extensions register at a start with these options; one that fails is a warning. */
export async function withExtensions<T extends { config: Config; registry: ModelRegistry }>(
  opened: T,
  host: Host,
  said: readonly string[],
): Promise<T> {
  const { parseOptions } = await import("../options.ts");
  const { resolveRun } = await import("../resolve-run.ts");
  const { options, extensions } = await resolveRun(parseOptions(said), host);
  const warn = (line: string): void => void host.stderr.write(`Warning: ${line}\n`);
  const loaded = await extensions.load(options, opened.config, { reload: false, warn, collects: true });
  for (const { path, error } of loaded?.errors ?? []) warn(`The extension ${path} is left out: ${error}`);
  if (loaded === undefined || loaded.runtime.providers.length === 0) return opened;
  const { changeProvider } = await import("../../harness/extensions/extension-provider.ts");
  for (const change of loaded.runtime.providers) {
    const failed = (error: unknown): void => warn(`${change.extensionPath}: ${messageOf(error)}`);
    try {
      changeProvider(change, opened.registry, { failed });
    } catch (error) {
      failed(error);
    }
  }
  await opened.registry.learned();
  return opened;
}

/** Also for completion and `pi auth`. `approve`: whether this project's `.pi` counts; absent: as it was decided. */
export async function openRegistry(host: Host, approve?: boolean): Promise<{ agentDir: string; config: Config; registry: ModelRegistry }> {
  const agentDir = agentDirectory(host.env, host.homeDir, host.cwd);
  const config = await loadConfig({
    agentDir,
    cwd: host.cwd,
    homeDir: host.homeDir,
    env: host.env,
    baseUrlVariables: baseUrlVariables(),
    ...defined({ approve }),
  });
  const registry = new ModelRegistry({ config, env: host.env, agentDir, cwd: host.cwd, now: () => host.now() });
  return { agentDir, config, registry };
}
