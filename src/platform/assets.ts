// Files that travel with the program (catalogue, templates, ripgrep): read on first use. Works from sources, from dist/node and in the binary.

import { readFileSync } from "node:fs";

/** `name` is relative to the assets folder, for example `catalog/anthropic.json`. */
function assetUrl(name: string): URL {
  return new URL(`../assets/${name}`, import.meta.url);
}

export function readAsset(name: string): string {
  return readFileSync(assetUrl(name), "utf8");
}

export function readBinaryAsset(name: string): Uint8Array {
  return readFileSync(assetUrl(name));
}

export function assetPath(name: string): string {
  return process.getBuiltinModule("node:url").fileURLToPath(assetUrl(name));
}
