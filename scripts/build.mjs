// Builds dist/pi (this machine's binary) and dist/node/ (the same program for Node). `npm run build [-- --only binary|node]`.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { change, chunkFolder, chunksOf, facadesOf, joinChunks } from "./join-chunks.mjs";
import { builtinsAtHand, plainAscii } from "./light-chunks.mjs";
import { writeModelIds } from "./model-ids.mjs";
import { keepReachableTypes } from "./public-types.mjs";
import { recordStarts } from "./record-starts.mjs";
import { asMainScript, asScript, moduleOfScript } from "./script-chunks.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** The compiler from the npm packages: its install script moves the program of this machine into `bun`; where scripts are off it lies in its package. */
export function bunPath() {
  const architecture = process.arch === "arm64" ? "aarch64" : process.arch;
  const packages = ["", "-baseline", "-musl", "-musl-baseline"].map((variant) => `@oven/bun-${process.platform}-${architecture}${variant}`);
  const program = process.platform === "win32" ? "bun.exe" : "bun";
  const candidates = [
    join(root, "node_modules/bun/bin/bun.exe"),
    ...packages.map((name) => join(root, "node_modules", name, "bin", program)),
  ];
  // The file is there also for a C library that this machine does not have: only one that runs counts.
  const found = candidates.find((path) => existsSync(path) && spawnSync(path, ["--version"]).status === 0);
  if (!found) throw new Error(`No bun for ${process.platform}-${process.arch} in node_modules: run npm ci`);
  return found;
}

/** The ripgrep of this machine, from its platform package. */
export function ripgrepPath() {
  const name = `@vscode/ripgrep-${process.platform}-${process.arch}`;
  const folder = [join(root, "node_modules", name), join(root, "node_modules/@vscode/ripgrep/node_modules", name)].find(existsSync);
  if (!folder) throw new Error(`No ripgrep for ${process.platform}-${process.arch} in node_modules: run npm ci`);
  return join(folder, "bin", process.platform === "win32" ? "rg.exe" : "rg");
}

function bun(args) {
  // From src/, so that assets are embedded as assets/…, where platform/assets.ts looks for them beside the chunks' folder.
  const result = spawnSync(bunPath(), args, { cwd: join(root, "src"), stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
  if (result.status !== 0) {
    process.stderr.write(result.stdout ?? "");
    throw new Error(`bun ${args.slice(0, 2).join(" ")} failed: ${result.error?.message ?? result.signal ?? `status ${result.status}`}`);
  }
  return result.stdout;
}

/** Assets that come from packages, put beside those of our own where the program looks for them. */
function stageAssets() {
  stageRipgrep();
  stageAsset(join(root, "node_modules/@cf-wasm/photon/dist/lib/photon_rs_bg.wasm"), "photon.wasm", 0o644);
  writeModelIds();
  // For /changelog.
  writeFileSync(join(root, "src/assets/changelog.md"), readFileSync(join(root, "CHANGELOG.md")));
}

/** Packed, for the binary alone: whoever has packages has the program there. */
function stageRipgrep() {
  const program = readFileSync(ripgrepPath());
  const hash = createHash("sha256").update(program).digest("hex");
  const [packed, told] = packedRipgrep.map((name) => join(root, "src/assets", name));
  if (existsSync(packed) && existsSync(told) && readFileSync(told, "utf8") === hash) return;
  writeFileSync(packed, gzipSync(program, { level: 9 }));
  writeFileSync(told, hash);
}

/** See platform/processes/ripgrep. */
const packedRipgrep = ["rg.gz", "rg.sha256"];

function stageAsset(source, name, mode) {
  const target = join(root, "src/assets", name);
  if (existsSync(target) && statSync(target).size === statSync(source).size) return;
  cpSync(source, target);
  chmodSync(target, mode);
}

const defines = { "process.env.NODE_ENV": '"production"' };
const shared = ["--minify", "--splitting", "--format=esm", ...Object.entries(defines).flatMap((pair) => ["--define", pair.join("=")])];

/** How the binary is compiled; the benchmark compiles what it is held against in the same way. */
export const binaryFlags = [
  "--compile",
  "--bytecode",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  "--no-compile-autoload-tsconfig",
  // An extension's own packages are found by their package.json; that of the working directory has no effect on us.
  "--compile-autoload-package-json",
  ...shared,
];

/** The entries of the library; package.json's `exports` names them. */
const libraryEntries = ["index.ts", ...["ai", "agent", "tools", "session", "rpc", "runtime"].map((name) => `sdk/${name}.ts`)];

/** What extensions import by name (sdk/host-modules.ts): entries of each build, so that they are the instances of the program itself. */
const extensionEntries = [
  ...libraryEntries.filter((entry) => !["sdk/rpc.ts", "sdk/runtime.ts"].includes(entry)),
  "pi-coding-agent.ts",
  ...readdirSync(join(root, "src/sdk/host-modules")).map((name) => `sdk/host-modules/${name}`),
];

/** Loads its own parts by their place, which a bundle does not have; only an older Node needs it. */
const outside = ["jiti"];
const leftOutside = outside.flatMap((name) => ["--external", name]);

/** See docs/decisions/0009. Whoever starts like this says when its start is over (platform/start-pace); what pi is held against does not. */
const startFlags = ["--compile-jit-policy=32"];

function buildBinary() {
  const parts = join(dist, "parts");
  bundleInChunks({ outdir: parts, target: "bun" });
  const entries = ["main.ts", ...extensionEntries].map((name) => join(parts, name.replace(/\.ts$/, ".js")));
  // Its name is in it: a build is the same wherever it is made.
  const building = join(parts, "pi");
  const flags = [...leftOutside, ...binaryFlags, ...startFlags, `--chunk-naming=${chunkNames}`, "--asset=assets"];
  const compile = (...more) => bun(["build", ...entries, ...flags, ...more, `--root=${parts}`, `--outfile=${building}`]);
  compile();
  compile(`--bytecode-order=${recordStarts(building, parts).join(",")}`);
  // Replaced in one step: a running pi keeps the file it was started from.
  renameSync(building, join(dist, "pi"));
  rmSync(parts, { recursive: true });
}

/** See platform/modules/node-globals: the first use of the runtime's own loads much of it. */
const ownGlobals = {
  Headers: "globalThis.NodeHeaders",
  FormData: "globalThis.NodeFormData",
  "crypto.randomUUID": "globalThis.nodeRandomUUID",
  // The SDKs ask by this name whether a body is one, and none is: what is streamed here comes from the service.
  "globalThis.ReadableStream": "undefined",
};

/**
 * What is loaded together, by the name of the file that is made of it: what every start reads, what a run of one prompt loads behind it, what speaks to
 * a kind of service, what the first call of a tool needs, and what programs speak with.
 */
export const loadedTogether = {
  "version.mjs": ["contracts/version.ts"],
  "start.mjs": ["cli/main.ts"],
  "run.mjs": [
    "cli/run-mode.ts",
    "modes/print.ts",
    "providers/registry.ts",
    "providers/shared/stream-call.ts",
    "platform/network/fetch.ts",
    "platform/processes/shell-on-demand.ts",
    "platform/files/files.ts",
    "tools/registry.ts",
    "resources/context-files.ts",
    "../node_modules/smol-toml/dist/index.js",
    "platform/network/node-transport.ts",
    "providers/shared/headers.ts",
    "providers/shared/thinking-budget.ts",
    "providers/shared/told-cost.ts",
  ],
  "anthropic.mjs": ["providers/anthropic/provider.ts", "../node_modules/@anthropic-ai/sdk/client.mjs"],
  "openai.mjs": ["providers/shared/openai-client.ts", "../node_modules/openai/client.mjs"],
  "openai-completions.mjs": ["providers/openai-completions/provider.ts"],
  "openai-responses.mjs": ["providers/openai-responses/provider.ts"],
  "extensions.mjs": [
    "extensions/discover.ts",
    "extensions/load.ts",
    "extensions/load-files.ts",
    "extensions/api.ts",
    "platform/modules/load-module.ts",
    "harness/extensions/session-extensions.ts",
  ],
  "tools.mjs": [
    "tools/shared/validate.ts",
    "tools/execute/bash.ts",
    "tools/execute/edit.ts",
    "tools/execute/read.ts",
    "tools/execute/write.ts",
    "platform/processes/spawn.ts",
    "journal/git-directory.ts",
    "extensions/policy/only-looks.ts",
  ],
  "event-lines.mjs": ["modes/event-encoder.ts"],
  "json.mjs": ["modes/json.ts"],
  "rpc.mjs": ["modes/rpc/rpc-mode.ts"],
};

function buildNode() {
  const out = join(dist, "node");
  bundleInChunks({ outdir: out, target: "node", define: { ...defines, ...ownGlobals }, naming: { entry: "[name].mjs" } });
  const chunks = join(out, chunkFolder);
  for (const name of readdirSync(chunks)) change(join(chunks, name), (text) => plainAscii(builtinsAtHand(text)));
  makeScripts(out, chunks);
  cpSync(join(root, "src/assets"), join(out, "assets"), { recursive: true, filter: (path) => !packedRipgrep.includes(basename(path)) });
  // Where hosts of the npm agent look for the program in its package.
  for (const name of ["cli.js", "bundle/cli.js"]) {
    const entry = join(dist, name);
    mkdirSync(dirname(entry), { recursive: true });
    writeFileSync(entry, `#!/usr/bin/env node\nimport "${name.includes("/") ? ".." : "."}/node/main.cjs";\n`, { mode: 0o755 });
  }
}

/** What is joined as scripts beside the modules that stand for them, their owner, and what begins the program. */
function makeScripts(out, chunks) {
  /** @type {Record<string, string>} */
  const hashes = {};
  for (const name of Object.keys(loadedTogether)) {
    const text = readFileSync(join(chunks, name), "utf8");
    const script = asScript(text);
    hashes[name] = createHash("sha256").update(script).digest("hex").slice(0, 8);
    writeFileSync(join(chunks, name.replace(/\.mjs$/, ".js")), script);
    writeFileSync(join(chunks, name), moduleOfScript(name, text, "../scripts.cjs"));
  }
  const main = join(out, "main.mjs");
  writeFileSync(join(out, "main.cjs"), asMainScript(readFileSync(main, "utf8"), "./scripts.cjs"), { mode: 0o755 });
  // Where hosts name it. The way through the modules' loader costs Node 20 five milliseconds.
  writeFileSync(main, '#!/usr/bin/env node\nimport "./main.cjs";\n');
  const owner = ["platform/modules/node-scripts.ts", "--target=node", "--format=cjs", "--minify", `--outfile=${join(out, "scripts.cjs")}`];
  bun(["build", ...owner, "--define", `HASHES_OF_SCRIPTS=${JSON.stringify(hashes)}`, "--define", "FOLDER_OF_BUILD=module.path"]);
}

const chunkNames = `${chunkFolder}/[name]-[hash].mjs`;

/**
 * The program as files: its entries, and chunks of which those that are loaded together are one.
 * @param {{outdir: string, target: "bun" | "node", define?: Record<string, string>, naming?: {entry: string}}} what
 */
function bundleInChunks({ outdir, target, define = defines, naming }) {
  rmSync(outdir, { recursive: true, force: true });
  const entrypoints = ["main.ts", ...extensionEntries];
  const wanted = { entrypoints, outdir, target, define, naming: { ...naming, chunk: chunkNames }, external: outside };
  const bundle = fileURLToPath(new URL("./bundle.mjs", import.meta.url));
  const outputs = JSON.parse(bun([bundle, JSON.stringify({ ...wanted, splitting: true, minify: true, format: "esm" })]));
  const directory = join(outdir, chunkFolder);
  const importers = readdirSync(outdir, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.m?js$/.test(name) && !name.startsWith(chunkFolder))
    .map((name) => join(outdir, name));
  const joined = new Set();
  for (const [name, sources] of Object.entries(loadedTogether)) {
    const names = chunksOf(outputs, sources).filter((chunk) => !joined.has(chunk));
    for (const chunk of names) joined.add(chunk);
    const facades = facadesOf(outputs, joined).filter((chunk) => existsSync(join(directory, chunk)));
    joinChunks({ directory, names, facades, importers, joined: name }, (entry, outfile, others) => {
      const external = others.flatMap((chunk) => ["--external", chunk]);
      bun(["build", entry, ...leftOutside, `--target=${target}`, ...external, "--minify", "--format=esm", `--outfile=${outfile}`]);
    });
  }
}

/** Beside the program's chunks, so that both find the same assets. Packages stay outside: npm installs them beside us. */
function buildLibrary() {
  bun([
    "build",
    ...new Set([...libraryEntries, ...extensionEntries]),
    "--target=node",
    "--packages=external",
    ...shared,
    "--entry-naming=[name].mjs",
    "--chunk-naming=[name]-[hash].mjs",
    `--outdir=${join(dist, "node", "lib")}`,
  ]);
  const types = join(dist, "types");
  rmSync(types, { recursive: true, force: true });
  const tsc = spawnSync("npx", ["--no-install", "tsc", "-p", "tsconfig.types.json"], { cwd: root, stdio: "inherit" });
  if (tsc.status !== 0) throw new Error(`tsc -p tsconfig.types.json failed: ${tsc.error?.message ?? `status ${tsc.status}`}`);
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  keepReachableTypes(
    types,
    Object.values(exports).map((entry) => join(root, entry.types)),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : undefined;
  mkdirSync(dist, { recursive: true });
  stageAssets();
  if (only !== "node") buildBinary();
  if (only !== "binary") {
    buildNode();
    buildLibrary();
  }
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  console.log(
    `Built pi ${version}: ${[only !== "node" && "dist/pi", only !== "binary" && "dist/node/main.mjs"].filter(Boolean).join(", ")}`,
  );
}
