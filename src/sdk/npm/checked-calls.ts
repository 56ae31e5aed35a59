// What callers without types hand in, checked at the door of the library: a value of another type is one line that names call, value and remedy. Used by the
// classes and functions beside this file. Invariant: what the types allow passes, and is not looked into any further.

import { PiError } from "../../contracts/error.ts";
import { echoed } from "../../contracts/text/echoed.ts";

const kinds = {
  string: { words: "a string", is: (value) => typeof value === "string" },
  strings: { words: "a list of strings", is: (value) => Array.isArray(value) && value.every((one) => typeof one === "string") },
  list: { words: "a list", is: Array.isArray },
  objects: { words: "a list of objects", is: (value) => Array.isArray(value) && value.every(isObject) },
  pictures: {
    words: "a list of pictures ({ type, data, mimeType })",
    is: (value) =>
      Array.isArray(value) && value.every((one) => isObject(one) && typeof one.data === "string" && typeof one.mimeType === "string"),
  },
  content: {
    words: "a string or a list of blocks",
    is: (value) => typeof value === "string" || (Array.isArray(value) && value.every(isObject)),
  },
  message: { words: "a message with a role", is: (value) => isObject(value) && typeof value.role === "string" },
  model: { words: "a model", is: isModel },
  modelSaid: { words: "a model, or a text such as provider/id", is: (value) => typeof value === "string" || isModel(value) },
  manager: { words: "a SessionManager, or a promise of one", is: (value) => isObject(value) && ("getCwd" in value || "then" in value) },
  function: { words: "a function", is: (value) => typeof value === "function" },
  signal: { words: "an AbortSignal", is: (value) => isObject(value) && "aborted" in value },
  object: { words: "an object", is: isObject },
} satisfies Record<string, { words: string; is(value: unknown): boolean }>;

/** `name: kind`, with `?` behind the name where it may be left out. */
export type Taken = `${string}: ${keyof typeof kinds}`;

/** What is wrong with the first value that is of another type than is taken; nothing where none is. */
function firstWrong(call: string, taken: readonly Taken[], given: readonly unknown[]): PiError | undefined {
  for (const [at, row] of taken.entries()) {
    const [name = "", kind] = row.split(": ") as [string, keyof typeof kinds];
    const value = given[at];
    if ((name.endsWith("?") && value === undefined) || kinds[kind].is(value)) continue;
    const { words } = kinds[kind];
    return new PiError("usage.bad_value", `${call}: ${name.replace("?", "")} cannot be ${shown(value)}`, { hint: `Hand in ${words}.` });
  }
  return undefined;
}

/** @throws PiError `usage.bad_value` for a field of another type. */
export function requireFields(call: string, options: unknown, fields: readonly Taken[]): void {
  const wrong =
    firstWrong(call, ["options: object"], [options]) ??
    firstWrong(
      call,
      fields,
      fields.map((row) => (options as Record<string, unknown>)[row.split(/\??:/)[0] ?? ""]),
    );
  if (wrong !== undefined) throw wrong;
}

/** @throws PiError `usage.bad_value` for a value of another type. */
export function requireGiven(call: string, taken: readonly Taken[], ...given: unknown[]): void {
  const wrong = firstWrong(call, taken, given);
  if (wrong !== undefined) throw wrong;
}

/** What methods take: those of `promises` reject where they are given something else, those of `values` throw. */
export interface CheckedCalls<V extends PropertyKey, P extends PropertyKey> {
  values: Readonly<Record<V, readonly Taken[]>>;
  promises: Readonly<Record<P, readonly Taken[]>>;
}

/** Methods that look at what they are given first. */
export function checkCalls<T extends object, V extends keyof T, P extends keyof T>(
  owner: T,
  name: string,
  { values, promises }: CheckedCalls<V, P>,
): void {
  for (const [rows, isPromise] of [
    [values, false],
    [promises, true],
  ] as const) {
    for (const [method, taken] of Object.entries(rows) as [keyof T & string, readonly Taken[]][]) {
      const plain = owner[method] as (...given: unknown[]) => unknown;
      const checked = function (this: unknown, ...given: unknown[]): unknown {
        const wrong = firstWrong(`${name}.${method}`, taken, given);
        if (wrong === undefined) return plain.apply(this, given);
        if (isPromise) return Promise.reject(wrong);
        throw wrong;
      };
      Object.defineProperty(owner, method, { value: checked, configurable: true, writable: true });
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isModel(value: unknown): boolean {
  return isObject(value) && typeof value.provider === "string" && typeof value.id === "string";
}

function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return `an object of ${Object.keys(value).length} fields`;
  return typeof value === "string" ? `the text ${JSON.stringify(echoed(value, 60))}` : String(value);
}
