// "Did you mean": the nearest known name to one that is unknown. Used by options, settings, models and tools.

/** The candidate with the smallest edit distance, when it is near enough to be a likely slip; of two, the one of nearer length. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  // Of a word of two letters a slip leaves nothing to recognise it by.
  const limit = name.length < 3 ? 0 : name.length < 5 ? 1 : Math.max(2, Math.floor(name.length / 3));
  let bestDistance = limit + 1;
  const wanted = name.toLowerCase();
  for (const candidate of candidates) {
    if (Math.abs(name.length - candidate.length) >= bestDistance) continue;
    // The fraction decides between equals.
    const distance = editDistance(wanted, candidate.toLowerCase()) + Math.abs(name.length - candidate.length) / 1000;
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours. Three rows, since this may run over a thousand models. */
function editDistance(a: string, b: string): number {
  let [beforeLast, last, current] = [0, 1, 2].map(() => new Uint16Array(b.length + 1)) as [Uint16Array, Uint16Array, Uint16Array];
  for (let j = 0; j <= b.length; j++) last[j] = j;
  for (let i = 1; i <= a.length; i++) {
    current[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const substitution = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(substitution, (last[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, (beforeLast[j - 2] ?? 0) + 1);
      current[j] = distance;
    }
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return last[b.length] ?? 0;
}
