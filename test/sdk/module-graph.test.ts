// What importing an entry loads: followed through the static imports of the sources, types left out.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { loadedTogether } from "../../scripts/build.mjs";

const sourceRoot = resolve(import.meta.dirname, "../../src");

/** Modules and packages that are loaded with a file. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = readFileSync(file, "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  for (const match of source.matchAll(/^(?:import|export)\s+(?!type\b)([^"';]*?)from\s+"([^"]+)"|^import\s+"([^"]+)"/gm)) {
    const [, names = "", from, bare] = match;
    const specifier = from ?? bare ?? "";
    const named = /\{([^}]*)\}/
      .exec(names)?.[1]
      ?.split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
    const isTypesOnly = named !== undefined && named.length > 0 && named.every((one) => one.startsWith("type "));
    if (isTypesOnly) continue;
    if (!specifier.startsWith(".")) seen.add(specifier);
    else loadedWith(resolve(dirname(file), specifier), seen);
  }
  return seen;
}

const entry = (name: string): string[] =>
  [...loadedWith(join(sourceRoot, name))].map((one) => (existsSync(one) ? relative(sourceRoot, one) : one));

const entries = ["index.ts", "sdk/ai.ts", "sdk/agent.ts", "sdk/tools.ts", "sdk/session.ts", "sdk/rpc.ts", "sdk/runtime.ts"];

test.each(entries)("%s loads no package and no heavy part of the runtime", (name) => {
  const loaded = entry(name);
  expect(loaded.length).toBeGreaterThan(3);
  expect(loaded.filter((one) => !one.endsWith(".ts") && !one.startsWith("node:"))).toEqual([]);
  expect(loaded.filter((one) => /^node:(child_process|crypto|http|https|net|tls|zlib|readline|stream|util)$/.test(one))).toEqual([]);
  expect(loaded.filter((one) => /^(cli|providers\/(anthropic|openai|google)[^/]*)\//.test(one))).toEqual([]);
});

test.each([
  ["sdk/rpc.ts", /^(harness|agent|providers|tools|session|config|resources)\//],
  ["sdk/runtime.ts", /^(harness|agent|providers|accounts|tools|session|config|resources|modes|platform)\//],
  ["sdk/agent.ts", /^(harness|providers|tools|session|config|resources|modes)\//],
  ["sdk/tools.ts", /^(harness|providers|agent|session|config|resources|modes)\//],
  ["sdk/session.ts", /^(harness|providers|agent|tools|config|resources|modes)\//],
  ["sdk/ai.ts", /^(agent|tools|session|resources|modes)\//],
  // But for the client of RPC, which is one of its names.
  ["index.ts", /^modes\/(?!rpc\/(client|rpc-calls|rpc-connection|event-feed)\.ts)/],
])("%s loads nothing of %s", (name, foreign) => {
  expect(entry(name).filter((one) => foreign.test(one))).toEqual([]);
});

const tables = ["contracts/events.ts", "contracts/entries.ts", "contracts/error-codes.ts", "contracts/message-shapes.ts"];

test.each([
  "main.ts",
  "cli/main.ts",
  "cli/run-mode.ts",
  "modes/print.ts",
  "modes/json.ts",
  "modes/rpc/serve.ts",
  "modes/rpc/client.ts",
  ...entries,
])("%s starts without the tables that schemas and documents are made from", (name) => {
  expect(entry(name).filter((one) => tables.includes(one) || one === "modes/rpc/schemas.ts")).toEqual([]);
});

test("the tables are loaded by what prints them; nothing else names them but for types", () => {
  const reads = (file: string): boolean => {
    const direct = loadedWith(file, new Set());
    return tables.some((table) => direct.has(join(sourceRoot, table)));
  };
  const files = readdirSync(sourceRoot, { recursive: true, encoding: "utf8" }).filter(
    (one) => one.endsWith(".ts") && !tables.includes(one),
  );
  expect(files.filter((one) => reads(join(sourceRoot, one))).sort()).toEqual(["modes/rpc/schemas.ts"]);
});

test.each(["main.ts", "cli/main.ts", "cli/run-mode.ts", "modes/print.ts", ...entries.filter((one) => one !== "sdk/runtime.ts")])(
  "%s loads nothing of what hosts use",
  (name) => {
    expect(entry(name).filter((one) => one.startsWith("runtime/"))).toEqual([]);
  },
);

test("what a run loads before its request takes no more of the runtime than files and paths", () => {
  const loaded = Object.entries(loadedTogether)
    .flatMap(([name, sources]) => (name === "tools.mjs" ? [] : sources))
    .filter((one) => one.endsWith(".ts"))
    .flatMap(entry);
  expect(loaded.length).toBeGreaterThan(100);
  // Each of the others takes a tenth of a millisecond and more: `process.getBuiltinModule`, or an import, where it is needed.
  expect([...new Set(loaded)].filter((one) => !one.endsWith(".ts")).sort()).toEqual(["node:fs", "node:path"]);
});
