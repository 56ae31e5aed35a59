// The user's config.toml as it stands there, read at once for callers that are answered at once. Used by user-settings and own-stores.
// Invariant: reading never throws, and what it tells of a broken file holds none of its text.

import { createRequire } from "node:module";
import { PiError } from "../../contracts/error.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";
import { userConfigFile } from "../../platform/paths.ts";

/** Empty where there is none, and where it cannot be read, which `failed` is told. */
export function readUserFile(agentDir: string, failed: (file: string, error: PiError) => void): Record<string, unknown> {
  const file = userConfigFile(agentDir);
  const found = readBoundedText(file);
  if (found === undefined) return {};
  if ("leftOut" in found) {
    failed(file, new PiError("config.syntax", `${file} cannot be read: ${found.why}`));
    return {};
  }
  try {
    // At once, since this answers at once, and only where there is such a file.
    const { parse } = createRequire(import.meta.url)("smol-toml") as typeof import("smol-toml");
    return parse(found.text);
  } catch {
    // The parser quotes the file, which may hold a key.
    failed(file, new PiError("config.syntax", `${file}: not valid TOML`));
    return {};
  }
}
