// What was said on the command line that stands for a setting: the topmost layer of the configuration. Called by resolve-run.
// Invariant: which option stands for which setting is told by its record, and checked as the setting is.

import { checkValue, parseValue } from "../config/setting-values.ts";
import { findSetting, findVariable, settings } from "../config/settings.ts";
import { parseDuration } from "../contracts/duration.ts";
import { PiError } from "../contracts/error.ts";
import { nearestName } from "../contracts/nearest.ts";
import { type OptionRecord, recordOf, type Said, valueSaid } from "./options.ts";

/** Dotted key to value, as a file would hold it; `path` makes one absolute. */
export function settingsSaid(said: Said, path: (text: string) => string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const text of said.options.get("--set") ?? []) {
    const equals = text.indexOf("=");
    const key = text.slice(0, Math.max(equals, 0));
    if (equals < 1) throw badValue("--set", text, "KEY=VALUE", "For example --set retry.max_retries=5");
    values[key] = namedValue(key, text.slice(equals + 1), path);
  }
  for (const [name, written] of said.options) {
    const record = recordOf(name);
    if (record?.setting !== undefined) values[record.setting] = settingValue(record, record.setting, written, path);
  }
  const { modelMs } = stallSaid(said);
  return modelMs === undefined ? values : { ...values, "network.idle_timeout_ms": modelMs };
}

/** `--stall model=90s,tool=30m`, of which the first stands for a setting. */
export function stallSaid(said: Said): { modelMs?: number; toolMs?: number } {
  const limits: { modelMs?: number; toolMs?: number } = {};
  for (const part of valueSaid(said, "--stall")?.split(",") ?? []) {
    const [name, text = ""] = part.split("=", 2);
    if (name !== "model" && name !== "tool")
      throw new PiError("usage.bad_value", `--stall ${JSON.stringify(part)} is neither model=… nor tool=…`, {
        hint: "For example --stall model=90s,tool=30m",
      });
    const ms = parseDuration(text);
    if (ms === undefined) throw badValue(`--stall ${name}`, text, "a duration", "For example 90s, 10m or 1h30m");
    limits[name === "model" ? "modelMs" : "toolMs"] = ms;
  }
  return limits;
}

function settingValue({ name, kind }: OptionRecord, key: string, written: readonly string[], path: (text: string) => string): unknown {
  const type = findSetting(key)?.type;
  if (type === undefined) throw new Error(`${name} stands for ${key}, which is no setting`);
  if (kind === "flag") return true;
  if (kind === "list") return [...written];
  const text = written.at(-1) ?? "";
  if (type.kind === "path") return path(text);
  const value = parseValue(type, text);
  const checked = checkValue(type, value, { cwd: "/", homeDir: "/", fileDir: "/" });
  if (checked.ok) return value;
  const example = type.kind === "duration" ? "90s, 10m or 1h30m" : `${name} ${type.kind === "count" ? 20 : 0.5}; 0 means no limit`;
  throw badValue(name, text, type.kind === "duration" ? "a duration" : checked.expected, `For example ${example}`);
}

function namedValue(key: string, text: string, path: (text: string) => string): unknown {
  const variable = findVariable(key);
  const type = variable?.record.type ?? findSetting(key)?.type;
  if (type === undefined) {
    const near = nearestName(
      key,
      settings.map((one) => one.key),
    );
    throw badValue("--set", key, "a setting", near === undefined ? "pi config show lists them" : `Did you mean ${near}?`);
  }
  if (type.kind === "path" && text !== "") return path(text);
  const value = variable === undefined ? parseValue(type, text) : { [variable.name]: text };
  if (type.kind === "paths" && Array.isArray(value)) return value.map((one: string) => (/^[!+-]/.test(one) ? one : path(one)));
  const checked = checkValue(type, value, { cwd: "/", homeDir: "/", fileDir: "/" });
  if (checked.ok) return variable === undefined ? value : text;
  throw badValue(`--set ${key}`, text, checked.expected, "pi config show shows what is in force");
}

function badValue(where: string, text: string, expected: string, hint: string): PiError {
  return new PiError("usage.bad_value", `${where} ${JSON.stringify(text)} is not ${expected}`, { hint });
}
