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

/**
 * Whether a word is a slip of a name, so near that it cannot well mean anything else: one edit, two in names from seven letters on, an `s` more or
 * less at the end; in names of three letters nothing but that `s`.
 */
export function isSlipOf(word: string, name: string): boolean {
  const typed = word.toLowerCase();
  if (typed === name || typed === `${name}s` || `${typed}s` === name) return true;
  const letters = name.replace(/^-+/, "").length;
  const most = letters >= 7 ? 2 : letters > 3 ? 1 : 0;
  return Math.abs(typed.length - name.length) <= most && editDistance(typed, name) <= most;
}

/** Insertions, deletions, substitutions and swaps of neighbours, also of those between which something was put or taken away. */
function editDistance(a: string, b: string): number {
  const columns = b.length + 2;
  const most = a.length + b.length;
  // One row and column more than letters: before the first of them nothing can be swapped.
  const distances = new Uint16Array((a.length + 2) * columns).fill(most);
  for (let i = 0; i <= a.length; i++) distances[(i + 1) * columns + 1] = i;
  for (let j = 0; j <= b.length; j++) distances[columns + j + 1] = j;
  const at = (i: number, j: number): number => distances[i * columns + j] ?? most;
  const lastRowOf = new Map<string, number>();
  for (let i = 1; i <= a.length; i++) {
    let lastColumn = 0;
    for (let j = 1; j <= b.length; j++) {
      const swapRow = lastRowOf.get(b[j - 1] ?? "") ?? 0;
      const swapColumn = lastColumn;
      const isSame = a[i - 1] === b[j - 1];
      if (isSame) lastColumn = j;
      distances[(i + 1) * columns + j + 1] = Math.min(
        at(i, j) + (isSame ? 0 : 1),
        at(i + 1, j) + 1,
        at(i, j + 1) + 1,
        at(swapRow, swapColumn) + (i - swapRow - 1) + 1 + (j - swapColumn - 1),
      );
    }
    lastRowOf.set(a[i - 1] ?? "", i);
  }
  return at(a.length + 1, b.length + 1);
}
