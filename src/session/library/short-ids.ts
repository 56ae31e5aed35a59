// Short forms of session ids that are accepted as references. Pure; called by the session commands.
// Invariant: a short form is a prefix of one id only.

/** Of a UUID of version 7 this much is its time in milliseconds: less would soon mean the next session as well. */
const timePrefix = /^[0-9a-f]{8}-[0-9a-f]{4}(?=-7)/;
const leastLength = 8;

/** What shortens an id among others; an id that is not among them is treated as if it were. */
export function idShortener(ids: readonly string[]): (id: string) => string {
  const sorted = [...new Set(ids)].sort();
  return (id) => {
    const at = lowerBound(sorted, id);
    const neighbours = [sorted[at - 1], sorted[at] === id ? sorted[at + 1] : sorted[at]];
    const shared = Math.max(...neighbours.map((other) => (other === undefined ? 0 : sharedLength(id, other))));
    const wanted = Math.max(timePrefix.exec(id)?.[0].length ?? leastLength, shared + 1);
    // A dash at the end says nothing and is easily lost.
    return id.slice(0, id[wanted - 1] === "-" ? wanted + 1 : wanted);
  };
}

function lowerBound(sorted: readonly string[], id: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
