// Merges the layers of configuration, lowest first: values by key, resource lists added up, providers field by field; remembers where each
// came from. Used by load-config alone. Invariant: a value that is wrong never takes effect.

import { dirname } from "node:path";
import { parseDuration } from "../contracts/duration.ts";
import { PiError } from "../contracts/error.ts";
import type { ErrorCode } from "../contracts/error-codes.ts";
import { nearestName } from "../contracts/nearest.ts";
import { isTable, type ProviderSettings, type SettingOrigin } from "../contracts/provider-settings.ts";
import { mergeProviders, type Path, type ProblemReporter } from "./provider-settings.ts";
import type { SettingRecord } from "./setting-type.ts";
import { applySelection, type CheckedValue, checkValue } from "./setting-values.ts";
import { findSetting, findVariable, type PackageEntry, type Settings, settings } from "./settings.ts";
import { findInLayout, positionAt, tomlLayout } from "./toml-layout.ts";

export interface Layer {
  kind: Exclude<SettingOrigin["kind"], "default">;
  file?: string;
  /** For positions. */
  text?: string;
  variable?: string;
  tree: Record<string, unknown>;
  /** Dotted keys to values, for sources that are no file. */
  flat?: Record<string, unknown>;
}

/** One source's share of a list. */
export interface ListPart {
  kind: Layer["kind"];
  values: readonly string[];
}

export interface DeclaredPackage {
  kind: Layer["kind"];
  entry: PackageEntry;
}
/** A row as it was checked. */
type RowValue = { action?: string };

export interface MergeOptions {
  cwd: string;
  homeDir: string;
  strict: boolean;
  /** Collects what would be thrown. */
  problems?: PiError[];
}

export class LayerMerger {
  readonly warnings: string[] = [];
  readonly providers: Record<string, ProviderSettings> = Object.create(null) as Record<string, ProviderSettings>;
  readonly #options: MergeOptions;
  readonly #values = new Map<string, unknown>();
  readonly #layerOf = new Map<string, Layer>();
  readonly #packages: DeclaredPackage[] = [];
  readonly #parts = new Map<string, ListPart[]>();

  constructor(options: MergeOptions) {
    this.#options = options;
    for (const record of settings) if (record.default !== undefined) this.#values.set(record.key, defaultValue(record));
  }

  /** Each with the source that declares it. */
  get packages(): readonly DeclaredPackage[] {
    return this.#packages;
  }

  /** What each source says of a list that adds up. */
  parts(key: string): readonly ListPart[] {
    return this.#parts.get(key) ?? [];
  }

  /** The value in force so far. */
  current(key: string): unknown {
    return this.#values.get(key);
  }

  add(layer: Layer): void {
    const report = this.#reporter(layer);
    for (const [key, raw] of Object.entries(layer.tree)) {
      if (key !== "providers") this.#addTree(layer, [key], raw, report);
      else if (isTable(raw)) {
        mergeProviders(this.providers, raw, layer, report);
        this.#rememberProviders(raw, layer);
      } else report.wrongType(["providers"], "a table");
    }
    for (const [key, raw] of Object.entries(layer.flat ?? {})) {
      if (raw !== undefined) this.#addTree(layer, key.split("."), raw, report);
    }
  }

  values(): Settings {
    const root: Record<string, unknown> = {};
    let section = "";
    let table = root;
    for (const { key, property } of settings) {
      const dot = property.lastIndexOf(".");
      const above = property.slice(0, Math.max(dot, 0));
      // Settings of one section mostly stand together.
      if (above !== section) {
        section = above;
        table = tableAt(root, above);
      }
      if (this.#values.has(key)) table[property.slice(dot + 1)] = this.#values.get(key);
    }
    return root as unknown as Settings;
  }

  origin(key: string): SettingOrigin {
    const [above, below] = ["providers.", ".base_url"];
    const isBaseUrl = key.startsWith(above) && key.endsWith(below);
    const fromEnvironment = isBaseUrl ? this.providers[key.slice(above.length, -below.length)]?.baseUrl?.origin : undefined;
    if (fromEnvironment?.variable !== undefined) return fromEnvironment;
    const layer = this.#layerOf.get(key);
    if (layer === undefined) return { kind: "default" };
    const origin: SettingOrigin = { kind: layer.kind };
    if (layer.file !== undefined) origin.file = layer.file;
    if (layer.variable !== undefined) origin.variable = layer.variable;
    const line = positionIn(layer, key.split("."))?.line;
    if (line !== undefined) origin.line = line;
    return origin;
  }

  /** A file that is there but cannot be read is told of; a home one has no rights in is no reason to fail. */
  unreadable(file: string, reason: string): void {
    this.#complain("config.unreadable", `${file} cannot be read: ${reason}`);
  }

  #addTree(layer: Layer, path: string[], raw: unknown, report: ProblemReporter): void {
    const key = path.join(".");
    const record = findSetting(key);
    if (record !== undefined) {
      this.#set(layer, record, raw, report);
      return;
    }
    const variable = findVariable(key);
    if (variable !== undefined) {
      this.#set(layer, variable.record, { [variable.name]: raw }, report);
      return;
    }
    const above = `${key}.`;
    if (!settings.some((one) => one.key.startsWith(above))) {
      report.unknownKey(path, siblingNames(path));
      return;
    }
    if (!isTable(raw)) {
      report.wrongType(path, "a table");
      return;
    }
    for (const [name, value] of Object.entries(raw)) this.#addTree(layer, [...path, name], value, report);
  }

  #set(layer: Layer, record: SettingRecord, raw: unknown, report: ProblemReporter): void {
    const path = record.key.split(".");
    if (record.scope === "user" && layer.kind === "project") {
      report.forbidden(path, record.key);
      return;
    }
    const checked = this.#check(record, raw, layer);
    if (!checked.ok) {
      report.wrongType(path, checked.expected);
      return;
    }
    const { value } = checked;
    this.#layerOf.set(record.key, layer);
    // Empty text unsets what has no default, as it does for the environment's variables.
    if (raw === "" && record.default === undefined) {
      this.#values.delete(record.key);
      return;
    }
    const before = this.#values.get(record.key) as string[] | undefined;
    if (record.type.kind === "packages") {
      this.#packages.push(...(value as PackageEntry[]).map((entry) => ({ kind: layer.kind, entry })));
      this.#values.set(record.key, [...((before as unknown as PackageEntry[]) ?? []), ...(value as PackageEntry[])]);
    } else if (record.type.kind === "rows")
      this.#values.set(record.key, [...(before ?? []), ...this.#narrowing(layer, value as RowValue[], report, path)]);
    else if (record.type.kind === "paths") {
      this.#parts.set(record.key, [...this.parts(record.key), { kind: layer.kind, values: value as string[] }]);
      this.#values.set(record.key, [...new Set([...(before ?? []), ...(value as string[])])]);
    } else if (record.type.kind === "variables" || record.type.kind === "keys")
      this.#values.set(record.key, { ...(before ?? {}), ...(value as Record<string, unknown>) });
    else if (record.type.kind === "tables") this.#values.set(record.key, mergedTables(before, value));
    else if (record.type.kind === "selection") this.#values.set(record.key, applySelection(before ?? [], value as string[]));
    else this.#values.set(record.key, value);
  }

  #check(record: SettingRecord, raw: unknown, layer: Layer): CheckedValue {
    const { cwd, homeDir } = this.#options;
    return checkValue(record.type, raw, {
      cwd,
      homeDir,
      fileDir: layer.file === undefined ? cwd : dirname(layer.file),
      source: layer.file ?? layer.kind,
    });
  }

  /** A project may narrow what is allowed, and not widen it. */
  #narrowing(layer: Layer, rows: readonly RowValue[], report: ProblemReporter, path: Path): RowValue[] {
    const kept = rows.filter((row) => layer.kind !== "project" || row.action !== "allow");
    if (kept.length < rows.length) report.forbidden(path, "what is allowed");
    return kept;
  }

  #rememberProviders(table: Record<string, unknown>, layer: Layer): void {
    for (const [id, provider] of Object.entries(table)) {
      if (isTable(provider)) for (const name of Object.keys(provider)) this.#layerOf.set(`providers.${id}.${name}`, layer);
    }
  }

  #reporter(layer: Layer): ProblemReporter {
    const place = (path: Path): string => placeOf(layer, path);
    return {
      unknownKey: (path, known) => {
        if (layer.kind === "npm agent") return;
        const nearest = nearestName(String(path.at(-1)), known);
        const full = nearest === undefined ? undefined : [...path.slice(0, -1), nearest].join(".");
        this.#complain(
          "config.unknown_key",
          `${place(path)}: unknown setting ${path.join(".")}${full === undefined ? "" : `; did you mean ${full}?`}`,
        );
      },
      wrongType: (path, expected) => {
        const message = `${place(path)}: ${path.join(".")} must be ${expected}`;
        if (layer.kind !== "npm agent") {
          this.#fail(new PiError("config.wrong_type", `${message}.`));
          return;
        }
        this.warnings.push(`${message}; ignored.`);
      },
      forbidden: (path, what) => {
        this.#complain("config.forbidden", `${place(path)}: a project file may not set ${what}; ignored`);
      },
    };
  }

  #fail(error: PiError): void {
    if (this.#options.problems === undefined) throw error;
    this.#options.problems.push(error);
  }

  #complain(code: ErrorCode, message: string): void {
    const text = /[.?]$/.test(message) ? message : `${message}.`;
    if (this.#options.strict) this.#fail(new PiError(code, text));
    else this.warnings.push(text);
  }
}

/** Defaults are right by construction (a test reads each as a file would hold it): only what is kept in another form is read. */
function defaultValue(record: SettingRecord): unknown {
  if (Array.isArray(record.default)) return [...record.default];
  return record.type.kind === "duration" && typeof record.default === "string" ? parseDuration(record.default) : record.default;
}

/** The table of a section below `root`, made where it is not there; `""` is `root` itself. */
function tableAt(root: Record<string, unknown>, section: string): Record<string, unknown> {
  let table = root;
  for (const name of section === "" ? [] : section.split(".")) {
    table[name] ??= {};
    table = table[name] as Record<string, unknown>;
  }
  return table;
}

/** Of one name, the later source wins key by key. */
function mergedTables(before: unknown, tables: unknown): Record<string, unknown> {
  const merged = Object.assign(Object.create(null), before) as Record<string, object>;
  for (const [name, table] of Object.entries(tables as Record<string, object>)) merged[name] = { ...merged[name], ...table };
  return merged;
}

/** Names that may stand where the last part of the path stands. */
function siblingNames(path: readonly string[]): string[] {
  const above = path.slice(0, -1);
  const siblings = settings.map((one) => one.key.split(".")).filter((parts) => above.every((part, index) => parts[index] === part));
  const names = siblings.flatMap((parts) => parts[above.length] ?? []);
  return [...new Set(above.length === 0 ? [...names, "providers"] : names)];
}

function placeOf(layer: Layer, path: Path): string {
  if (layer.variable !== undefined) return layer.variable;
  if (layer.file === undefined) return layer.kind;
  const at = positionIn(layer, path);
  return at === undefined ? layer.file : `${layer.file}:${at.line}:${at.column}`;
}

function positionIn(layer: Layer, path: Path): { line: number; column: number } | undefined {
  if (layer.text === undefined) return undefined;
  const offset = findInLayout(tomlLayout(layer.text), path);
  return offset === undefined ? undefined : positionAt(layer.text, offset);
}
