// Counting LF in large buffers, four bytes at a time: the inner loop of reading big files and of big command output.

const noWords = new Int32Array(0);

/** Number of LF bytes. */
export function countNewlines(bytes: Uint8Array): number {
  const length = bytes.length;
  let at = 0;
  let count = 0;
  for (; at < length && ((bytes.byteOffset + at) & 3) !== 0; at++) if (bytes[at] === 10) count++;
  const wordCount = (length - at) >> 2;
  // A view must be aligned even where it holds nothing, and a short piece may end before it is.
  const words = wordCount === 0 ? noWords : new Int32Array(bytes.buffer, bytes.byteOffset + at, wordCount);
  for (let index = 0; index < wordCount; ) {
    // 255 rounds fill at most the eight bits that each byte lane of the sum has.
    const end = Math.min(wordCount, index + 255);
    let sum = 0;
    for (; index < end; index++) {
      const word = (words[index] as number) ^ 0x0a0a0a0a;
      sum = (sum + (~(((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word | 0x7f7f7f7f) >>> 7)) | 0;
    }
    count += (sum & 255) + ((sum >>> 8) & 255) + ((sum >>> 16) & 255) + (sum >>> 24);
  }
  for (at += wordCount * 4; at < length; at++) if (bytes[at] === 10) count++;
  return count;
}

/** Index behind the n-th LF (n from 1), or -1 when there are fewer. */
export function indexAfterNewline(bytes: Uint8Array, n: number): number {
  let at = 0;
  for (let found = 0; found < n; found++) {
    const next = bytes.indexOf(10, at);
    if (next < 0) return -1;
    at = next + 1;
  }
  return at;
}
