// Keeps secrets out of what a host writes down about runs: logs, metrics, error lines, previews, what children and containers said. Made once
// by whoever writes, asked before anything is cut. Invariant: answers and session files do not come here, they are the user's own.

import { withoutSecretShapes } from "../../contracts/text/secret-shapes.ts";
import type { Env } from "../../platform/paths.ts";
import { looksLikeCredential } from "../../platform/processes/child-env.ts";
import { liveSecrets, SecretRegistry } from "../../platform/secrets.ts";

/** Shorter values of variables stand in too many words. */
const minLength = 8;

export interface Redaction {
  text(text: string): string;
  /** Of a value that JSON could say; its strings, and the names in it. */
  value<T>(value: T): T;
}

/** Knows the values of variables that look like credentials, all that this process has learned to be secret, and what looks like a key. */
export function redactionFor(env: Env, live: SecretRegistry = liveSecrets): Redaction {
  const own = new SecretRegistry();
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && value.length >= minLength && looksLikeCredential(name, value)) own.add(value);
  const text = (one: string): string => withoutSecretShapes(live.redact(own.redact(one)));
  const value = (one: unknown): unknown => {
    if (typeof one === "string") return text(one);
    if (Array.isArray(one)) return one.map(value);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [text(key), value(inner)]));
  };
  return { text, value: value as Redaction["value"] };
}
