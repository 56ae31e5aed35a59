#!/usr/bin/env node
// Binary entry: the version without loading anything, everything else through cli/main.

import { version } from "./contracts/version.ts";

if (process.argv.length === 3 && (process.argv[2] === "--version" || process.argv[2] === "-v")) {
  // console.log and nothing imported: half the time of any other way (docs/architecture.md, runtime facts).
  console.log(version);
} else {
  // Without a wait at the top: the build for Node makes a script of this file.
  void import("./cli/main.ts").then(({ start }) =>
    start({ hostModules: async () => (await import("./sdk/host-modules.ts")).hostModules() }),
  );
}
