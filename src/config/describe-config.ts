// Configuration as text for people and programs, without anything secret in it. Called by `pi config` and `pi inspect`.
// Invariant: keys, header values and passwords in URLs never appear; where a key comes from a variable, its name does.

import { isTable, type ProviderSettings, type SettingOrigin } from "../contracts/provider-settings.ts";
import { isCommand, isLiteral, variablesIn } from "../contracts/text/secret-text.ts";
import { withoutUrlSecrets } from "../contracts/text/url-secrets.ts";
import { looksLikeCredential } from "../platform/processes/child-env.ts";
import { formatTomlKey, formatTomlValue } from "./edit-toml.ts";
import { snakeCase } from "./key-spelling.ts";
import type { Config } from "./load-config.ts";
import { settings } from "./settings.ts";

export interface DescribedSetting {
  /** Dotted, as in a file. */
  key: string;
  /** As a file would hold it; absent: not set, and without a default. */
  value?: unknown;
  origin: SettingOrigin;
}

/** All settings in the order of the table, then what is configured of providers. */
export function describeConfig(config: Config): DescribedSetting[] {
  const plain = settings.map((record): DescribedSetting => {
    const value = record.property
      .split(".")
      .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], config.values);
    const described: DescribedSetting = { key: record.key, origin: config.origin(record.key) };
    if (value !== undefined)
      described.value =
        record.type.kind === "duration"
          ? durationText(value as number)
          : record.type.kind === "rows"
            ? (value as object[]).map(asWritten)
            : record.type.kind === "tables"
              ? Object.fromEntries(Object.entries(value as Record<string, object>).map(([name, table]) => [name, shown(asWritten(table))]))
              : shown(value);
    return described;
  });
  return [...plain, ...Object.values(config.providers).flatMap((provider) => describeProvider(provider, config))];
}

/** A row or a table as a file holds it. */
function asWritten(row: object): object {
  return Object.fromEntries(Object.entries(row).flatMap(([key, value]) => (key === "source" ? [] : [[snakeCase(key), value]])));
}

function describeProvider(provider: ProviderSettings, config: Config): DescribedSetting[] {
  const values: Record<string, unknown> = {
    name: provider.name,
    api: provider.api,
    base_url: withoutPassword(provider.baseUrl?.value),
    api_key: provider.apiKey === undefined ? undefined : hideSecret(provider.apiKey.value),
    auth_header: provider.authHeader || undefined,
    headers: nonEmpty(hideValues(provider.headers)),
    dialect: nonEmpty({ ...provider.dialect }),
    models: provider.models.length === 0 ? undefined : provider.models.map((model) => model.id),
    model_overrides: Object.keys(provider.modelOverrides).length === 0 ? undefined : Object.keys(provider.modelOverrides),
  };
  return Object.entries(values).flatMap(([name, value]) => {
    const key = `providers.${formatTomlKey(provider.id)}.${name}`;
    return value === undefined ? [] : [{ key, value, origin: config.origin(`providers.${provider.id}.${name}`) }];
  });
}

/** What may be shown of a secret: `$NAME` where it comes from a variable, else only that it is there. */
function hideSecret(written: string): string {
  if (isCommand(written)) return "<command>";
  const variables = variablesIn(written);
  return isLiteral(written) ? "<hidden>" : variables.map((name) => `$${name}`).join(" ");
}

/** One line of TOML; a comment where nothing is set. */
export function settingLine({ key, value }: DescribedSetting): string {
  return value === undefined ? `# ${key} is not set` : `${key} = ${formatTomlValue(value)}`;
}

function hideValues(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, written]) => [name, hideSecret(written)]));
}

/** Of a table of variables the names, and of those values that could be one's secrets nothing. */
function shown(value: unknown): unknown {
  if (!isTable(value)) return withoutPassword(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      isTable(one) ? shown(one) : typeof one === "string" && looksLikeCredential(name, one) ? "<hidden>" : one,
    ]),
  );
}

function withoutPassword(value: unknown): unknown {
  return typeof value === "string" ? withoutUrlSecrets(value, "<hidden>") : value;
}

function nonEmpty(table: Record<string, unknown>): Record<string, unknown> | undefined {
  return Object.keys(table).length === 0 ? undefined : table;
}

function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
