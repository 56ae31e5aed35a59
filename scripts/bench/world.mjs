// What the contenders find: programs, a project with configuration and AGENTS.md, homes of their own. Made by run.mjs for one
// benchmark in a temporary directory, and taken away after it.

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { bunPath } from "../build.mjs";
import { buildBaselines } from "./build-baselines.mjs";

/**
 * @typedef {object} World
 * @property {string} root the repository
 * @property {string} bun
 * @property {string} program a fresh copy of pi, or what PI_BENCH_PROGRAM names instead
 * @property {string[]} onNode the same for Node, on the Node that runs this
 * @property {string} version what `--version` must say
 * @property {Record<string, string>} baselines compiled programs by name
 * @property {string | undefined} peer the npm agent's command
 * @property {string} peerHome
 * @property {string[]} ahead what a command is started with so that it runs ahead of all else on the machine; nothing where that is not allowed
 * @property {{cwd: string, env: Record<string, string>}} place where a contender runs
 * @property {(mode: "text" | "json") => string[]} prompt arguments of a one-shot run
 */

const projectConfig = `# The project's own settings.
thinking = "off"

[retry]
max_retries = 1

[tools]
enabled = ["read", "bash", "edit", "write"]
`;

const contextFile = `# For agents

Run the tests before you say that something works. Keep changes small. Follow the style of the file you are in.
${"- A rule of this project, of ordinary length, as such files have them.\n".repeat(40)}`;

/**
 * The world and how to take it away.
 * @param {string} root
 * @param {Record<string, string | undefined>} env
 * @returns {{world: World, remove: () => void}}
 */
export function makeWorld(root, env) {
  const program = resolve(root, env.PI_BENCH_PROGRAM ?? join("dist", "pi"));
  if (!existsSync(program)) throw new Error(`${program} is not there: run npm run build`);
  const bun = bunPath();
  const built = buildBaselines({ root, bun });
  const freshFolder = join(root, "dist", "bench", "fresh");
  mkdirSync(freshFolder, { recursive: true });
  /** @type {Record<string, string>} */
  const baselines = {};
  // Only those that take part in a race: compiling and copying them all takes a minute on a busy machine.
  for (const [name, program] of Object.entries(built)) {
    let copy;
    const get = () => {
      copy ??= freshCopy(program(), join(freshFolder, name));
      return copy;
    };
    Object.defineProperty(baselines, name, { get });
  }
  const folder = mkdtempSync(join(tmpdir(), "pi-bench-"));
  const project = join(folder, "project");
  const home = join(folder, "home");
  const peerHome = join(folder, "peer-home");
  for (const each of [join(project, ".pi"), home, peerHome]) mkdirSync(each, { recursive: true });
  writeFileSync(join(project, ".pi", "config.toml"), projectConfig);
  writeFileSync(join(project, "AGENTS.md"), contextFile);
  const place = {
    cwd: project,
    env: {
      PATH: env.PATH ?? "/usr/bin:/bin",
      HOME: home,
      TMPDIR: tmpdir(),
      LANG: "C.UTF-8",
      ANTHROPIC_API_KEY: "test",
      ANTHROPIC_BASE_URL: "{server}",
    },
  };
  const peer = env.PI_PEER ?? join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), ".cache"), "pi-peer", "pi");
  const world = {
    root,
    bun,
    program: isBinary(program) ? freshCopy(program, join(freshFolder, "pi")) : program,
    onNode: [process.execPath, join(root, "dist", "node", "main.cjs")],
    version: JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version,
    baselines,
    peer: existsSync(peer) ? peer : undefined,
    peerHome,
    ahead: commandAhead(),
    place,
    prompt: (mode) => ["--approve", "--model", "anthropic/claude-haiku-4-5", ...(mode === "json" ? ["--mode", "json"] : []), "-p", "hi"],
  };
  return { world, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Other work on the machine delays a program of many threads more than one of few, so that no comparison evens it out. In turn among equals
 * (`--rr`), so that a program that never yields cannot hold up the meter.
 * @returns {string[]}
 */
function commandAhead() {
  const command = ["chrt", "--rr", "50"];
  return spawnSync(command[0], [...command.slice(1), "true"], { stdio: "ignore" }).status === 0 ? command : [];
}

/**
 * How fast a large binary starts, and how much of it counts as resident, depends on how its pages came into the file cache:
 * the same bytes differ by a third. So all programs are written anew, in the same way, right before they race.
 * @param {string} file
 * @param {string} copy
 */
function freshCopy(file, copy) {
  const unfinished = `${copy}.${process.pid}`;
  copyFileSync(file, unfinished);
  renameSync(unfinished, copy);
  return copy;
}

/** @param {string} program */
function isBinary(program) {
  return statSync(program).size > 10_000_000;
}

/**
 * What a result must name to mean anything later.
 * @param {World} world
 */
export function provenance(world) {
  const git = (...args) => spawnSync("git", args, { cwd: world.root, encoding: "utf8" }).stdout?.trim() ?? "";
  return {
    commit: git("rev-parse", "--short=12", "HEAD") || "unknown",
    isDirty: git("status", "--porcelain") !== "",
    bun: spawnSync(world.bun, ["--version"], { encoding: "utf8" }).stdout.trim(),
  };
}
