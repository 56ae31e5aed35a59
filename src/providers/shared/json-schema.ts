// Fits a user's JSON Schema to what native schema modes take. Called by encoders for `outputSchema`.
// Invariant: pure; the validation against the original schema is the caller's, so a weaker schema here is safe.

import { isObject, type Json } from "./json.ts";

/** Keywords that constrained decoding does not know and services refuse. */
const unsupported = new Set([
  "$schema",
  "$id",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
]);

/** Every object closed (`additionalProperties: false`), keywords beyond constrained decoding left out. */
export function closeSchema(schema: Json): Json {
  const closed: Json = {};
  for (const [key, value] of Object.entries(schema)) {
    if (unsupported.has(key)) continue;
    if (key === "properties" || key === "$defs" || key === "definitions") closed[key] = mapValues(value);
    else if (key === "enum" || key === "const" || key === "default" || key === "examples" || key === "required") closed[key] = value;
    else closed[key] = closeValue(value);
  }
  if (schema.type === "object" || isObject(schema.properties)) closed.additionalProperties = false;
  return closed;
}

function mapValues(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, closeValue(schema)]));
}

function closeValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closeValue);
  return isObject(value) ? closeSchema(value) : value;
}

/** Whether every object is closed and requires all its properties, as OpenAI's strict mode demands. */
export function isStrictSchema(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrictSchema);
  if (!isObject(schema)) return true;
  if (schema.type === "object" || isObject(schema.properties)) {
    const names = Object.keys(isObject(schema.properties) ? schema.properties : {});
    const required = Array.isArray(schema.required) ? schema.required : [];
    if (schema.additionalProperties !== false || !names.every((name) => required.includes(name))) return false;
  }
  return Object.entries(schema).every(([key, value]) =>
    key === "properties" || key === "$defs" || key === "definitions"
      ? isObject(value) && Object.values(value).every(isStrictSchema)
      : key === "items" || key === "anyOf" || key === "allOf" || key === "oneOf"
        ? isStrictSchema(value)
        : true,
  );
}
