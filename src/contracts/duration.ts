// Lengths of time as people write them: `90s`, `30m`, `1h30m`, `500ms`, `2w`, `6mo`, `1y`. Used by options and settings;
// and how long timers can be, used by all who set one to a length that somebody else has said.

const dayMs = 86_400_000;
const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: dayMs, w: 7 * dayMs, mo: 30 * dayMs, y: 365 * dayMs };

/** Milliseconds; `undefined` when the text is no duration, or a longer one than can be counted. A number needs its unit; `0` alone is allowed. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  // What stands for none is read at every start.
  if (trimmed === "0" || trimmed === "0s") return 0;
  const length = /(\d+(?:\.\d+)?)(ms|mo|s|m|h|d|w|y)/y;
  let total = 0;
  do {
    const [, amount, unit = ""] = length.exec(trimmed) ?? [];
    if (amount === undefined) return undefined;
    total += Number(amount) * (unitMs[unit] ?? 0);
  } while (length.lastIndex < trimmed.length);
  return total <= Number.MAX_SAFE_INTEGER ? Math.round(total) : undefined;
}

/** The longest length that timers take, some 24 days; one that is longer they take for 1 ms. */
export const longestTimerMs = 2 ** 31 - 1;

/** What to set a timer to for this length. Infinity, too, is then a long time and no millisecond. */
export function timerMs(lengthMs: number): number {
  return Math.min(lengthMs, longestTimerMs);
}

/** What to set a timer to for a limit that an extension has said; `undefined` where that is none: 0, less, no number. */
export function timeLimitMs(said: number | undefined): number | undefined {
  return said !== undefined && said > 0 ? Math.ceil(timerMs(said)) : undefined;
}
