// Bytes of somebody else's as text: UTF-8, UTF-16 with or without a mark, or none at all. Pure. Called for what is piped in and for `@file`s.
// Invariant: a byte order mark is no part of the text, and what is no text is said to be none instead of becoming signs of replacement.

/** As many bytes show which half of a UTF-16 unit is empty in text of the West. */
const sampleBytes = 4096;

/** Those that text has none of; bell, backspace, line ends, tabs and escape stand in what terminals are sent. */
const controls = /[\x00-\x06\x0e-\x1a\x1c-\x1f]/;

/** Nothing for binary data. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return utf8Text(bytes.subarray(3));
  if (first === 0xff && second === 0xfe) return utf16Text(bytes.subarray(2), false);
  if (first === 0xfe && second === 0xff) return utf16Text(bytes.subarray(2), true);
  if (!bytes.includes(0)) return utf8Text(bytes);
  const order = bytes.length % 2 === 0 ? utf16Order(bytes.subarray(0, sampleBytes)) : undefined;
  return order === undefined ? undefined : utf16Text(bytes, order === "big");
}

/** Broken characters of a text are replaced; where control characters stand among them it is no text. */
function utf8Text(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return text.includes("\ufffd") && controls.test(text) ? undefined : text;
}

function utf16Text(bytes: Uint8Array, isBigEndian: boolean): string | undefined {
  const units = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  const text = (isBigEndian ? units.swap16() : units).toString("utf16le");
  return controls.test(text) ? undefined : text;
}

/** By where the zeros stand: without a mark only text of which at least half the letters are ASCII is recognised. */
function utf16Order(sample: Uint8Array): "little" | "big" | undefined {
  const zeros = [0, 0];
  for (const [index, byte] of sample.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const enough = sample.length / 4;
  if (even === 0 && odd >= enough) return "little";
  return odd === 0 && even >= enough ? "big" : undefined;
}
