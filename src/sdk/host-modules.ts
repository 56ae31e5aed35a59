// What extensions import by name: the file of ours behind each name. Handed to the command line by main, used by the library's resource loader.
// Invariant: naming a module loads nothing; each is an entry of every build, so that it is the same instance as the program's own.

import type { HostModules } from "../platform/modules/module-loader.ts";

/** A file in `host-modules/`, or an entry of the library, by the name that extensions import. */
const modules: Readonly<Record<string, string>> = {
  pi: "index",
  "pi/agent": "sdk/agent",
  "pi/ai": "sdk/ai",
  "pi/session": "sdk/session",
  "pi/tools": "sdk/tools",
  ...underBothNames({ "pi-coding-agent": "pi-coding-agent" }, ""),
  ...underBothNames({
    "pi-agent-core": "pi-agent-core",
    "pi-ai": "pi-ai",
    "pi-ai/compat": "pi-ai",
    "pi-ai/models": "pi-ai-models",
    "pi-ai/oauth": "pi-ai-oauth",
    "pi-ai/providers/all": "pi-ai-providers",
    "pi-tui": "pi-tui",
  }),
  typebox: "sdk/host-modules/typebox",
  "typebox/compile": "sdk/host-modules/typebox-compile",
  "typebox/value": "sdk/host-modules/typebox-value",
  "@sinclair/typebox": "sdk/host-modules/typebox",
  "@sinclair/typebox/compiler": "sdk/host-modules/typebox-compile",
  "@sinclair/typebox/compile": "sdk/host-modules/typebox-compile",
  "@sinclair/typebox/value": "sdk/host-modules/typebox-value",
};

function underBothNames(names: Readonly<Record<string, string>>, folder = "sdk/host-modules/"): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, file]) =>
      ["@earendil-works", "@mariozechner"].map((scope) => [`${scope}/${name}`, `${folder}${file}`]),
    ),
  );
}

export function hostModules(): HostModules {
  return new Map(Object.entries(modules).map(([name, entry]) => [name, entryUrl(entry)]));
}

/** Sources lie in folders, entries of a build side by side: in the binary under its root, on Node beside or above this chunk. */
function entryUrl(entry: string): URL {
  const here = import.meta.url;
  if (here.endsWith(".ts")) return new URL(`../${entry}.ts`, here);
  const [embedded] = /^.*\/(?:\$bunfs|~BUN)\/[^/]+\//.exec(here) ?? [];
  if (embedded !== undefined) return new URL(`${embedded}${entry}.js`);
  return new URL(`${here.includes("/chunks/") ? "../" : "./"}${entry.replace(/^.*\//, "")}.mjs`, here);
}
