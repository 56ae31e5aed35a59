// `crypto.randomUUID` of the build for Node: the first look at the runtime's `crypto` loads all of the web's cryptography, and streams with it. Made known by
// node-globals. Invariant: as hard to guess as the runtime's own.

import { closeSync, openSync, readSync } from "node:fs";

export function nodeRandomUUID(source = "/dev/urandom"): string {
  const bytes = systemBytes(source);
  if (bytes === undefined) return globalThis.crypto.randomUUID();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Nothing where the system has no such file. */
function systemBytes(source: string): Buffer | undefined {
  const bytes = Buffer.alloc(16);
  try {
    const descriptor = openSync(source, "r");
    try {
      return readSync(descriptor, bytes) === bytes.length ? bytes : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
