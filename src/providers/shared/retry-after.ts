// When a service says to come back: Retry-After and the vendors' own reset headers. Called by the failure readers.
// Sources: RFC 9110 §10.2.3; https://platform.claude.com/docs/en/api/rate-limits; https://platform.openai.com/docs/guides/rate-limits (checked 2026-11).

/** What a `Date` can hold: whoever says more has no moment in mind. */
const lastMomentMs = 8.64e15;

interface Limit {
  reset: string;
  remaining: string;
}

const limits = (): Limit[] =>
  ["requests", "tokens", "input-tokens", "output-tokens"].flatMap((kind) => [
    { reset: `anthropic-ratelimit-${kind}-reset`, remaining: `anthropic-ratelimit-${kind}-remaining` },
    { reset: `x-ratelimit-reset-${kind}`, remaining: `x-ratelimit-remaining-${kind}` },
  ]);

/**
 * Unix ms before which another try is useless, or undefined where the service said nothing. `limited`: a limit was met, so that the reset headers,
 * which many services send with every answer, count.
 */
export function retryAtOf(headers: Headers, nowMs: number, limited: boolean): number | undefined {
  const milliseconds = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  if (Number.isFinite(milliseconds)) return heldByDates(nowMs + Math.max(0, milliseconds));
  const retryAfter = headers.get("retry-after");
  if (retryAfter !== null) {
    const at = momentOf(retryAfter, nowMs);
    if (at !== undefined) return at;
  }
  if (!limited) return undefined;
  const unified = headers.get("anthropic-ratelimit-unified-reset") ?? headers.get("x-ratelimit-reset");
  if (unified !== null) {
    const at = momentOf(unified, nowMs);
    if (at !== undefined) return at;
  }
  return resetOfLimits(headers, nowMs);
}

/** The latest reset of the limits that are used up; where none says so, of the token limits, of which too few may have been left for the request. */
function resetOfLimits(headers: Headers, nowMs: number): number | undefined {
  let spent: number | undefined;
  let tokens: number | undefined;
  for (const limit of limits()) {
    const value = headers.get(limit.reset);
    const at = value === null ? undefined : momentOf(value, nowMs);
    if (at === undefined) continue;
    if (limit.reset.includes("tokens")) tokens = Math.max(tokens ?? at, at);
    if (headers.get(limit.remaining)?.trim() === "0") spent = Math.max(spent ?? at, at);
  }
  return spent ?? tokens;
}

/** A moment in any of the forms in use: seconds from now, Unix seconds or ms, `1m30.5s`, `250ms`, an HTTP or ISO date. */
export function momentOf(text: string, nowMs: number): number | undefined {
  const value = text.trim();
  if (/^\d+(\.\d+)?$/.test(value)) {
    const number = Number(value);
    if (number > 1e11) return heldByDates(number);
    return number > 1e9 ? number * 1000 : nowMs + number * 1000;
  }
  const durationMs = durationOf(value);
  if (durationMs !== undefined) return heldByDates(nowMs + durationMs);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(date, nowMs);
}

function heldByDates(momentMs: number): number | undefined {
  return momentMs <= lastMomentMs ? momentMs : undefined;
}

function durationOf(text: string): number | undefined {
  const match = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/.exec(text);
  if (match === null || text === "") return undefined;
  const [days, hours, minutes, seconds, milliseconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 + (seconds ?? 0) * 1000 + (milliseconds ?? 0);
}
