// `Headers` and `FormData` of the build for Node: the runtime's own load all of undici, which takes longer than everything else before a request. The
// build puts these classes in place of the names (platform/modules/node-globals). Invariant: headers are as the Fetch standard has them.
// Source: https://fetch.spec.whatwg.org/#headers-class

type Init = RequestInit["headers"];

const validName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** A header is bytes: what is no byte, or would end the line, stands in none. */
const invalidValue = /[^\x01-\x09\x0b\x0c\x0e-\xff]/;

export class NodeHeaders implements Iterable<[string, string]> {
  /** By name in lower case. */
  readonly #values = new Map<string, string>();
  readonly #cookies: string[] = [];

  constructor(init?: Init) {
    if (init === undefined || init === null) return;
    if (typeof (init as Iterable<unknown>)[Symbol.iterator] === "function") {
      for (const pair of init as Iterable<readonly string[]>) {
        const [name, value, ...more] = pair;
        if (name === undefined || value === undefined || more.length > 0) throw new TypeError("A header is a pair of name and value");
        this.append(name, value);
      }
    } else for (const [name, value] of Object.entries(init as Record<string, string>)) this.append(name, value);
  }

  append(name: string, value: string): void {
    const [key, text] = checked(name, value);
    const before = this.#values.get(key);
    if (key === "set-cookie") this.#cookies.push(text);
    this.#values.set(key, before === undefined ? text : `${before}, ${text}`);
  }

  set(name: string, value: string): void {
    const [key, text] = checked(name, value);
    if (key === "set-cookie") this.#cookies.splice(0, Number.POSITIVE_INFINITY, text);
    this.#values.set(key, text);
  }

  get(name: string): string | null {
    return this.#values.get(keyOf(name)) ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(keyOf(name));
  }

  delete(name: string): void {
    const key = keyOf(name);
    if (key === "set-cookie") this.#cookies.length = 0;
    this.#values.delete(key);
  }

  getSetCookie(): string[] {
    return [...this.#cookies];
  }

  forEach(take: (value: string, name: string, headers: NodeHeaders) => void): void {
    for (const [name, value] of this) take(value, name, this);
  }

  *entries(): IterableIterator<[string, string]> {
    for (const name of [...this.#values.keys()].sort()) {
      if (name === "set-cookie") for (const cookie of this.#cookies) yield [name, cookie];
      else yield [name, this.#values.get(name) ?? ""];
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return "Headers";
  }
}

/** Nobody here sends forms: the libraries only ask whether a body is one. */
export class NodeFormData {}

function keyOf(name: string): string {
  if (!validName.test(name)) throw new TypeError("That is no name of a header");
  return name.toLowerCase();
}

/** What is wrong with a value is not said in its words: it may be a secret. */
function checked(name: string, value: string): [string, string] {
  const key = keyOf(name);
  const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (invalidValue.test(text)) throw new TypeError(`The value of ${key} holds characters that a header cannot carry`);
  return [key, text];
}
