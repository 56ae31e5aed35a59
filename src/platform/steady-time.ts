// Time as it passes, over a clock that may be set back meanwhile. Called by who measures how long ago something was. Invariant: what it gives never falls,
// and goes on from where it was.

/** `now` in ms of a clock that people and programs set. */
export function steady(now: () => number): () => number {
  let lastMs = Number.NEGATIVE_INFINITY;
  let setBackMs = 0;
  return () => {
    const atMs = now() + setBackMs;
    if (atMs < lastMs) setBackMs += lastMs - atMs;
    lastMs = Math.max(atMs, lastMs);
    return lastMs;
  };
}
