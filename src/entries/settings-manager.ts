// Settings that a caller of the library gives, and those of the user's file; names follow the npm agent's (camelCase, nested). Exported by
// `pi`. Invariant: what is set here holds at once; what is also stored is stored in order, and a failure of it is kept until it is asked for.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { userConfigFile } from "../config/load-config.ts";
import { loadNpmAgentFiles, settingsFromNpmAgent } from "../config/npm-agent.ts";
import { findSetting, type SettingRecord, settings } from "../config/settings.ts";
import { PiError } from "../contracts/error.ts";
import { nearestName } from "../contracts/nearest.ts";
import { surroundings } from "./places.ts";

/** Any part of the settings, such as `{ retry: { enabled: false } }`; docs/configuration has the table. */
export interface SettingsTree {
  [name: string]: unknown;
}

export interface SettingsError {
  scope: "global" | "project";
  path?: string;
  error: Error;
}

export class SettingsManager {
  /** Whether configuration files count. */
  readonly readsFiles: boolean;
  /** Where setters store. */
  readonly #agentDir: string | undefined;
  #overrides: Record<string, unknown> = {};
  #writing: Promise<void> = Promise.resolve();
  #errors: SettingsError[] = [];

  private constructor(agentDir: string | undefined) {
    this.readsFiles = agentDir !== undefined;
    this.#agentDir = agentDir;
  }

  /** The configuration files, read when a session is created; `applyOverrides` wins over them. */
  static create(cwd?: string, agentDir?: string): SettingsManager {
    const place = surroundings({ ...(cwd === undefined ? {} : { cwd }), ...(agentDir === undefined ? {} : { agentDir }) });
    return new SettingsManager(place.agentDir);
  }

  /** These, and defaults for the rest: no file is read or written. */
  static inMemory(tree: SettingsTree = {}): SettingsManager {
    const manager = new SettingsManager(undefined);
    manager.applyOverrides(tree);
    return manager;
  }

  /** For this process; the names of the npm agent's settings are known, too. @throws PiError `config.unknown_key`. */
  applyOverrides(tree: SettingsTree): void {
    this.#overrides = { ...this.#overrides, ...flattened(settingsFromNpmAgent(tree)) };
  }

  /** By the dotted key of the configuration file. */
  get overrides(): Readonly<Record<string, unknown>> {
    return this.#overrides;
  }

  /** What the user's files say (of this process alone: what was set in memory), nested, without defaults. A file that cannot be read is an error of `drainErrors`. */
  getGlobalSettings(): SettingsTree {
    if (this.#agentDir === undefined) return treeOf(this.#overrides);
    const flat: Record<string, unknown> = {};
    for (const { file, tree, problem } of loadNpmAgentFiles(this.#agentDir)) {
      if (problem === undefined) collect(tree, "", flat);
      else this.#failed(file, new PiError("config.syntax", `${file}: ${problem}`));
    }
    collect(this.#userFile(this.#agentDir), "", flat);
    return treeOf(flat);
  }

  /** In force at once, and stored in the user's file (`flush` waits for that) unless settings are kept in memory. */
  setDefaultThinkingLevel(level: string): void {
    this.#set("thinking", level);
  }

  setDefaultModelAndProvider(provider: string, modelId: string): void {
    this.#set("model", `${provider}/${modelId}`);
  }

  setCompactionEnabled(enabled: boolean): void {
    this.#set("compaction.enabled", enabled);
  }

  setRetryEnabled(enabled: boolean): void {
    this.#set("retry.enabled", enabled);
  }

  /** Resolves when everything set so far is stored, or has failed. */
  flush(): Promise<void> {
    return this.#writing;
  }

  /** What has gone wrong since the last time. */
  drainErrors(): SettingsError[] {
    return this.#errors.splice(0);
  }

  #set(key: string, value: unknown): void {
    this.#overrides = { ...this.#overrides, [key]: value };
    if (this.#agentDir === undefined) return;
    const file = userConfigFile(this.#agentDir);
    this.#writing = this.#writing
      .then(async () => {
        const { saveChange } = await import("../config/change-config.ts");
        const { createFileOperations } = await import("../platform/files.ts");
        await saveChange(file, { path: key.split("."), value }, createFileOperations().writeAtomic);
      })
      .catch((error: unknown) => this.#failed(file, error));
  }

  #userFile(agentDir: string): Record<string, unknown> {
    const file = userConfigFile(agentDir);
    try {
      const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
      // At once, since this answers at once, and only where there is such a file.
      const { parse } = createRequire(import.meta.url)("smol-toml") as typeof import("smol-toml");
      return parse(text);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return {};
      // The parser quotes the file, which may hold a key.
      const said = code === undefined ? "not valid TOML" : `cannot be read: ${code}`;
      this.#failed(file, new PiError("config.syntax", `${file}: ${said}`));
      return {};
    }
  }

  #failed(path: string, error: unknown): void {
    this.#errors.push({ scope: "global", path, error: error instanceof Error ? error : new Error(String(error)) });
  }
}

/** What a file says of settings that there are; the rest (providers, unknown keys) is the loader's business. */
function collect(tree: Record<string, unknown>, prefix: string, flat: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(tree)) {
    const key = prefix === "" ? name : `${prefix}.${name}`;
    if (findSetting(key) !== undefined) flat[key] = value;
    else if (isTable(value)) collect(value, key, flat);
  }
}

function treeOf(flat: Readonly<Record<string, unknown>>): SettingsTree {
  const tree: SettingsTree = {};
  for (const [key, value] of Object.entries(flat)) {
    const names = (findSetting(key)?.property ?? key).split(".");
    const last = names.pop() ?? key;
    let table = tree;
    for (const name of names) {
      table[name] ??= {};
      table = table[name] as SettingsTree;
    }
    table[last] = value;
  }
  return tree;
}

function flattened(tree: SettingsTree): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  const visit = (value: unknown, path: string): void => {
    const record = settings.find((one) => one.property === path || one.key === path);
    if (record !== undefined) flat[record.key] = asWritten(record, value);
    else if (isTable(value)) {
      for (const [name, inner] of Object.entries(value)) visit(inner, path === "" ? name : `${path}.${name}`);
    } else throw unknownSetting(path);
  };
  visit(tree, "");
  return flat;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
