// Writes docs/rpc.md and docs/errors.md from the tables. `node scripts/rpc-doc.mjs` (Bun or a Node that strips types; a test says when it is due).

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bunPath } from "./build.mjs";

const root = resolve(fileURLToPath(import.meta.url), "../..");
for (const [name, make] of [
  ["rpc", "rpcDocument"],
  ["errors", "errorsDocument"],
]) {
  const program = `import { ${make} } from "./src/modes/rpc/schemas.ts"; process.stdout.write(${make}());`;
  const { status, stdout, stderr } = spawnSync(bunPath(), ["-e", program], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  writeFileSync(join(root, `docs/${name}.md`), stdout);
}
