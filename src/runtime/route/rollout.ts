// Which share of the groups has another runtime than the default: a draw that is the same every time. Asked by `route`. Pure.
// Invariant: whoever is in at one percentage is in at every higher one.

import { sha256Hex } from "../../platform/files/sha256.ts";

/** From 0 to below 100. */
export function bucketOf(group: string, salt: string): number {
  const head = Number.parseInt(sha256Hex(new TextEncoder().encode(`${salt}:${group}`)).slice(0, 8), 16);
  return (head / 2 ** 32) * 100;
}
