// Where the npm agent is installed (at $PI_PEER, else in the cache directory), its package, and the runtime it brings. Used by every test that
// compares the two or runs what it ships. Invariant: no other file knows the place, and none knows the version.

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

const cacheDirectory = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
export const npmAgentPath = process.env.PI_PEER ?? join(cacheDirectory, "pi-peer", "pi");

/** The installed program is a line of shell that names a runtime and a file of the package. */
const launcher = existsSync(npmAgentPath) ? readFileSync(npmAgentPath, "utf8").slice(0, 4096) : "";
export const npmAgentPackage = /"([^"]*\/package)\/dist\//.exec(launcher)?.[1] ?? resolve(dirname(npmAgentPath), "package");
export const npmAgentNode = /"([^"]*\/bin\/node)"/.exec(launcher)?.[1] ?? process.execPath;
