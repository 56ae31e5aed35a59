// JSON Schemas of records with their TypeScript types, and the check of a value against one. Called by the table of methods, its documents
// and `pi schema`. Small on purpose: a schema library would cost more at start-up than everything else in RPC mode.

/** A JSON Schema of the subset that `problemOf` checks. */
export interface JsonSchema {
  type?: "string" | "number" | "integer" | "boolean" | "object" | "array" | "null" | readonly string[];
  description?: string;
  $ref?: string;
  not?: JsonSchema;
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

/** A schema whose type nobody asks for. */
export interface Shape {
  readonly schema: JsonSchema;
  readonly isOptional?: boolean;
}

interface Holds<T> extends Shape {
  /** Never there; holds the type, so that a schema stands for no wider and no narrower one. */
  readonly of?: (value: T) => T;
}

/** `T` is what a value that passes is. */
export interface Typed<T> extends Holds<T> {
  readonly isOptional?: false;
}

/** A field that may be absent. */
export interface Optional<T> extends Holds<T> {
  readonly isOptional: true;
}

export type Fields = Readonly<Record<string, Shape>>;

export type TypeOf<S> = S extends Holds<infer T> ? T : never;
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends { isOptional: true } ? K : never }[keyof F];

/** The object that fields describe. */
export type ObjectOf<F extends Fields> = { -readonly [K in Exclude<keyof F, OptionalKeys<F>>]: TypeOf<F[K]> } & {
  -readonly [K in OptionalKeys<F>]?: TypeOf<F[K]>;
};

/** What the fields of an interface have to be: each of its own, each of just its type; what JSON leaves out is optional. */
export type FieldsOf<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K>
    ? Optional<Exclude<T[K], undefined>>
    : unknown extends T[K]
      ? Typed<T[K]>
      : undefined extends T[K]
        ? Optional<Exclude<T[K], undefined>>
        : Typed<T[K]>;
};

/** Records of one table, told apart by their `type`, which is the record's name. */
export type Variants = Readonly<Record<string, { readonly about: string; readonly fields: Fields }>>;
export type VariantOf<T extends Variants, K extends keyof T, Base extends Fields = Record<never, Shape>> = { type: K } & ObjectOf<Base> &
  ObjectOf<T[K]["fields"]>;

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

export function literal<const T extends string>(value: T): Typed<T> {
  return typed(() => ({ const: value }));
}

/** Whatever JSON can say. */
export function anything(description?: string): Typed<unknown> {
  return typed(() => ({}), description);
}

/** An object whose fields are not ours to name. */
export function record(description?: string): Typed<Record<string, unknown>> {
  return typed(() => ({ type: "object" }), description);
}

/** An object that another page describes. */
export function anyObject(description?: string): Typed<object> {
  return typed(() => ({ type: "object" }), description);
}

/** An object with names of any kind, and values of one. */
export function dictionary<T>(value: Typed<T>, description?: string): Typed<Record<string, T>> {
  return typed(() => ({ type: "object", additionalProperties: value.schema }), description);
}

export function either<const S extends readonly Shape[]>(...of: S): Typed<TypeOf<S[number]>> {
  return typed(() => ({ anyOf: of.map((one) => one.schema) }));
}

/**
 * Names the schema of an interface of `T`, which stands under `$defs` wherever the whole is printed. `Definitions<T>` is where it is written.
 * Nothing is checked against it at run time, unless the definitions are handed in.
 */
export function references<T>(): <const K extends keyof T & string>(name: K) => Typed<T[K]> {
  return (name) => typed(() => ({ $ref: `#/$defs/${name}` }));
}

export type Definitions<T> = { readonly [K in keyof T]: Typed<T[K]> };

/** An interface's fields, checked against it both ways: one too few, one too many or one of another type does not compile. */
export function of<T>(): (of: FieldsOf<T>, description?: string) => Typed<T> {
  return (of, description) => typed(() => objectSchema(of as Fields), description);
}

/** One of a table's records with its name as `type`; `base` is what all of them have. */
export function variant<T extends Variants, K extends keyof T & string, B extends Fields>(
  table: T,
  name: K,
  base: B,
): Typed<VariantOf<T, K, B>> {
  return typed(() => objectSchema({ type: literal(name), ...base, ...table[name]?.fields }), table[name]?.about);
}

/** A record of another's making: a `type` that the table does not have. */
export function foreignVariant<B extends Fields>(
  table: Variants,
  base: B,
): Typed<ObjectOf<B> & { type: string; [field: string]: unknown }> {
  return typed(() => {
    const { properties, required } = objectSchema(base);
    const type: JsonSchema = { type: "string", not: { enum: Object.keys(table) } };
    return { type: "object", properties: { type, ...properties }, required: ["type", ...(required ?? [])] };
  });
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

/**
 * What is wrong with a value, naming the place; nothing when all is well. `null` for a field that may be absent counts as absent. What a
 * schema refers to is looked for in `definitions`, and counts as anything where they do not have it.
 */
export function problemOf(
  schema: JsonSchema,
  value: unknown,
  place = "",
  definitions: Readonly<Record<string, JsonSchema>> = {},
): string | undefined {
  if (schema.$ref !== undefined) {
    const named = definitions[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)];
    return named && problemOf(named, value, place, definitions);
  }
  if (schema.anyOf !== undefined) return noneFits(schema.anyOf, value, place, definitions);
  if (schema.not !== undefined && problemOf(schema.not, value, place, definitions) === undefined) {
    return `${place} must not be ${JSON.stringify(value)}`;
  }
  if (schema.const !== undefined && value !== schema.const) return `${place} must be ${JSON.stringify(schema.const)}`;
  if (schema.type !== undefined && !hasType(schema.type, value)) return `${place} must be ${withArticle(schema.type)}`;
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    return `${place} ${JSON.stringify(value)} is not one of ${schema.enum.join(", ")}`;
  }
  if (schema.minimum !== undefined && (value as number) < schema.minimum) return `${place} must be at least ${schema.minimum}`;
  if (Array.isArray(value) && schema.items !== undefined) {
    for (const [index, item] of value.entries()) {
      const problem = problemOf(schema.items, item, `${place}[${index}]`, definitions);
      if (problem !== undefined) return problem;
    }
  }
  if (schema.properties === undefined || typeof value !== "object" || value === null) return undefined;
  for (const [name, one] of Object.entries(schema.properties)) {
    const field = (value as Record<string, unknown>)[name];
    const path = place === "" ? name : `${place}.${name}`;
    if (field === undefined || field === null) {
      if (schema.required?.includes(name) && (field === undefined || problemOf(one, null, path, definitions) !== undefined))
        return `${path} is missing`;
      continue;
    }
    const problem = problemOf(one, field, path, definitions);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Among records told apart by a field's value, the one that is meant says what is wrong. */
function noneFits(
  schemas: readonly JsonSchema[],
  value: unknown,
  place: string,
  definitions: Readonly<Record<string, JsonSchema>>,
): string | undefined {
  const problems = schemas.map((one) => problemOf(one, value, place, definitions));
  if (problems.includes(undefined)) return undefined;
  const meant = schemas.findIndex((one) => isTagged(one, value));
  return problems[meant] ?? `${place} fits none of what it may be`;
}

function isTagged({ properties = {} }: JsonSchema, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const tags = Object.entries(properties).filter(([, one]) => one.const !== undefined);
  return tags.length > 0 && tags.every(([name, one]) => (value as Record<string, unknown>)[name] === one.const);
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
