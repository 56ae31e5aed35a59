import { expect, test } from "vitest";
import { momentOf, retryAtOf } from "../../../src/providers/shared/retry-after.ts";

const now = Date.parse("2026-11-21T12:00:00Z");

test.each<[string, number | undefined]>([
  ["7", 7000],
  ["0", 0],
  ["1.5", 1500],
  ["Sat, 21 Nov 2026 12:00:30 GMT", 30_000],
  ["Sat, 21 Nov 2026 11:00:00 GMT", 0],
  ["2026-11-21T12:01:00Z", 60_000],
  ["6m0s", 360_000],
  ["2m59.56s", 179_560],
  ["1h2m3s", 3_723_000],
  ["250ms", 250],
  ["34s", 34_000],
  ["1d", 86_400_000],
  [String((now + 5000) / 1000), 5000],
  [String(now + 5000), 5000],
  ["99999999999999999999", undefined],
  ["99999999999999999999s", undefined],
  ["soon", undefined],
  ["", undefined],
])("%s is so many ms from now: %s", (text, delta) => {
  expect(momentOf(text, now)).toBe(delta === undefined ? undefined : now + delta);
});

test.each<[string, Record<string, string>, number | undefined]>([
  ["nothing", {}, undefined],
  ["retry-after-ms before retry-after", { "retry-after-ms": "1200", "retry-after": "9" }, 1200],
  ["retry-after before reset headers", { "retry-after": "9", "x-ratelimit-reset-tokens": "1s" }, 9000],
  [
    "the used-up limit of several",
    {
      "x-ratelimit-reset-requests": "20h",
      "x-ratelimit-remaining-requests": "12",
      "x-ratelimit-reset-tokens": "3s",
      "x-ratelimit-remaining-tokens": "0",
    },
    3000,
  ],
  ["tokens, where none is told as used up", { "x-ratelimit-reset-requests": "20h", "x-ratelimit-reset-tokens": "4s" }, 4000],
  [
    "Anthropic's dates",
    { "anthropic-ratelimit-input-tokens-reset": "2026-11-21T12:00:20Z", "anthropic-ratelimit-input-tokens-remaining": "0" },
    20_000,
  ],
  ["a moment that no calendar has", { "retry-after-ms": "1e300" }, undefined],
  ["Anthropic's subscription", { "anthropic-ratelimit-unified-reset": String(now / 1000 + 3600) }, 3_600_000],
  ["OpenRouter's Unix ms", { "x-ratelimit-reset": String(now + 1000) }, 1000],
])("%s", (_name, headers, delta) => {
  expect(retryAtOf(new Headers(headers), now, true)).toBe(delta === undefined ? undefined : now + delta);
});

test("reset headers say nothing where no limit was met", () => {
  expect(retryAtOf(new Headers({ "x-ratelimit-reset-tokens": "1s" }), now, false)).toBeUndefined();
  expect(retryAtOf(new Headers({ "retry-after": "2" }), now, false)).toBe(now + 2000);
});
