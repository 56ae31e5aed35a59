// The `[providers.<id>]` tables: servers, keys and models that the catalogue does not know or knows otherwise. Read by load-config from
// every layer and merged there. Invariant: a base URL set by a project file is marked, and then nothing that the user's own files say of
// that provider's credentials or headers is kept beside it.

import { isThinkingLevel, thinkingLevels } from "../contracts/model.ts";
import {
  type FlowEndpoints,
  isTable,
  type ModelSettings,
  type ProviderSettings,
  type SettingOrigin,
} from "../contracts/provider-settings.ts";
import { isLiteral } from "../contracts/text/secret-text.ts";
import { camelCase } from "./key-spelling.ts";

type FieldType =
  | "text"
  | "secret"
  | "boolean"
  | "count"
  | "amount"
  | "texts"
  | "headers"
  | "table"
  /** A table whose keys are the service's, and stay as they are written. */
  | "body"
  | "levels"
  | "cost"
  | "tiers"
  | "models"
  | "overrides"
  | "oauth"
  | "address";

export interface FieldRecord {
  key: string;
  type: FieldType;
  description: string;
}

const field = (key: string, type: FieldType, description: string): FieldRecord => ({ key, type, description });

/** Keys of a `[providers.<id>]` table. */
export const providerFields: readonly FieldRecord[] = [
  field("name", "text", "Name for people."),
  field("api", "text", "Wire format: anthropic-messages, openai-completions, openai-responses or google-generative-ai."),
  field("base_url", "text", "Where the service is."),
  field("api_key", "secret", 'Key: literal, "$ENV", or "!command" (its stdout).'),
  field("auth_header", "boolean", "Send the key as Authorization: Bearer."),
  field("headers", "headers", "Sent with every request; values are read as api_key is."),
  field("account", "text", "Name of the stored account that is used: NAME of PROVIDER#NAME in auth.json."),
  field("oauth", "oauth", "Addresses and client of your own sign-in; user file only."),
  field("dialect", "table", "What the server does differently from its wire format."),
  field("models", "models", "Models of the provider, beside those of the catalogue."),
  field("model_overrides", "overrides", "Changes to models of the catalogue, by id."),
];

/** Keys of a `[providers.<id>.oauth]` table. */
const oauthFields: readonly FieldRecord[] = [
  field("authorize_url", "address", "Where the browser goes."),
  field("token_url", "address", "Where codes and refresh tokens are exchanged."),
  field("device_url", "address", "Where a device flow begins."),
  field("base_url", "address", "Where the service is that the token is for."),
  field("exchange_url", "address", "github-copilot: where GitHub's token is exchanged."),
  field("jwks_url", "address", "openai: where the keys of ID tokens are."),
  field("issuer", "address", "openai: who signs ID tokens."),
  field("client_id", "text", "The client, as it is registered."),
  field("scope", "text", "What is asked for."),
];

/** Keys of a `[[providers.<id>.models]]` table. */
export const modelFields: readonly FieldRecord[] = [
  field("id", "text", "Id as the service knows it."),
  field("name", "text", "Name for people."),
  field("api", "text", "Wire format, where it differs from the provider's."),
  field("base_url", "text", "Where it differs from the provider's."),
  field("reasoning", "boolean", "Whether it thinks."),
  field("input", "texts", '"text", "image".'),
  field("context_window", "count", "Tokens."),
  field("max_tokens", "count", "Output tokens."),
  field("cost", "cost", "USD per million tokens: input, output, cache_read, cache_write, tiers."),
  field("thinking_levels", "levels", "Thinking level to the service's word for it; false: no such level."),
  field("headers", "headers", "Sent with every request to this model."),
  field("dialect", "table", "What differs from the provider's dialect."),
  field("sampling_params", "body", "Fields of every request of an OpenAI format, such as { top_k = 20 }."),
  field("sampling_params_by_thinking_level", "table", "Such fields by thinking level, over those."),
];

const priceFields: readonly FieldRecord[] = [
  field("input", "amount", ""),
  field("output", "amount", ""),
  field("cache_read", "amount", ""),
  field("cache_write", "amount", ""),
  field("tiers", "tiers", ""),
];

const tierFields: readonly FieldRecord[] = [...priceFields.slice(0, 4), field("input_tokens_above", "count", "")];

export type Path = (string | number)[];

/** What a layer's reader is told of; it decides whether that is an error or a warning and where it stands. */
export interface ProblemReporter {
  unknownKey(path: Path, known: readonly string[]): void;
  wrongType(path: Path, expected: string): void;
  /** Something a project file may not set. */
  forbidden(path: Path, what: string): void;
}

export interface ProviderLayer {
  kind: SettingOrigin["kind"];
  file?: string;
}

/** Reads the `providers` table of one layer into what it says; merges that into `providers`. */
export function mergeProviders(
  providers: Record<string, ProviderSettings>,
  table: Record<string, unknown>,
  layer: ProviderLayer,
  report: ProblemReporter,
): void {
  for (const [id, raw] of Object.entries(table)) {
    const path = ["providers", id];
    if (!isTable(raw)) {
      report.wrongType(path, "a table");
      continue;
    }
    const said = readFields(raw, providerFields, path, report, layer.kind === "project");
    providers[id] = mergeProvider(providers[id] ?? emptyProvider(id), said, layer);
  }
}

export function emptyProvider(id: string): ProviderSettings {
  return { id, authHeader: false, headers: record(), dialect: record(), models: [], modelOverrides: record() };
}

/** A base URL from an environment variable: the user's own word, so the user's keys may go there again. */
export function setBaseUrlFromEnvironment(provider: ProviderSettings, value: string, variable: string): ProviderSettings {
  const changed: ProviderSettings = { ...provider, baseUrl: { value, origin: { kind: "environment", variable } } };
  // A model's own base URL still counts, and may be the project's.
  if (!provider.models.some((model) => model.baseUrl !== undefined)) delete changed.projectBaseUrlFile;
  return changed;
}

function mergeProvider(before: ProviderSettings, said: Record<string, unknown>, layer: ProviderLayer): ProviderSettings {
  const origin: SettingOrigin = layer.file === undefined ? { kind: layer.kind } : { kind: layer.kind, file: layer.file };
  const models = said.models as ModelSettings[] | undefined;
  const movedByProject = layer.kind === "project" && (said.baseUrl !== undefined || models?.some((model) => model.baseUrl !== undefined));
  const kept = movedByProject ? withoutSecrets(before) : before;
  const merged: ProviderSettings = {
    ...kept,
    headers: record(kept.headers, said.headers),
    dialect: record(kept.dialect, said.dialect),
    models: models ?? kept.models,
    modelOverrides: record(kept.modelOverrides, said.modelOverrides),
  };
  if (typeof said.name === "string") merged.name = said.name;
  if (typeof said.api === "string") merged.api = said.api;
  if (typeof said.authHeader === "boolean") merged.authHeader = said.authHeader;
  if (typeof said.baseUrl === "string") merged.baseUrl = { value: said.baseUrl, origin };
  if (typeof said.apiKey === "string") merged.apiKey = { value: said.apiKey, origin };
  if (typeof said.account === "string") merged.account = said.account;
  if (said.oauth !== undefined) merged.oauth = { ...before.oauth, ...(said.oauth as FlowEndpoints) };
  if (movedByProject && layer.file !== undefined) merged.projectBaseUrlFile = layer.file;
  return merged;
}

function withoutSecrets(provider: ProviderSettings): ProviderSettings {
  const { apiKey: _key, ...rest } = provider;
  const bare = <T extends { headers?: Record<string, string> }>({ headers: _headers, ...model }: T): Omit<T, "headers"> => model;
  return {
    ...rest,
    headers: record(),
    models: provider.models.map((model) => bare(model) as ModelSettings),
    modelOverrides: record(Object.fromEntries(Object.entries(provider.modelOverrides).map(([id, model]) => [id, bare(model)]))),
  };
}

function readFields(
  table: Record<string, unknown>,
  fields: readonly FieldRecord[],
  path: Path,
  report: ProblemReporter,
  fromProject: boolean,
): Record<string, unknown> {
  const said: Record<string, unknown> = {};
  for (const [key, raw] of Object.entries(table)) {
    const known = fields.find((one) => one.key === key);
    const place = [...path, key];
    if (known === undefined) {
      report.unknownKey(
        place,
        fields.map((one) => one.key),
      );
      continue;
    }
    const value = readField(known.type, raw, place, report, fromProject);
    if (value !== undefined) said[known.key === "thinking_levels" ? "thinkingLevelMap" : camelCase(key)] = value;
  }
  return said;
}

function readField(type: FieldType, raw: unknown, path: Path, report: ProblemReporter, fromProject: boolean): unknown {
  const wrong = (expected: string): undefined => {
    report.wrongType(path, expected);
    return undefined;
  };
  switch (type) {
    case "text":
      return typeof raw === "string" ? raw : wrong("a string");
    case "secret":
      if (typeof raw !== "string") return wrong("a string");
      if (fromProject && raw.startsWith("!")) {
        report.forbidden(path, "a command that gives a key");
        return undefined;
      }
      return raw;
    case "boolean":
      return typeof raw === "boolean" ? raw : wrong("true or false");
    case "count":
      return Number.isSafeInteger(raw) && (raw as number) > 0 ? raw : wrong("a whole number from 1");
    case "amount":
      return typeof raw === "number" && raw >= 0 ? raw : wrong("a number from 0");
    case "texts":
      return Array.isArray(raw) && raw.every((item) => item === "text" || item === "image") ? raw : wrong('a list of "text" and "image"');
    case "headers":
      return isTable(raw) ? readHeaders(raw, path, report, fromProject) : wrong("a table of strings");
    case "table":
      return isTable(raw)
        ? record(Object.fromEntries(Object.entries(raw).map(([key, value]) => [camelCase(key), value])))
        : wrong("a table");
    case "body":
      return isTable(raw) ? record(raw) : wrong("a table");
    case "oauth":
      if (!isTable(raw)) return wrong("a table");
      if (fromProject) {
        report.forbidden(path, "where a sign-in goes");
        return undefined;
      }
      return readFields(raw, oauthFields, path, report, fromProject);
    case "address":
      return typeof raw === "string" && (raw.startsWith("$") || isSafeAddress(raw))
        ? raw
        : wrong("an https: address (http: of this machine) without user, password and fragment");
    case "levels":
      return isTable(raw) ? readLevels(raw, path, report) : wrong("a table");
    case "cost":
      return isTable(raw) ? readFields(raw, priceFields, path, report, fromProject) : wrong("a table");
    case "tiers":
      return readList(raw, path, report, (item, place) => readFields(item, tierFields, place, report, fromProject));
    case "models":
      return readList(raw, path, report, (item, place) => {
        const model = readFields(item, modelFields, place, report, fromProject);
        if (typeof model.id === "string" && model.id !== "") return model;
        report.wrongType([...place, "id"], "given, and a string");
        return undefined;
      });
    case "overrides":
      if (!isTable(raw)) return wrong("a table of tables");
      return record(
        Object.fromEntries(
          Object.entries(raw).flatMap(([id, item]) => {
            if (isTable(item)) return [[id, readFields(item, overrideFields(), [...path, id], report, fromProject)]];
            report.wrongType([...path, id], "a table");
            return [];
          }),
        ),
      );
  }
}

function isSafeAddress(text: string): boolean {
  try {
    const { protocol, hostname, username, password, hash } = new URL(text);
    const isLocal = ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
    return (protocol === "https:" || (protocol === "http:" && isLocal)) && username === "" && password === "" && hash === "";
  } catch {
    return false;
  }
}

function overrideFields(): FieldRecord[] {
  return modelFields.filter((one) => !["id", "api", "base_url"].includes(one.key));
}

function readList(
  raw: unknown,
  path: Path,
  report: ProblemReporter,
  read: (item: Record<string, unknown>, place: Path) => Record<string, unknown> | undefined,
): unknown[] | undefined {
  if (!Array.isArray(raw) || !raw.every(isTable)) {
    report.wrongType(path, "a list of tables");
    return undefined;
  }
  return raw.flatMap((item, index) => read(item, [...path, index]) ?? []);
}

function readHeaders(raw: Record<string, unknown>, path: Path, report: ProblemReporter, fromProject: boolean): Record<string, string> {
  const headers: Record<string, string> = record();
  for (const [name, value] of Object.entries(raw)) {
    if (typeof value !== "string") report.wrongType([...path, name], "a string");
    else if (fromProject && !isLiteral(value)) report.forbidden([...path, name], "a header from a variable or a command");
    else headers[name] = value;
  }
  return headers;
}

function readLevels(raw: Record<string, unknown>, path: Path, report: ProblemReporter): Record<string, string | null> {
  const levels: Record<string, string | null> = {};
  for (const [level, word] of Object.entries(raw)) {
    if (!isThinkingLevel(level)) report.unknownKey([...path, level], thinkingLevels);
    else if (word === false || word === null) levels[level] = null;
    else if (typeof word === "string") levels[level] = word;
    else report.wrongType([...path, level], "a string or false");
  }
  return levels;
}

/** Merged without a prototype: ids and header names are the user's words, `constructor` among them. */
function record<T>(...sources: unknown[]): Record<string, T> {
  return Object.assign(Object.create(null), ...sources) as Record<string, T>;
}
