// Settings that a caller of the library gives; names follow the npm agent's (camelCase, nested). Exported by `pi`.
// Invariant: nothing is written to a file: what is set here holds for the sessions that are made with it.

import { loadConfig } from "../config/load-config.ts";
import { LayerMerger } from "../config/merge-layers.ts";
import { npmAgentSettings } from "../config/npm-agent.ts";
import { type SettingRecord, type Settings, settings } from "../config/settings.ts";
import { PiError } from "../contracts/error.ts";
import type { ThinkingLevel } from "../contracts/model.ts";
import { nearestName } from "../contracts/nearest.ts";
import { surroundings } from "./places.ts";

/**
 * Any part of the settings, such as `{ retry: { enabled: false } }`; docs/configuration has the table. The npm agent's names for them
 * (`defaultModel` with `defaultProvider`, `defaultThinkingLevel`, `httpIdleTimeoutMs`) are understood as well.
 */
export interface SettingsTree {
  [name: string]: unknown;
}

export class SettingsManager {
  /** Whether configuration files count. */
  readonly readsFiles: boolean;
  /** Where they lie, when that was said. */
  readonly agentDir: string | undefined;
  readonly #cwd: string | undefined;
  #overrides: Record<string, unknown> = {};
  /** Of the files and the environment, once they have been read. */
  #found: Settings | undefined;

  private constructor(readsFiles: boolean, cwd?: string, agentDir?: string) {
    this.readsFiles = readsFiles;
    this.#cwd = cwd;
    this.agentDir = agentDir;
  }

  /** The configuration files, read when a session is created, or by `reload`; `applyOverrides` wins over them. */
  static create(cwd?: string, agentDir?: string): SettingsManager {
    return new SettingsManager(true, cwd, agentDir);
  }

  /** These, and defaults for the rest: no file is read. @throws PiError `config.unknown_key`, `config.wrong_type`. */
  static inMemory(tree: SettingsTree = {}): SettingsManager {
    const manager = new SettingsManager(false);
    manager.applyOverrides(tree);
    return manager;
  }

  /** @throws PiError `config.unknown_key`, `config.wrong_type`. */
  applyOverrides(tree: SettingsTree): void {
    const overrides = { ...this.#overrides, ...flattened(tree) };
    valuesOf(overrides);
    this.#overrides = overrides;
  }

  /** By the dotted key of the configuration file. */
  get overrides(): Readonly<Record<string, unknown>> {
    return this.#overrides;
  }

  /** Reads the files, so that what is asked here knows of them. Rejects with `config.syntax`, `config.wrong_type`. */
  async reload(): Promise<void> {
    if (!this.readsFiles) return;
    const given = {
      ...(this.#cwd === undefined ? {} : { cwd: this.#cwd }),
      ...(this.agentDir === undefined ? {} : { agentDir: this.agentDir }),
    };
    this.#found = (await loadConfig(surroundings(given))).values;
  }

  /** All, with durations in ms and paths absolute: what was set here, what `reload` has found, defaults for the rest. */
  getSettings(): Settings {
    const own = valuesOf(this.#overrides);
    if (this.#found === undefined) return own;
    const all = structuredClone(this.#found);
    for (const key of Object.keys(this.#overrides)) {
      const path = (settings.find((one) => one.key === key)?.property ?? key).split(".");
      put(all as unknown as SettingsTree, path, at(own as unknown as SettingsTree, path));
    }
    return all;
  }

  /** What has been set here, nested as it is given. */
  getGlobalSettings(): SettingsTree {
    const tree: SettingsTree = {};
    for (const [key, value] of Object.entries(this.#overrides)) {
      put(tree, (settings.find((one) => one.key === key)?.property ?? key).split("."), value);
    }
    return tree;
  }

  getDefaultModel(): string | undefined {
    return this.getSettings().model;
  }

  setDefaultModel(model: string): void {
    this.applyOverrides({ model });
  }

  setDefaultModelAndProvider(provider: string, modelId: string): void {
    this.applyOverrides({ model: `${provider}/${modelId}` });
  }

  getDefaultThinkingLevel(): ThinkingLevel {
    return this.getSettings().thinking;
  }

  setDefaultThinkingLevel(level: string): void {
    this.applyOverrides({ thinking: level });
  }

  /** Patterns; nothing where cycling goes through all models. */
  getEnabledModels(): string[] | undefined {
    const { models } = this.getSettings();
    return models.length === 0 ? undefined : models;
  }

  setEnabledModels(patterns: readonly string[] | undefined): void {
    this.applyOverrides({ models: [...(patterns ?? [])] });
  }

  getDefaultTools(): string[] {
    return this.getSettings().tools.enabled;
  }

  getCompactionEnabled(): boolean {
    return this.getSettings().compaction.enabled;
  }

  setCompactionEnabled(enabled: boolean): void {
    this.applyOverrides({ compaction: { enabled } });
  }

  /** Tokens. */
  getCompactionReserveTokens(): number {
    return this.getSettings().compaction.reserveTokens;
  }

  /** Tokens. */
  getCompactionKeepRecentTokens(): number {
    return this.getSettings().compaction.keepRecentTokens;
  }

  getCompactionSettings(): Settings["compaction"] {
    return this.getSettings().compaction;
  }

  getRetryEnabled(): boolean {
    return this.getSettings().retry.enabled;
  }

  setRetryEnabled(enabled: boolean): void {
    this.applyOverrides({ retry: { enabled } });
  }

  getRetrySettings(): Settings["retry"] {
    return this.getSettings().retry;
  }

  getHttpIdleTimeoutMs(): number {
    return this.getSettings().network.idleTimeoutMs;
  }

  setHttpIdleTimeoutMs(timeoutMs: number): void {
    this.applyOverrides({ network: { idleTimeoutMs: timeoutMs } });
  }

  getShellPath(): string | undefined {
    return this.getSettings().shell.path;
  }

  setShellPath(path: string): void {
    this.applyOverrides({ shell: { path } });
  }

  getShellCommandPrefix(): string | undefined {
    return this.getSettings().shell.commandPrefix || undefined;
  }

  setShellCommandPrefix(prefix: string | undefined): void {
    this.applyOverrides({ shell: { commandPrefix: prefix ?? "" } });
  }

  getSessionDir(): string | undefined {
    return this.getSettings().sessionDir;
  }

  getSkillPaths(): string[] {
    return this.getSettings().resources.skills;
  }

  getPromptTemplatePaths(): string[] {
    return this.getSettings().resources.prompts;
  }

  getExtensionPaths(): string[] {
    return this.getSettings().resources.extensions;
  }

  /** Nothing is written: what is set here holds for the sessions made with it. */
  async flush(): Promise<void> {}

  /** There is nothing that could fail later. */
  drainErrors(): { scope: "global" | "project"; error: Error }[] {
    return [];
  }
}

/** @throws PiError `config.wrong_type`. */
function valuesOf(overrides: Readonly<Record<string, unknown>>): Settings {
  const { cwd, homeDir } = surroundings();
  const merger = new LayerMerger({ cwd, homeDir, strict: false });
  merger.add({ kind: "command line", tree: {}, flat: { ...overrides } });
  return merger.values();
}

function at(tree: SettingsTree, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (inner as SettingsTree | undefined)?.[name], tree);
}

function put(tree: SettingsTree, path: readonly string[], value: unknown): void {
  let table = tree;
  for (const name of path.slice(0, -1)) {
    table[name] ??= {};
    table = table[name] as SettingsTree;
  }
  table[path.at(-1) ?? ""] = value;
}

function flattened(tree: SettingsTree): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  const visit = (value: unknown, path: string): void => {
    const record = settings.find((one) => one.property === path || one.key === path || one.key === npmAgentSettings[path]);
    if (record !== undefined) flat[record.key] = asWritten(record, value);
    else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value)) visit(inner, path === "" ? name : `${path}.${name}`);
    } else throw unknownSetting(path);
  };
  const { defaultProvider, defaultModel, ...rest } = tree;
  if (defaultModel !== undefined) flat.model = defaultProvider === undefined ? defaultModel : `${defaultProvider}/${defaultModel}`;
  visit(rest, "");
  return flat;
}

function asWritten(record: SettingRecord, value: unknown): unknown {
  return record.type.kind === "duration" && typeof value === "number" ? `${value}ms` : value;
}

function unknownSetting(path: string): PiError {
  const near = nearestName(
    path,
    settings.map((one) => one.property),
  );
  return new PiError("config.unknown_key", `Unknown setting: ${path}`, near === undefined ? {} : { hint: `Did you mean ${near}?` });
}
