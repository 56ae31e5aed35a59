// Collects OpenRouter's `reasoning_details`, which must go back as they came. Used by decode; the signature also by encode.
// Source: https://openrouter.ai/docs/use-cases/reasoning-tokens (checked 2026-11). Invariant: fragments of one detail become one, order kept.

import { arrayOf, isObject, type Json, parseObject, stringOf } from "../shared/json.ts";

/** Fields that come in fragments; of all others the last value that is not null counts. */
const fragmentFields = ["text", "summary", "data"];

export class ReasoningDetails {
  #details: Json[] = [];

  get isEmpty(): boolean {
    return this.#details.length === 0;
  }

  /** Returns the readable text that the fragments add. */
  add(fragments: readonly unknown[]): string {
    let text = "";
    for (const fragment of fragments) {
      if (!isObject(fragment)) continue;
      text += stringOf(fragment.text) ?? stringOf(fragment.summary) ?? "";
      const open = this.#details.findLast((detail) => detail.type === fragment.type && detail.index === fragment.index);
      if (open === undefined || fragment.index === undefined) this.#details.push({ ...fragment });
      else merge(open, fragment);
    }
    return text;
  }

  /** What has been collected; nothing is left. */
  take(): Json[] {
    const details = this.#details;
    this.#details = [];
    return details;
  }
}

function merge(detail: Json, fragment: Json): void {
  for (const [key, value] of Object.entries(fragment)) {
    if (value === null || value === undefined) continue;
    const before = detail[key];
    detail[key] = fragmentFields.includes(key) && typeof before === "string" && typeof value === "string" ? before + value : value;
  }
}

/**
 * A thinking block's signature: the wire field its text came in and goes back in (as the npm agent writes it), or JSON with that field and the details.
 */
export function reasoningSignature(field: string, details: readonly Json[]): string {
  return details.length === 0 ? field : JSON.stringify({ field, details });
}

export function readReasoningSignature(signature: string): { field: string; details: Json[] } {
  const parsed = signature.startsWith("{") ? parseObject(signature) : undefined;
  if (parsed === undefined) return { field: signature, details: [] };
  return { field: stringOf(parsed.field) ?? "", details: arrayOf(parsed.details).filter(isObject) };
}
