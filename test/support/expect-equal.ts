// Whether two large values are the same: for comparisons by the thousand, or of thousands. Used by tests of sessions.
// Invariant: what differs is told as `expect` tells it.

import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";

/** `expect` alone would take most of the time. */
export function expectEqual(found: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(found, wanted)) expect(found).toEqual(wanted);
}
