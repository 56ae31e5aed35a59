// Milliseconds that never come twice and never go back in this process, whatever its clock does: names in which order is time.
// Called by who writes files that others take in the order of their names.

let last = 0;

/** `now` in Unix ms, or the first millisecond behind the last one that was given. */
export function risingMs(now: number): number {
  last = Math.max(Math.trunc(now), last + 1);
  return last;
}
