// Compiled code of the program kept between runs, where Node can (22.1 and later): compiling what a run loads takes it a tenth of the way to its
// request. Called by cli/main before a run's code is loaded. Invariant: it lies where the user's own extensions and keys do, in nothing that is not
// there, and nothing fails for want of it.

import { existsSync } from "node:fs";
import { join } from "node:path";

type Enable = (directory: string) => unknown;

/** On Node; in the binary the code is compiled already. */
export function keepCompiled(agentDir: string, enable: Enable | undefined = enableOnNode()): void {
  if (enable !== undefined && existsSync(agentDir)) enable(join(agentDir, "cache", "compiled"));
}

function enableOnNode(): Enable | undefined {
  if (process.versions.bun !== undefined) return undefined;
  return (process.getBuiltinModule("node:module") as { enableCompileCache?: Enable }).enableCompileCache;
}
