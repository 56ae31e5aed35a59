// Writes src/assets/model-ids.json, the ids of all embedded models by provider, so that a name can be looked for without reading every catalogue.
// Called by the build and by update-catalog; by itself: node scripts/model-ids.mjs

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const assets = join(import.meta.dirname, "../src/assets");

/** One provider a line. */
export function writeModelIds(target = join(assets, "model-ids.json")) {
  const lines = readdirSync(join(assets, "catalog"))
    .sort()
    .map((name) => {
      const ids = JSON.parse(readFileSync(join(assets, "catalog", name), "utf8")).map(({ id }) => id);
      return `${JSON.stringify(name.replace(/\.json$/, ""))}:${JSON.stringify(ids)}`;
    });
  writeFileSync(target, `{\n${lines.join(",\n")}\n}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeModelIds();
