// Settings that a caller of the library gives; names follow the npm agent's (camelCase, nested). Exported by `pi`.

import { type SettingRecord, settings } from "../config/settings.ts";
import { PiError } from "../contracts/error.ts";
import { nearestName } from "../contracts/nearest.ts";

/** Any part of the settings, such as `{ retry: { enabled: false } }`; docs/configuration has the table. */
export interface SettingsTree {
  [name: string]: unknown;
}

export class SettingsManager {
  /** Whether configuration files count. */
  readonly readsFiles: boolean;
  #overrides: Record<string, unknown> = {};

  private constructor(readsFiles: boolean) {
    this.readsFiles = readsFiles;
  }

  /** The configuration files, read when a session is created; `applyOverrides` wins over them. */
  static create(_cwd?: string, _agentDir?: string): SettingsManager {
    return new SettingsManager(true);
  }

  /** These, and defaults for the rest: no file is read. */
  static inMemory(tree: SettingsTree = {}): SettingsManager {
    const manager = new SettingsManager(false);
    manager.applyOverrides(tree);
    return manager;
  }

  /** @throws PiError `config.unknown_key`. */
  applyOverrides(tree: SettingsTree): void {
    this.#overrides = { ...this.#overrides, ...flattened(tree) };
  }

  /** By the dotted key of the configuration file. */
  get overrides(): Readonly<Record<string, unknown>> {
    return this.#overrides;
  }

  setDefaultThinkingLevel(level: string): void {
    this.applyOverrides({ thinking: level });
  }

  /** Nothing is written: what is set here holds for the sessions made with it. */
  async flush(): Promise<void> {}

  /** There is nothing that could fail later. */
  drainErrors(): { scope: "global" | "project"; error: Error }[] {
    return [];
  }
}

function flattened(tree: SettingsTree): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  const visit = (value: unknown, path: string): void => {
    const record = settings.find((one) => one.property === path || one.key === path);
    if (record !== undefined) flat[record.key] = asWritten(record, value);
    else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value)) visit(inner, path === "" ? name : `${path}.${name}`);
    } else throw unknownSetting(path);
  };
  visit(tree, "");
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
