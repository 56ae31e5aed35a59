// The JSON Schema of `config.toml`, made from the table of settings. Called by `pi schema config`.

import { defined } from "../contracts/defined.ts";
import type { RowField, SettingType } from "./setting-type.ts";
import { settings } from "./settings.ts";

type Schema = Record<string, unknown>;

/** Nested as the file's tables are; providers, whose names are free, are objects. */
export function settingsSchema(): Schema {
  const root: { properties: Record<string, Schema> } = { properties: {} };
  for (const { key, type, description, default: fallback } of settings) {
    const names = key.split(".");
    const last = names.pop() ?? key;
    let table = root;
    for (const name of names) {
      table.properties[name] ??= { type: "object", properties: {}, additionalProperties: false };
      table = table.properties[name] as typeof root;
    }
    table.properties[last] = { ...schemaOf(type), description, ...defined({ default: fallback }) };
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "pi config.toml",
    type: "object",
    properties: { ...root.properties, providers: { type: "object", additionalProperties: { type: "object" } } },
    additionalProperties: false,
  };
}

function rowSchema(fields: readonly RowField[]): Schema {
  return {
    type: "object",
    properties: Object.fromEntries(
      fields.map(({ key, isNumber, type, of, description }) => [
        key,
        {
          ...(type === undefined ? { type: isNumber ? "number" : "string" } : schemaOf({ kind: type })),
          ...defined({ enum: of }),
          description,
        },
      ]),
    ),
    required: fields.flatMap(({ key, isRequired }) => (isRequired ? key : [])),
    additionalProperties: false,
  };
}

function schemaOf(type: SettingType): Schema {
  const strings = { type: "array", items: { type: "string" } };
  switch (type.kind) {
    case "boolean":
      return { type: "boolean" };
    case "count":
      return { type: "integer", minimum: 0 };
    case "amount":
      return { type: "number", minimum: 0, ...defined({ maximum: type.most }) };
    case "choice":
      return { type: "string", enum: type.of };
    case "choice or strings":
      return { anyOf: [{ type: "string", enum: type.of }, strings] };
    case "strings":
    case "selection":
    case "paths":
      return strings;
    case "packages": {
      const narrowed = {
        type: "object",
        required: ["source"],
        properties: {
          source: { type: "string" },
          extensions: strings,
          skills: strings,
          prompts: strings,
          themes: strings,
          autoload: { type: "boolean" },
        },
      };
      return { type: "array", items: { anyOf: [{ type: "string" }, narrowed] } };
    }
    case "variables":
      return { type: "object", additionalProperties: { type: "string", ...(type.of === undefined ? {} : { enum: [...type.of] }) } };
    case "keys":
      return { type: "object", additionalProperties: { anyOf: [{ type: "string" }, strings, { type: "object" }] } };
    case "rows":
      return { type: "array", items: rowSchema(type.fields) };
    case "tables":
      return { type: "object", additionalProperties: rowSchema(type.fields) };
    case "duration":
      return { type: "string", pattern: "^(0|([0-9]+(\\.[0-9]+)?(ms|mo|s|m|h|d|w|y))+)$" };
    default:
      return { type: "string" };
  }
}
