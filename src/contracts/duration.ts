// Lengths of time as people write them: `90s`, `30m`, `1h30m`, `500ms`, `2w`, `6mo`, `1y`. Used by options and settings.

const dayMs = 86_400_000;
const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: dayMs, w: 7 * dayMs, mo: 30 * dayMs, y: 365 * dayMs };

/** Milliseconds; `undefined` when the text is no duration. A number needs its unit; `0` alone is allowed. */
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
  return Math.round(total);
}
