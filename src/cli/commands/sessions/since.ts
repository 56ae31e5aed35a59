// What a user says for a point in time. Called by list, search and stats.

import { parseDuration } from "../../../contracts/duration.ts";
import { PiError } from "../../../contracts/error.ts";

/** Unix ms of `7d` (ago) or of a day or time as ISO 8601 writes it; a day begins at local midnight. */
export function parseSince(text: string, nowMs: number): number {
  const duration = parseDuration(text);
  if (duration !== undefined) return nowMs - duration;
  const time = /^\d{4}-\d\d-\d\d$/.test(text)
    ? Date.parse(`${text}T00:00:00`)
    : /^\d{4}-\d\d-\d\dT/.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new PiError("usage.bad_value", `--since ${JSON.stringify(text)} is neither a length of time nor a day`, {
    hint: "For example --since 7d or --since 2026-11-01",
  });
}
