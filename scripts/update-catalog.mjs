// Brings src/assets/catalog up to date from a list in the public models.dev format: node scripts/update-catalog.mjs [URL or file]
// The mapping is the product's own TypeScript, so that this and `pi models refresh` agree; it runs under Bun.

import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { writeModelIds } from "./model-ids.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

if (process.versions.bun === undefined) {
  const { bunPath } = await import("./build.mjs");
  const { status } = spawnSync(bunPath(), [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} else {
  const { refreshCatalog, modelsDevUrl } = await import("../src/harness/models/refresh-catalog.ts");
  const { catalogModels, embeddedProviders } = await import("../src/providers/catalog.ts");
  const [source = modelsDevUrl, targetDir = join(root, "src", "assets", "catalog")] = process.argv.slice(2);
  await mkdir(targetDir, { recursive: true });
  const refreshed = await refreshCatalog({
    source,
    providers: embeddedProviders,
    models: (provider) => catalogModels(provider),
    targetDir,
    fetch,
    readTextFile: (path) => readFile(path, "utf8"),
    writeAtomic: (path, text) => writeFile(path, text),
  });
  if (process.argv[3] === undefined) writeModelIds();
  for (const { provider, models, added, changed } of refreshed) {
    console.log(`${provider}: ${models} models, ${added.length} new, ${changed.length} changed`);
  }
}
