// Whether a user's JSON Schema is one that answers can be checked against. Called by cli before any request, since the validator takes what
// it does not know for "anything goes". Invariant: pure; the first problem is told with its place.

type Json = Record<string, unknown>;

const types = ["null", "boolean", "object", "array", "number", "integer", "string"];
const schemaKeywords = ["not", "if", "then", "else", "additionalProperties", "unevaluatedProperties", "propertyNames", "contains"];
const listKeywords = ["anyOf", "oneOf", "allOf", "prefixItems"];
const mapKeywords = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
const numberKeywords = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const countKeywords = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];

/** Nothing when all is well. */
export async function schemaProblem(schema: Json): Promise<string | undefined> {
  const problem = problemAt(schema, "", schema);
  if (problem !== undefined) return problem;
  const { Errors } = await import("typebox/schema");
  try {
    for (const probe of [null, {}, [], "", 0]) Errors(schema, probe);
    return undefined;
  } catch (error) {
    return error instanceof RangeError ? "a $ref leads back to itself" : error instanceof Error ? error.message : String(error);
  }
}

function problemAt(value: unknown, place: string, root: Json): string | undefined {
  if (typeof value === "boolean") return undefined;
  if (!isObject(value)) return wrong(place, "a schema is an object", value);
  for (const [keyword, said] of Object.entries(value)) {
    const problem = keywordProblem(keyword, said, `${place}/${keyword}`, root);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function keywordProblem(keyword: string, said: unknown, place: string, root: Json): string | undefined {
  const children = (values: readonly [string, unknown][]): string | undefined => {
    for (const [name, child] of values) {
      const problem = problemAt(child, `${place}/${name}`, root);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  if (keyword === "type") {
    const isKnown = Array.isArray(said) ? said.length > 0 && said.every((one) => types.includes(one)) : types.includes(said as string);
    return isKnown ? undefined : wrong(place, `a type is one of ${types.join(", ")}`, said);
  }
  if (keyword === "items") return Array.isArray(said) ? children(entriesOf(said)) : problemAt(said, place, root);
  if (schemaKeywords.includes(keyword)) return problemAt(said, place, root);
  if (listKeywords.includes(keyword)) {
    return Array.isArray(said) && said.length > 0 ? children(entriesOf(said)) : wrong(place, "a list of schemas", said);
  }
  if (keyword === "patternProperties" && isObject(said)) {
    const bad = Object.keys(said).find((pattern) => !isPattern(pattern));
    if (bad !== undefined) return wrong(place, "names are regular expressions", bad);
  }
  if (mapKeywords.includes(keyword)) return isObject(said) ? children(Object.entries(said)) : wrong(place, "schemas by name", said);
  if (keyword === "required") {
    return Array.isArray(said) && said.every((one) => typeof one === "string") ? undefined : wrong(place, "a list of names", said);
  }
  if (keyword === "enum") return Array.isArray(said) && said.length > 0 ? undefined : wrong(place, "a list of values", said);
  if (numberKeywords.includes(keyword)) return typeof said === "number" ? undefined : wrong(place, "a number", said);
  if (countKeywords.includes(keyword))
    return Number.isInteger(said) && Number(said) >= 0 ? undefined : wrong(place, "a whole number", said);
  if (keyword === "pattern") return typeof said === "string" && isPattern(said) ? undefined : wrong(place, "a regular expression", said);
  if (keyword === "$ref") return refProblem(said, place, root);
  return undefined;
}

/** Nothing is fetched to check an answer: a reference leads to a place in the file. */
function refProblem(said: unknown, place: string, root: Json): string | undefined {
  if (typeof said !== "string" || !said.startsWith("#")) return wrong(place, "a reference into this file (#/$defs/…)", said);
  if (said !== "#" && !said.startsWith("#/")) return undefined;
  let at: unknown = root;
  for (const part of said.split("/").slice(1)) {
    const decoded = unescaped(part);
    if (decoded === undefined) return wrong(place, "a reference with each % before two hex digits", said);
    const name = decoded.replaceAll("~1", "/").replaceAll("~0", "~");
    at = isObject(at) && Object.hasOwn(at, name) ? at[name] : Array.isArray(at) ? at[Number(name)] : undefined;
  }
  return at === undefined ? wrong(place, "nothing stands there", said) : undefined;
}

function unescaped(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function entriesOf(list: readonly unknown[]): [string, unknown][] {
  return list.map((value, index) => [String(index), value]);
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(place: string, rule: string, value: unknown): string {
  const shown = JSON.stringify(value) ?? String(value);
  return `#${place}: ${rule}, not ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`;
}
