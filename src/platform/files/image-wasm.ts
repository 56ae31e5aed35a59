// The bytes of the image codec that comes with us: an embedded asset, or the installed package's file when run from sources. Called by main for tools.

import { readFile } from "node:fs/promises";

/** The asset's name. */
const imageWasmAsset = "photon.wasm";

/** `readAsset` throws or gives nothing where none is embedded. The result rejects where there is no codec at all. */
export function imageWasmLoader(readAsset: (name: string) => Uint8Array | undefined): () => Promise<Uint8Array> {
  return async () => {
    try {
      const embedded = readAsset(imageWasmAsset);
      if (embedded !== undefined) return embedded;
    } catch {
      // Not embedded: run from sources.
    }
    const { createRequire } = await import("node:module");
    return readFile(createRequire(import.meta.url).resolve("@cf-wasm/photon/photon.wasm"));
  };
}
