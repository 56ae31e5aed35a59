// Settings as callers of the library write them (camelCase, nested), and by the dotted keys of the configuration file. Used by
// settings-manager and user-settings. Invariant: what has a dotted key here is a setting that there is.

import { LayerMerger } from "../../config/merge-layers.ts";
import { npmAgentSettings, npmAgentValue } from "../../config/npm-agent.ts";
import type { SettingRecord } from "../../config/setting-type.ts";
import { tablesAsWritten } from "../../config/setting-values.ts";
import { findSetting, type Settings, settings } from "../../config/settings.ts";
import { PiError } from "../../contracts/error.ts";
import { nearestName } from "../../contracts/nearest.ts";
import { surroundings } from "./places.ts";

/**
 * Any part of the settings, such as `{ retry: { enabled: false } }`; docs/configuration has the table. The npm agent's names for them
 * (`defaultModel` with `defaultProvider`, `defaultThinkingLevel`, `httpIdleTimeoutMs`) are understood as well.
 */
export interface SettingsTree {
  [name: string]: unknown;
}

/** By dotted key. */
export type FlatSettings = Readonly<Record<string, unknown>>;

/** @throws PiError `config.unknown_key`. */
export function flatSettings(tree: SettingsTree): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  const visit = (value: unknown, path: string): void => {
    const record = settings.find((one) => one.property === path || one.key === path || one.key === npmAgentSettings[path]);
    if (record !== undefined) flat[record.key] = asWritten(record, npmAgentValue(path, value));
    else if (isTable(value)) {
      for (const [name, inner] of Object.entries(value)) visit(inner, path === "" ? name : `${path}.${name}`);
    } else throw unknownSetting(path);
  };
  const { defaultProvider, defaultModel, ...rest } = tree;
  if (defaultModel !== undefined) flat.model = defaultProvider === undefined ? defaultModel : `${defaultProvider}/${defaultModel}`;
  visit(rest, "");
  return flat;
}

/** What a configuration file says of settings; the rest (providers, unknown keys) is the loader's business. */
export function settingsIn(table: Readonly<Record<string, unknown>>, prefix = ""): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(table)) {
    const key = `${prefix}${name}`;
    if (findSetting(key) !== undefined) flat[key] = value;
    else if (isTable(value)) Object.assign(flat, settingsIn(value, `${key}.`));
  }
  return flat;
}

export function nestedSettings(flat: FlatSettings): SettingsTree {
  const tree: SettingsTree = {};
  for (const [key, value] of Object.entries(flat)) put(tree, propertyPath(key), value);
  return tree;
}

/** All settings: these over `found`, or over the defaults. @throws PiError `config.wrong_type`. */
export function valuesOf(flat: FlatSettings, found?: Settings): Settings {
  const { cwd, homeDir } = surroundings();
  const merger = new LayerMerger({ cwd, homeDir, strict: false });
  merger.add({ kind: "command line", tree: {}, flat: { ...flat } });
  const own = merger.values();
  if (found === undefined) return own;
  const all = structuredClone(found);
  for (const path of Object.keys(flat).map(propertyPath))
    put(all as unknown as SettingsTree, path, at(own as unknown as SettingsTree, path));
  return all;
}

function propertyPath(key: string): string[] {
  return (findSetting(key)?.property ?? key).split(".");
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

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asWritten(record: SettingRecord, value: unknown): unknown {
  if (record.type.kind === "tables") return tablesAsWritten(value);
  return record.type.kind === "duration" && typeof value === "number" ? `${value}ms` : value;
}

function unknownSetting(path: string): PiError {
  const near = nearestName(
    path,
    settings.map((one) => one.property),
  );
  return new PiError("config.unknown_key", `Unknown setting: ${path}`, near === undefined ? {} : { hint: `Did you mean ${near}?` });
}
