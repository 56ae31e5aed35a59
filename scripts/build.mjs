// Builds dist/pi (this machine's binary) and dist/node/ (the same program for Node). `npm run build [-- --only binary|node]`.

import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** The compiler from the npm packages, whether its install script ran (it moves the program) or not. */
export function bunPath() {
  const suffixes = process.platform === "win32" ? ["bin/bun.exe"] : ["bin/bun"];
  const packages = [`@oven/bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}`];
  packages.push(`${packages[0]}-baseline`, `${packages[0]}-musl`);
  for (const name of packages) {
    for (const suffix of suffixes) {
      const path = join(root, "node_modules", name, suffix);
      if (existsSync(path)) return path;
    }
  }
  const moved = join(root, "node_modules/bun/bin/bun.exe");
  if (existsSync(moved) && statSync(moved).size > 1e6) return moved;
  throw new Error(`No bun for ${process.platform}-${process.arch} in node_modules: run npm ci`);
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
    throw new Error(`bun ${args.slice(0, 2).join(" ")} failed with status ${result.status}`);
  }
  return result.stdout;
}

/** Assets beside the sources, as the program finds them: the catalogue and ripgrep. */
function stageAssets() {
  const target = join(root, "src/assets/rg");
  const source = ripgrepPath();
  if (!existsSync(target) || statSync(target).size !== statSync(source).size) {
    cpSync(source, target);
    chmodSync(target, 0o755);
  }
}

const shared = ["--minify", "--splitting", "--format=esm", "--define", 'process.env.NODE_ENV="production"'];

/** How the binary is compiled; the benchmark compiles what it is held against in the same way. */
export const binaryFlags = [
  "--compile",
  "--bytecode",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  "--no-compile-autoload-tsconfig",
  "--no-compile-autoload-package-json",
  ...shared,
];

function buildBinary() {
  const out = join(dist, "pi");
  const building = `${out}.new`;
  bun(["build", "main.ts", ...binaryFlags, "--asset=assets", "--chunk-naming=chunks/[name]-[hash].js", `--outfile=${building}`]);
  // Replaced in one step: a running pi keeps the file it was started from.
  renameSync(building, out);
}

function buildNode() {
  const out = join(dist, "node");
  rmSync(out, { recursive: true, force: true });
  bun([
    "build",
    "main.ts",
    "--target=node",
    ...shared,
    "--entry-naming=[name].mjs",
    "--chunk-naming=chunks/[name]-[hash].mjs",
    `--outdir=${out}`,
  ]);
  cpSync(join(root, "src/assets"), join(out, "assets"), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : undefined;
  mkdirSync(dist, { recursive: true });
  stageAssets();
  if (only !== "node") buildBinary();
  if (only !== "binary") buildNode();
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  console.log(
    `Built pi ${version}: ${[only !== "node" && "dist/pi", only !== "binary" && "dist/node/main.mjs"].filter(Boolean).join(", ")}`,
  );
}
