// The head that nearly all lines of a session file have: `{"type":"message","id":"<8 characters>","parentId":"<8 characters>",`.
// Compared word by word in the two loops over all lines, scan-messages and scan-back.

export const typeHead = '{"type":"message","id":"';
/** Behind the id. */
export const parentHead = '","parentId"';
/** Of the whole head. */
export const headBytes = 56;

/** Big-endian words of four bytes. */
export function wordsOf(text: string): Int32Array {
  const bytes = Buffer.from(text);
  return Int32Array.from({ length: bytes.length / 4 }, (_, word) => bytes.readInt32BE(4 * word));
}
