// The extensions that the npm agent ships as examples, where that agent is installed: their names, where each lies, and a place to run one in.
// Used by the tests of shipped extensions. Invariant: an example runs as it was shipped; what it needs installed lies beside a copy of it.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { npmAgentPackage } from "../npm-agent-place.ts";
import type { ProgramResult, RunningProgram, Way } from "../program.ts";
import { ways } from "../program.ts";
import { createWorld, type RunChanges, type World, test as worldTest } from "../world.ts";

const directory = join(npmAgentPackage, "examples/extensions");
export const areInstalled = existsSync(directory);
export const exampleNames: readonly string[] = areInstalled ? readdirSync(directory).filter((name) => name !== "README.md") : [];

/** The built program on both of its runtimes. */
export const delivered: readonly Way[] = ways.filter((way) => way !== "bun");

/** What an example says it depends on, and where the tests' own packages have it. */
const dependencies: Record<string, readonly string[]> = {
  "with-deps": ["ms"],
  "custom-provider-anthropic": ["@anthropic-ai/sdk"],
};

/** It starts a virtual machine, whose package is no part of ours. */
export const needsMachine = "gondolin";

/** The file or folder of an example: in its place, or as a copy with what it depends on. */
export function exampleIn(world: World, name: string): string {
  const source = join(directory, name);
  const wanted = dependencies[name];
  if (wanted === undefined) return source;
  const copy = join(world.home, "examples", name);
  if (existsSync(copy)) return copy;
  cpSync(source, copy, { recursive: true });
  const inProject = createRequire(import.meta.url);
  for (const one of wanted) {
    const target = join(copy, "node_modules", one);
    mkdirSync(dirname(target), { recursive: true });
    const [found] = (inProject.resolve.paths(one) ?? []).map((at) => join(at, one)).filter(existsSync);
    symlinkSync(found ?? "", target);
  }
  return copy;
}

const runtimes = new Set(["node", "nodejs", "npm", "npx", "bun", "bunx", "pi"]);

/** A folder with every program of the machine but a runtime for JavaScript: thousands of links, so it is one for all tests of a file. */
function makeFolderWithoutRuntime(): string {
  const bin = mkdtempSync(join(tmpdir(), "pi-e2e-bin-"));
  for (const from of (process.env.PATH ?? "").split(delimiter).filter((path) => existsSync(path))) {
    for (const name of readdirSync(from)) {
      if (!runtimes.has(name) && !existsSync(join(bin, name))) {
        try {
          symlinkSync(join(from, name), join(bin, name));
        } catch {
          // A link to nothing that another folder has left.
        }
      }
    }
  }
  return bin;
}

/** What the program keeps of the examples once it has loaded them on Node: to transpile them takes longer than all else that a run of one does. */
async function transpileAll(): Promise<{ transpiled: string; close(): Promise<void> }> {
  const { world, close } = createWorld();
  const args = exampleNames.filter((name) => name !== needsMachine).flatMap((name) => ["-e", exampleIn(world, name)]);
  await world.run(["--mode", "rpc", "--model", "demo", "--offline", ...args], { way: "node", timeoutMs: 120_000 });
  return { transpiled: transpiledIn(world), close };
}

const transpiledIn = ({ agentDir }: World): string => join(agentDir, "cache/transpiled");

export const test = worldTest.extend<{ withoutRuntime: string; transpiled: string }>({
  transpiled: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures used from this pattern
    async ({}, use) => {
      const { transpiled, close } = await transpileAll();
      await use(transpiled);
      await close();
    },
    { scope: "file" },
  ],
  withoutRuntime: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures used from this pattern
    async ({}, use) => {
      const bin = makeFolderWithoutRuntime();
      await use(bin);
      rmSync(bin, { recursive: true, force: true });
    },
    { scope: "file" },
  ],
});

/** One example, in one way of delivery, in an empty folder. */
export class Bench {
  readonly world: World;
  readonly way: Way;
  readonly name: string;
  readonly #withoutRuntime: string;

  constructor(
    { world, withoutRuntime, transpiled }: { world: World; withoutRuntime: string; transpiled?: string },
    way: Way,
    name: string,
  ) {
    this.world = world;
    if (way === "node" && transpiled !== undefined) {
      mkdirSync(dirname(transpiledIn(world)), { recursive: true });
      symlinkSync(transpiled, transpiledIn(world));
    }
    this.#withoutRuntime = withoutRuntime;
    this.way = way;
    this.name = name;
  }

  /** The program with the example, and with what is said besides. */
  start(args: readonly string[], changes: RunChanges = {}): RunningProgram {
    const path = this.way === "binary" ? { PATH: this.#withoutRuntime } : {};
    const env = { ...path, PI_OFFLINE: "1", ...changes.env };
    return this.world.start(["-e", exampleIn(this.world, this.name), ...args], { timeoutMs: 60_000, ...changes, way: this.way, env });
  }

  run(args: readonly string[], changes?: RunChanges): Promise<ProgramResult> {
    return this.start(args, changes).result;
  }
}
