// A file's bytes as UTF-8 for those who look into it, and what becomes of them as bytes in the file's own encoding. Used by edit.
// Invariant: a file is never left in two encodings; what its encoding has not is refused.

import { type DetectedText, decodeText, detectText, encodeText, encodingName } from "../../contracts/text-encoding.ts";

export interface EncodedFile {
  /** UTF-8; the file's own bytes where they are that. */
  utf8: Uint8Array;
  /** The way back. Throws with a reason in words for the model. */
  encode(utf8: Buffer): Buffer;
}

/** Nothing for what is no text. */
export function openEncoded(bytes: Uint8Array): EncodedFile | undefined {
  const detected = detectText(bytes);
  if (detected === undefined) return undefined;
  if (detected.encoding === "utf-8") return { utf8: bytes, encode: (utf8) => utf8 };
  const text = decodeText(bytes, detected);
  const same = encodeText(text, detected);
  // Half a character at the end or a lone surrogate would not survive.
  if (!("bytes" in same) || !same.bytes.equals(bytes)) return undefined;
  return { utf8: Buffer.from(text), encode: (utf8) => encodeBack(utf8, detected) };
}

function encodeBack(utf8: Buffer, detected: DetectedText): Buffer {
  const encoded = encodeText(utf8.toString("utf8"), detected);
  if ("bytes" in encoded) return encoded.bytes;
  throw new Error(
    `The file is ${encodingName(detected)} text, which has no ${JSON.stringify(encoded.unencodable)}: ` +
      "use characters it has, or convert the file to UTF-8 first (bash: iconv)",
  );
}
