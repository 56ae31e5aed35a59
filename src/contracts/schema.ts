// JSON Schemas of records with their TypeScript types, and the check of a value against one. Called by the table of methods, its documents
// and `pi schema`. Small on purpose: a schema library would cost more at start-up than everything else in RPC mode.

/** A JSON Schema of the subset that `problemOf` checks. */
export interface JsonSchema {
  type?: "string" | "number" | "integer" | "boolean" | "object" | "array" | "null" | readonly string[];
  description?: string;
  enum?: readonly (string | null)[];
  const?: string;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  anyOf?: readonly JsonSchema[];
  minimum?: number;
  [keyword: string]: unknown;
}

/** `T` is what a value that passes is. */
export interface Typed<T> {
  readonly schema: JsonSchema;
  readonly isOptional?: boolean;
  /** Never there; holds the type. */
  readonly of?: T;
}

export interface Optional<T> extends Typed<T> {
  readonly isOptional: true;
}

export type Fields = Readonly<Record<string, Typed<unknown>>>;

type TypeOf<S> = S extends Typed<infer T> ? T : never;
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends Optional<unknown> ? K : never }[keyof F];

/** The object that fields describe. */
export type ObjectOf<F extends Fields> = { [K in Exclude<keyof F, OptionalKeys<F>>]: TypeOf<F[K]> } & {
  [K in OptionalKeys<F>]?: TypeOf<F[K]>;
};

/** Made when it is asked for: at the start of RPC mode nobody wants to read the whole table. */
function typed<T>(make: () => JsonSchema, description?: string): Typed<T> {
  return {
    get schema() {
      return description === undefined ? make() : { ...make(), description };
    },
  };
}

export function text(description?: string): Typed<string> {
  return typed(() => ({ type: "string" }), description);
}

export function flag(description?: string): Typed<boolean> {
  return typed(() => ({ type: "boolean" }), description);
}

export function amount(description?: string): Typed<number> {
  return typed(() => ({ type: "number" }), description);
}

export function count(description?: string): Typed<number> {
  return typed(() => ({ type: "integer", minimum: 0 }), description);
}

export function choice<const T extends readonly string[]>(of: T, description?: string): Typed<T[number]> {
  return typed(() => ({ type: "string", enum: of }), description);
}

export function list<T>(item: Typed<T>, description?: string): Typed<T[]> {
  return typed(() => ({ type: "array", items: item.schema }), description);
}

export function optional<T>(one: Typed<T>): Optional<T> {
  return {
    get schema() {
      return one.schema;
    },
    isOptional: true,
  };
}

export function orNull<T>(one: Typed<T>, description?: string): Typed<T | null> {
  return typed(() => ({ anyOf: [one.schema, { type: "null" }] }), description);
}

/** A value whose shape another page fixes; `schema` may say more of it. */
export function shaped<T>(description: string, schema: JsonSchema = {}): Typed<T> {
  return typed(() => schema, description);
}

export function fields<F extends Fields>(of: F, description?: string): Typed<ObjectOf<F>> {
  return typed(() => objectSchema(of), description);
}

/** Foreign fields are allowed: newer writers add some. */
export function objectSchema(of: Fields): JsonSchema {
  const required = Object.keys(of).filter((name) => of[name]?.isOptional !== true);
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(of).map(([name, one]) => [name, one.schema])),
    ...(required.length === 0 ? {} : { required }),
  };
}

/** What is wrong with a value, naming the place; nothing when all is well. `null` for a field that may be absent counts as absent. */
export function problemOf(schema: JsonSchema, value: unknown, place = ""): string | undefined {
  if (schema.anyOf !== undefined) {
    if (schema.anyOf.some((one) => problemOf(one, value, place) === undefined)) return undefined;
    return `${place} fits none of what it may be`;
  }
  if (schema.const !== undefined && value !== schema.const) return `${place} must be ${JSON.stringify(schema.const)}`;
  if (schema.type !== undefined && !hasType(schema.type, value)) return `${place} must be ${withArticle(schema.type)}`;
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    return `${place} ${JSON.stringify(value)} is not one of ${schema.enum.join(", ")}`;
  }
  if (schema.minimum !== undefined && (value as number) < schema.minimum) return `${place} must be at least ${schema.minimum}`;
  if (Array.isArray(value) && schema.items !== undefined) {
    for (const [index, item] of value.entries()) {
      const problem = problemOf(schema.items, item, `${place}[${index}]`);
      if (problem !== undefined) return problem;
    }
  }
  if (schema.properties === undefined || typeof value !== "object" || value === null) return undefined;
  for (const [name, one] of Object.entries(schema.properties)) {
    const field = (value as Record<string, unknown>)[name];
    const path = place === "" ? name : `${place}.${name}`;
    if (field === undefined || field === null) {
      if (schema.required?.includes(name) && (field === undefined || problemOf(one, null, path) !== undefined)) return `${path} is missing`;
      continue;
    }
    const problem = problemOf(one, field, path);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function hasType(type: NonNullable<JsonSchema["type"]>, value: unknown): boolean {
  if (typeof type !== "string") return type.some((one) => hasType(one as "string", value));
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function withArticle(type: NonNullable<JsonSchema["type"]>): string {
  if (typeof type !== "string") return type.join(" or ");
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
}
