// Fits a user's JSON Schema to what native schema modes take. Called by encoders for `outputSchema`.
// Invariant: pure; the validation against the original schema is the caller's, so a weaker schema here is safe.

import { isObject, type Json, objectOf } from "./json.ts";

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

/** Keywords that constrained decoding cannot leave out without letting other answers in than were meant, and that services refuse. */
const beyondDecoding = new Set([
  "oneOf",
  "allOf",
  "not",
  "if",
  "then",
  "else",
  "prefixItems",
  "contains",
  "patternProperties",
  "propertyNames",
  "dependentRequired",
  "dependentSchemas",
  "unevaluatedProperties",
  "unevaluatedItems",
]);

/** An answer at the top that is no object is refused by all services. */
export function hasObjectRoot(schema: Json): boolean {
  return schema.type === "object" && isObject(schema.properties);
}

/** Whether a schema can be closed without ruling out what it means: no open objects, no recursion, no keyword beyond constrained decoding. */
export function isClosable(schema: Json): boolean {
  if (!hasObjectRoot(schema) || !isClosed(schema)) return false;
  const text = JSON.stringify(schema);
  // Few refer to anything, and those of tools are looked at with every request.
  return !text.includes('"$ref"') || (!/"\$ref":"#(?!\/(\$defs|definitions)\/)/.test(text) && !isRecursive(schema));
}

function isClosed(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isClosed);
  if (!isObject(value)) return true;
  const isOpen = value.type === "object" && !isObject(value.properties);
  if (isOpen || (value.additionalProperties !== undefined && value.additionalProperties !== false)) return false;
  return Object.entries(value).every(([key, child]) => {
    if (beyondDecoding.has(key)) return false;
    if (key === "properties" || key === "$defs" || key === "definitions") return !isObject(child) || Object.values(child).every(isClosed);
    return key === "items" || key === "anyOf" ? isClosed(child) : true;
  });
}

/** Whether a definition leads to itself, directly or through others. */
function isRecursive(schema: Json): boolean {
  const definitions = { ...objectOf(schema.$defs), ...objectOf(schema.definitions) };
  const refsIn = (value: unknown): string[] =>
    [...JSON.stringify(value).matchAll(/"\$ref":"#\/(?:\$defs|definitions)\/([^"]+)"/g)].map((match) => match[1] ?? "");
  const reaches = (name: string, seen: ReadonlySet<string>): boolean =>
    seen.has(name) || refsIn(definitions[name] ?? {}).some((next) => reaches(next, new Set([...seen, name])));
  return Object.keys(definitions).some((name) => reaches(name, new Set()));
}

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

/** Whether every object is closed and requires all its properties, as OpenAI's strict mode demands, and nothing stands there that it refuses. */
export function isStrictSchema(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrictSchema);
  if (!isObject(schema)) return true;
  if (Object.keys(schema).some((key) => beyondDecoding.has(key))) return false;
  if (schema.type === "object" || isObject(schema.properties)) {
    const names = Object.keys(isObject(schema.properties) ? schema.properties : {});
    const required = Array.isArray(schema.required) ? schema.required : [];
    if (schema.additionalProperties !== false || !names.every((name) => required.includes(name))) return false;
  }
  return Object.entries(schema).every(([key, value]) =>
    key === "properties" || key === "$defs" || key === "definitions"
      ? isObject(value) && Object.values(value).every(isStrictSchema)
      : key === "items" || key === "anyOf"
        ? isStrictSchema(value)
        : true,
  );
}
