// Checks a call's arguments against the tool's JSON Schema before anything runs. Called for every tool call, also of SDK and extension tools.
// Invariant: never throws; only conversions that cannot change the meaning are made ("5" for 5, null for an absent optional).

import { messageOf } from "../../contracts/error.ts";
import type { ToolDeclaration } from "../../contracts/message.ts";
import { echoed } from "../../contracts/text/echoed.ts";
import type { Tool } from "../../contracts/tool.ts";
import { parseLenientJson } from "./lenient-json.ts";

export type ValidatedArguments = { ok: true; args: Record<string, unknown> } | { ok: false; message: string };

type Schema = Record<string, unknown>;

type CheckedTool = ToolDeclaration & Pick<Tool, "prepareArguments">;

/** What says which parts of a value do not fit a schema: `Errors` of `typebox/schema`. */
export type SchemaCheck = (schema: Schema, value: unknown) => [isValid: boolean, errors: unknown];

/** What the model sent, as the tool takes it, or the error text for the model that names each wrong field. */
export async function validateArguments(tool: CheckedTool, args: unknown): Promise<ValidatedArguments> {
  const taken = takenBy(tool, args);
  if ("ok" in taken) return taken;
  const { Errors } = await import("typebox/schema");
  return checkedBy(Errors as SchemaCheck, tool, taken);
}

/** The same at once, for who has the check loaded. */
export function validateArgumentsBy(tool: CheckedTool, args: unknown, check: SchemaCheck): ValidatedArguments {
  const taken = takenBy(tool, args);
  return "ok" in taken ? taken : checkedBy(check, tool, taken);
}

/** Arguments of which the schema has to be asked. */
interface Taken {
  given: Record<string, unknown>;
  coerced: Record<string, unknown>;
}

function takenBy(tool: CheckedTool, args: unknown): ValidatedArguments | Taken {
  const given = args === undefined || args === null ? {} : args;
  if (!isRecord(given))
    return { ok: false, message: failureText(tool.name, [`arguments: expected object, got ${typeName(given)}`], given) };
  try {
    const prepared = tool.prepareArguments === undefined ? given : tool.prepareArguments(given);
    const coerced = coerce(tool.parameters, prepared) as Record<string, unknown>;
    return isPlainlyValid(tool.parameters, coerced) ? { ok: true, args: coerced } : { given, coerced };
  } catch (error) {
    return { ok: false, message: failureText(tool.name, [messageOf(error)], given) };
  }
}

function checkedBy(check: SchemaCheck, tool: CheckedTool, { given, coerced }: Taken): ValidatedArguments {
  try {
    const [isValid, errors] = check(tool.parameters, coerced);
    if (isValid) return { ok: true, args: coerced };
    return { ok: false, message: failureText(tool.name, describeErrors(errors as SchemaError[], coerced), given) };
  } catch (error) {
    return { ok: false, message: failureText(tool.name, [messageOf(error)], given) };
  }
}

function failureText(toolName: string, problems: readonly string[], given: unknown): string {
  const list = problems.map((problem) => `  - ${problem}`).join("\n");
  return `Validation failed for tool "${toolName}":\n${list}\n\nReceived arguments:\n${echoed(JSON.stringify(given, null, 2))}`;
}

interface SchemaError {
  keyword: string;
  instancePath: string;
  params: Record<string, unknown>;
  message: string;
}

function describeErrors(errors: readonly SchemaError[], args: unknown): string[] {
  const problems: string[] = [];
  for (const { keyword, instancePath, params, message } of errors) {
    const field = instancePath.slice(1).replaceAll("/", ".");
    const prefix = field === "" ? "" : `${field}.`;
    if (keyword === "required") {
      for (const name of (params.requiredProperties as string[] | undefined) ?? []) problems.push(`${prefix}${name}: missing`);
    } else if (keyword === "additionalProperties") {
      for (const name of (params.additionalProperties as string[] | undefined) ?? []) problems.push(`${prefix}${name}: unknown`);
    } else if (keyword === "type") {
      const expected = [params.type].flat().join(" or ");
      problems.push(`${field || "arguments"}: expected ${expected}, got ${typeName(valueAt(args, instancePath))}`);
    } else if (keyword === "enum") {
      const allowed = ((params.allowedValues as unknown[] | undefined) ?? []).map((value) => JSON.stringify(value)).join(", ");
      problems.push(`${field}: expected one of ${allowed}`);
    } else if (keyword !== "boolean") {
      problems.push(`${field || "arguments"}: ${message}`);
    }
  }
  return problems.length > 0 ? [...new Set(problems)] : ["arguments: not as the schema says"];
}

function valueAt(value: unknown, pointer: string): unknown {
  let current = value;
  for (const part of pointer.split("/").slice(1)) {
    current = (current as Record<string, unknown> | undefined)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return current;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value with harmless conversions made; a new value where something changed. */
function coerce(schema: unknown, value: unknown): unknown {
  if (!isRecord(schema)) return value;
  const options = [schema.anyOf, schema.oneOf].find(Array.isArray);
  if (options !== undefined) {
    if (options.some((option) => isPlainlyValid(option, value))) return value;
    const converted = options.map((option) => coerce(option, value));
    return converted.find((candidate, index) => isPlainlyValid(options[index], candidate)) ?? value;
  }
  const types = [schema.type].flat();
  if (types.includes("object") || isRecord(schema.properties)) return coerceObject(schema, value);
  if (types.includes("array")) {
    const list = typeof value === "string" ? parsedAs(value, Array.isArray) : value;
    return Array.isArray(list) ? list.map((item) => coerce(schema.items, item)) : value;
  }
  if (types.some((type) => hasType(value, type))) return value;
  for (const type of types) {
    if (
      (type === "number" || type === "integer") &&
      typeof value === "string" &&
      /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(value)
    ) {
      return Number(value);
    }
    if (type === "boolean" && typeof value === "string" && /^(true|false)$/i.test(value.trim()))
      return value.trim().toLowerCase() === "true";
    if (type === "string" && (typeof value === "number" || typeof value === "boolean")) return String(value);
  }
  return value;
}

function coerceObject(schema: Schema, value: unknown): unknown {
  const record = typeof value === "string" ? parsedAs(value, isRecord) : value;
  const properties = schema.properties;
  if (!isRecord(record) || !isRecord(properties)) return value;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const result: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(record)) {
    // Assigned, it would become the prototype.
    if (name === "__proto__") continue;
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const isAbsent = item === null && property !== undefined && !required.includes(name) && !acceptsNull(property);
    if (!isAbsent) result[name] = property === undefined ? item : coerce(property, item);
  }
  return result;
}

function acceptsNull(schema: unknown): boolean {
  if (!isRecord(schema)) return true;
  const options = [schema.anyOf, schema.oneOf].find(Array.isArray);
  if (options !== undefined) return options.some(acceptsNull);
  if (Array.isArray(schema.enum)) return schema.enum.includes(null);
  return schema.type === undefined ? !("const" in schema) : [schema.type].flat().includes("null");
}

function parsedAs<T>(text: string, is: (value: unknown) => value is T): T | undefined {
  try {
    const value = parseLenientJson(text);
    return is(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * True when the value is certainly valid, judged by the few keywords that most tools use; false says nothing.
 * Spares the common call the loading of a whole validator.
 */
function isPlainlyValid(schema: unknown, value: unknown): boolean {
  if (!isRecord(schema)) return false;
  for (const keyword of Object.keys(schema)) {
    if (!["type", "properties", "required", "items", "enum", "additionalProperties", "description", "title", "default"].includes(keyword))
      return false;
  }
  if (schema.type === undefined || ![schema.type].flat().some((type) => hasType(value, type))) return false;
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return false;
  if (Array.isArray(value)) return schema.items === undefined || value.every((item) => isPlainlyValid(schema.items, item));
  if (!isRecord(value)) return true;
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const allowsOthers = schema.additionalProperties === undefined || schema.additionalProperties === true;
  return (
    required.every((name) => Object.hasOwn(value, String(name))) &&
    Object.entries(value).every(([name, item]) => (Object.hasOwn(properties, name) ? isPlainlyValid(properties[name], item) : allowsOthers))
  );
}

function hasType(value: unknown, type: unknown): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "number") return typeof value === "number" && Number.isFinite(value);
  return typeName(value) === type;
}
