// Recognises images by their first bytes, never by name.

export type ImageType = "image/png" | "image/jpeg" | "image/gif" | "image/webp";

/** `start` is the beginning of the file, 12 bytes or more. */
export function imageTypeOf(start: Uint8Array): ImageType | undefined {
  const has = (offset: number, text: string): boolean => {
    for (let index = 0; index < text.length; index++) if (start[offset + index] !== text.charCodeAt(index)) return false;
    return true;
  };
  if (has(0, "\x89PNG\r\n\x1a\n")) return "image/png";
  if (has(0, "\xff\xd8\xff")) return "image/jpeg";
  if (has(0, "GIF87a") || has(0, "GIF89a")) return "image/gif";
  return has(0, "RIFF") && has(8, "WEBP") ? "image/webp" : undefined;
}
