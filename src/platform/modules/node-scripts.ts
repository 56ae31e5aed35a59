// Entry `scripts.cjs` of the build for Node: the one owner of its scripts, for the program's entry and for modules alike, which find it as Node's `require`
// and `import` find the same module. Invariant: nothing is read before a script is asked for.

import { join } from "node:path";
import { agentDirectory } from "../paths.ts";
import { processPlace } from "../processes/process-place.ts";
import { ScriptsOfBuild } from "./scripts-of-build.ts";

/** Put in by the build: what it made, and `module.path`, which the bundler would take for that of this source. */
declare const HASHES_OF_SCRIPTS: Readonly<Record<string, string>>;
declare const FOLDER_OF_BUILD: string;

export const scriptsOfBuild = new ScriptsOfBuild({
  folder: join(FOLDER_OF_BUILD, "chunks"),
  hashes: HASHES_OF_SCRIPTS,
  agentDir: () => {
    const { env, cwd, homeDir } = processPlace();
    return agentDirectory(env, homeDir, cwd);
  },
  importModule: (url) => import(url) as Promise<Record<string, unknown>>,
});
