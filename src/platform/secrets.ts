// The secrets that this process knows, and the one way to keep them out of what it writes. Registered by whoever learns of one (credentials,
// resolved headers, URLs), asked by whoever writes: streams, the session's file, events, recorded traces.
// Invariant: what holds no secret is handed on as it is, after one look; what a service signed is never changed.

import { urlSecrets } from "../contracts/text/url-secrets.ts";

/** What stands in a secret's place. */
export const redaction = "[redacted]";

/** Shorter ones stand in too many words. */
const minLength = 6;
/** A short one of nothing but letters is a placeholder for a server that asks for none: `ollama`, `not-needed`. */
const placeholder = /^[a-z_-]{1,15}$/i;
/** Keys whose values only their service can read. */
const signed = /signature$/i;

export class SecretRegistry {
  readonly #values = new Set<string>();
  #made: Forms | undefined;

  /** From now on. What is too short, or no secret but a placeholder, is passed over. */
  add(value: string): void {
    const secret = value.trim();
    if (secret.length < minLength || this.#values.has(secret) || placeholder.test(secret)) return;
    this.#values.add(secret);
    this.#made = undefined;
  }

  /** A header's value, with and without its scheme. */
  addHeader(value: string): void {
    this.add(value);
    this.add(value.replace(/^(?:Bearer|Basic|Token)\s+/i, ""));
  }

  /** What an address holds of them. */
  addUrl(url: string): void {
    const { user, password, query } = urlSecrets(url);
    const secret = password ?? user;
    for (const one of [secret, ...query]) {
      this.add(one);
      this.add(decoded(one));
    }
    if (password !== undefined && secret !== "") this.add(Buffer.from(`${decoded(user)}:${decoded(password)}`).toString("base64"));
  }

  /** Everything: where a process begins anew, as between tests that share one. A process that has learned of a secret keeps it for its life. */
  clear(): void {
    this.#values.clear();
    this.#made = undefined;
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  /** Whether one stands in it as it is, or URL-, base64-, JSON- or HTML-escaped. */
  isIn(text: string): boolean {
    return this.#values.size > 0 && this.#forms.any.test(text);
  }

  /** Plain text. */
  redact(text: string): string {
    return this.isIn(text) ? text.replace(this.#forms.all, redaction) : text;
  }

  /** Text of which each line may be a JSON record: there what is signed stays as it is. */
  redactLines(text: string): string {
    if (!this.isIn(text)) return text;
    return text
      .split("\n")
      .map((line) => (this.isIn(line) ? this.#redactLine(line) : line))
      .join("\n");
  }

  /** Of a value that JSON could say: itself where there is nothing in it, else a copy. */
  redactValue<T>(value: T): T {
    return this.isEmpty ? value : (this.#walk(value, 0) as T);
  }

  /** For text that comes in pieces. */
  pieces(): PieceRedactor {
    return new PieceRedactor(this);
  }

  /** Where at the end of the text a secret may have begun; its length where none has. */
  openEnd(text: string): number {
    const { byFirst, longest } = this.#forms;
    for (let at = Math.max(0, text.length - longest + 1); at < text.length; at++) {
      const forms = byFirst.get(text.charCodeAt(at));
      if (forms === undefined) continue;
      const rest = text.slice(at);
      if (forms.some((form) => form.length > rest.length && form.startsWith(rest))) return at;
    }
    return text.length;
  }

  /** Made when something is first written after a secret was learned: at a start, several are learned at once. */
  get #forms(): Forms {
    this.#made ??= makeForms(this.#values);
    return this.#made;
  }

  #redactLine(line: string): string {
    if (/^\s*[{[]/.test(line)) {
      try {
        const record: unknown = JSON.parse(line);
        const redacted = this.redactValue(record);
        return redacted === record ? line : JSON.stringify(redacted) + (line.endsWith("\r") ? "\r" : "");
      } catch {
        // No record, then.
      }
    }
    return this.redact(line);
  }

  #walk(value: unknown, depth: number): unknown {
    if (typeof value === "string") return this.redact(value);
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
    if (depth > maxDepth) return this.#walkText(value);
    if (Array.isArray(value)) {
      let copy: unknown[] | undefined;
      for (let at = 0; at < value.length; at++) {
        const clean = this.#walk(value[at], depth + 1);
        if (clean === value[at]) continue;
        copy ??= value.slice();
        copy[at] = clean;
      }
      return copy ?? value;
    }
    let copy: Record<string, unknown> | undefined;
    for (const [key, one] of Object.entries(value)) {
      if (signed.test(key)) continue;
      const clean = this.#walk(one, depth + 1);
      const name = this.redact(key);
      if (clean === one && name === key) continue;
      copy ??= { ...(value as Record<string, unknown>) };
      if (name !== key) delete copy[key];
      copy[name] = clean;
    }
    return copy ?? value;
  }

  /** What lies too deep to be walked, or turns in a circle, which nobody can write down. */
  #walkText(value: object): unknown {
    try {
      const text = JSON.stringify(value);
      return this.isIn(text) ? JSON.parse(this.redact(text)) : value;
    } catch {
      return value;
    }
  }
}

/** Deeper than anything that was not made to be deep. */
const maxDepth = 100;

/** Holds back what may be the beginning of a secret until it is known. What comes out is what `redact` makes of the whole. */
export class PieceRedactor {
  readonly #secrets: SecretRegistry;
  #held = "";

  constructor(secrets: SecretRegistry) {
    this.#secrets = secrets;
  }

  push(piece: string): string {
    if (this.#secrets.isEmpty) return piece;
    const whole = this.#held + piece;
    const end = this.#secrets.openEnd(whole);
    this.#held = whole.slice(end);
    return this.#secrets.redact(end === whole.length ? whole : whole.slice(0, end));
  }

  /** What was held back, when no more comes. */
  end(): string {
    const rest = this.#secrets.redact(this.#held);
    this.#held = "";
    return rest;
  }
}

interface Forms {
  any: RegExp;
  all: RegExp;
  /** By their first UTF-16 unit. */
  byFirst: Map<number, string[]>;
  longest: number;
}

function makeForms(secrets: Iterable<string>): Forms {
  const forms = [...new Set([...secrets].flatMap(formsOf))];
  // Of two that begin alike the longer one is found first.
  forms.sort((a, b) => b.length - a.length);
  const source = forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|");
  const byFirst = new Map<number, string[]>();
  for (const form of forms) {
    const first = form.charCodeAt(0);
    byFirst.set(first, [...(byFirst.get(first) ?? []), form]);
  }
  return { any: new RegExp(source), all: new RegExp(source, "g"), byFirst, longest: forms[0]?.length ?? 0 };
}

/** As it is, and as it stands in URLs, forms, JSON (in JSON), HTML, as hex, and in base64 behind 0, 1 or 2 other bytes. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const url = encodeURIComponent(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const base64 = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // Only the characters that no neighbour has a part in.
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const forms = [
    ...[secret, url, url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()), url.replaceAll("%20", "+")],
    ...[
      json,
      json.replaceAll("/", "\\/"),
      JSON.stringify(json).slice(1, -1),
      html,
      html.replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
    ],
    ...[new URLSearchParams([["", secret]]).toString().slice(1), bytes.toString("hex"), bytes.toString("hex").toUpperCase()],
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    // Of bytes that are looked at one by one.
    bytes.toString("latin1"),
  ];
  return [...new Set(forms)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** One for the process, like its streams: whoever writes something out cannot have been forgotten by whoever learned of a secret. */
export const liveSecrets = new SecretRegistry();
