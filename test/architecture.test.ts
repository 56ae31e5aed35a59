// The one structural rule a machine enforces: imports point to the right in
// main, index > cli, entries > modes, runtime > harness > { agent providers tools session config resources extensions } > platform > contracts.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";

const sourceRoot = resolve(import.meta.dirname, "../src");

const rank: Record<string, number> = {
  main: 0,
  index: 0,
  cli: 1,
  entries: 1,
  modes: 2,
  runtime: 2,
  harness: 3,
  agent: 4,
  providers: 4,
  tools: 4,
  session: 4,
  config: 4,
  resources: 4,
  extensions: 4,
  platform: 5,
  contracts: 6,
};

const files = readdirSync(sourceRoot, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => join(entry.parentPath, entry.name));

/** First folder below src, or the file's stem for files directly in src. */
function layerOf(file: string): string {
  const first = relative(sourceRoot, file).split(sep)[0] ?? "";
  return first.replace(/\.ts$/, "");
}

/** Paths of all static, type-only and lazy imports of a file that lie in src. */
function importsOf(file: string): string[] {
  const source = readFileSync(file, "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  const specifiers = [...source.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)["'](\.[^"']+)["']/g)].map((match) => match[1] ?? "");
  return specifiers.map((specifier) => resolve(dirname(file), specifier));
}

test("there are files to look at, in layers that are known", () => {
  expect(files.length).toBeGreaterThan(10);
  expect([...new Set(files.map(layerOf))].filter((layer) => !(layer in rank))).toEqual([]);
});

test("every import points to its own layer or to one on its right", () => {
  const wrong: string[] = [];
  for (const file of files) {
    const from = layerOf(file);
    for (const target of importsOf(file)) {
      if (!target.startsWith(sourceRoot + sep)) {
        if (!target.endsWith("package.json")) wrong.push(`${relative(sourceRoot, file)} leaves src: ${target}`);
        continue;
      }
      const to = layerOf(target);
      if (from !== to && (rank[from] ?? 99) >= (rank[to] ?? -1)) wrong.push(`${relative(sourceRoot, file)} (${from}) imports ${to}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("no import cycles, type imports included", () => {
  const graph = new Map(files.map((file) => [file, importsOf(file)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      cycles.push([...path.slice(start), file].map((one) => relative(sourceRoot, one)).join(" > "));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});

test("every file starts with what it is", () => {
  const bare = files.filter((file) => !readFileSync(file, "utf8").startsWith("// ") && !readFileSync(file, "utf8").startsWith("#!"));
  expect(bare.map((file) => relative(sourceRoot, file))).toEqual([]);
});

test("only platform and main touch the runtime's globals", () => {
  const pattern = /\bprocess\.(env|cwd|exit|argv|stdout|stdin|stderr|chdir|kill|on)\b|\bBun\./;
  const found = files
    .filter((file) => !["platform", "main"].includes(layerOf(file)))
    .flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .flatMap((line, index) =>
          !/^\s*(\/\/|\*)/.test(line) && pattern.test(line) ? [`${relative(sourceRoot, file)}:${index + 1}`] : [],
        ),
    );
  expect(found).toEqual([]);
});
