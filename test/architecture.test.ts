// The structural rules a machine enforces: imports, types and lazy ones too, point to the right in
// main, pi-coding-agent > index > cli, sdk > modes, runtime > harness > { the thirteen in braces } > platform > contracts,
// the rooms of harness and session among themselves likewise.

import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";

const sourceRoot = resolve(import.meta.dirname, "../src");
const testRoot = import.meta.dirname;

/** Left to right; those in one list do not know each other. */
const layers = [
  ["main", "pi-coding-agent"],
  ["index"],
  ["cli", "sdk"],
  ["modes", "runtime"],
  ["harness"],
  [
    "agent",
    "providers",
    "accounts",
    "tools",
    "session",
    "artifacts",
    "journal",
    "config",
    "resources",
    "extensions",
    "mcp",
    "transcript",
    "tui",
  ],
  ["platform"],
  ["contracts"],
];

const rooms: Record<string, string[]> = {
  harness: ["commands", "host", "extensions", "launch", "intake", "run", "compaction", "recovery", "models", "conversation"],
  session: ["library", "repair", "tree", "log", "index", "lines"],
};

const rank = new Map(layers.flatMap((names, place) => names.map((name) => [name, place] as const)));

const files = typescriptIn(sourceRoot);

function typescriptIn(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

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

/** The room of a file in a layer that has rooms; its own name for a file outside them. */
function roomOf(file: string): string {
  return relative(sourceRoot, file).split(sep)[1] ?? "";
}

test("there are files to look at, in layers and rooms that are known", () => {
  expect(files.length).toBeGreaterThan(10);
  expect([...new Set(files.map(layerOf))].filter((layer) => !rank.has(layer))).toEqual([]);
  for (const [layer, names] of Object.entries(rooms)) {
    const found = new Set(files.filter((file) => layerOf(file) === layer).map(roomOf));
    expect([...found].filter((room) => !names.includes(room))).toEqual([]);
  }
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
      if (from !== to && (rank.get(from) ?? 99) >= (rank.get(to) ?? -1))
        wrong.push(`${relative(sourceRoot, file)} (${from}) imports ${to}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("every import within a layer of rooms points to its own room or to one on its right", () => {
  const wrong: string[] = [];
  for (const file of files) {
    const order = rooms[layerOf(file)];
    if (order === undefined) continue;
    for (const target of importsOf(file).filter((one) => layerOf(one) === layerOf(file))) {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (order.indexOf(from) > order.indexOf(to)) wrong.push(`${relative(sourceRoot, file)} imports ${relative(sourceRoot, target)}`);
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

/** Lines of code, not of comments, where a pattern is found. */
function linesWith(pattern: RegExp, searched: readonly string[]): string[] {
  return searched.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line, index) => (!/^\s*(\/\/|\*)/.test(line) && pattern.test(line) ? [`${relative(sourceRoot, file)}:${index + 1}`] : [])),
  );
}

test("only platform and main touch the runtime's globals", () => {
  const pattern = /\bprocess\.(env|cwd|exit|argv|stdout|stdin|stderr|chdir|kill|on)\b|\bBun\./;
  const others = files.filter((file) => !["platform", "main"].includes(layerOf(file)));
  expect(linesWith(pattern, others)).toEqual([]);
});

test("points in time are written by contracts/text/iso-time: on Node the date's own way loads the time zones", () => {
  expect(linesWith(/\.toISOString\(/, files)).toEqual([]);
});

test("the map of the contracts has each of them, once", () => {
  const map = readFileSync(join(sourceRoot, "contracts/README.md"), "utf8");
  const mapped = [...map.matchAll(/`([\w-]+\.ts)`:\s/g)].map(([, name]) => name ?? "");
  const contracts = files.filter((file) => layerOf(file) === "contracts").map((file) => basename(file));
  expect(mapped.toSorted(), "src/contracts/README.md: a sentence for each file").toEqual(contracts.toSorted());
});

test("tests that run side by side take hooks from their own context: by import, a hook behind an await is whoever's turn it is", () => {
  const importsHook = /^import [^;]*\bonTest(Finished|Failed)\b[^;]* from "vitest"/m;
  const reached = (file: string, known = new Set<string>()): Set<string> => {
    if (known.has(file)) return known;
    known.add(file);
    for (const one of importsOf(file)) if (one.startsWith(testRoot + sep) && one.endsWith(".ts")) reached(one, known);
    return known;
  };
  const concurrent = typescriptIn(testRoot).filter((file) => /\.concurrent\b/.test(readFileSync(file, "utf8")));
  expect(concurrent.length).toBeGreaterThan(10);
  const wrong = concurrent.flatMap((file) =>
    [...reached(file)]
      .filter((one) => importsHook.test(readFileSync(one, "utf8")))
      .map((one) => `${relative(testRoot, file)}: ${relative(testRoot, one)}`),
  );
  expect(wrong).toEqual([]);
});
