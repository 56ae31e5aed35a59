// Collects OpenRouter's `reasoning_details`, which must go back as they came. Used by decode.
// Source: https://openrouter.ai/docs/use-cases/reasoning-tokens (checked 2026-11). Invariant: fragments of one detail become one, order kept.

import { isObject, type Json, stringOf } from "../shared/json.ts";

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

  /** What has been collected, as a signature; nothing is left. */
  take(): string {
    const signature = JSON.stringify(this.#details);
    this.#details = [];
    return signature;
  }
}

function merge(detail: Json, fragment: Json): void {
  for (const [key, value] of Object.entries(fragment)) {
    if (value === null || value === undefined) continue;
    const before = detail[key];
    detail[key] = fragmentFields.includes(key) && typeof before === "string" && typeof value === "string" ? before + value : value;
  }
}
