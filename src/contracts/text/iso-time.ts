// A point in time as ISO 8601 in UTC, as files, records and pages hold it. Called by whoever writes one. Invariant: the text is what `Date` itself would give,
// which on Node looks up the local time zone and its name for it: a megabyte of tables that nothing else of a run needs.

/** `2026-11-20T10:03:07.250Z`. `ms`: Unix ms; a time that no date can have is a RangeError, as with `Date`. */
export function isoTime(ms: number): string {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  if (Number.isNaN(year)) throw new RangeError(`${ms} is no point in time`);
  const yearText = year >= 0 && year <= 9999 ? digits(year, 4) : `${year < 0 ? "-" : "+"}${digits(Math.abs(year), 6)}`;
  const day = `${yearText}-${digits(date.getUTCMonth() + 1, 2)}-${digits(date.getUTCDate(), 2)}`;
  const time = `${digits(date.getUTCHours(), 2)}:${digits(date.getUTCMinutes(), 2)}:${digits(date.getUTCSeconds(), 2)}`;
  return `${day}T${time}.${digits(date.getUTCMilliseconds(), 3)}Z`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, "0");
}
