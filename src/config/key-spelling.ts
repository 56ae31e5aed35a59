// The two spellings of a setting: in files with `_`, in the program in camel case. Used wherever one becomes the other. Pure.

/** `retry.max_delay_ms` becomes `retry.maxDelayMs`. */
export function camelCase(key: string): string {
  if (!key.includes("_")) return key;
  const [first = "", ...words] = key.split("_");
  let property = first;
  for (const word of words) {
    const upper = word.charAt(0).toUpperCase();
    // A digit, or a small letter.
    const begins = word !== "" && (upper !== word.charAt(0) || (upper >= "0" && upper <= "9"));
    property += begins ? upper + word.slice(1) : `_${word}`;
  }
  return property;
}

export function snakeCase(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
