// Killed at every step on the way of a picture to the disk, or of clearing the store: what was said to be stored is there, and all else can go on.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { BlobFiles } from "../../src/artifacts/blob-files.ts";
import { Session } from "../../src/session/tree/session.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** What changes the disk, each of them a step; of a write only half is done when the process is killed there. */
const changes = [
  "openSync",
  "writeSync",
  "fsyncSync",
  "closeSync",
  "linkSync",
  "renameSync",
  "rmSync",
  "unlinkSync",
  "utimesSync",
  "mkdirSync",
  "appendFileSync",
];

const countedFs = `
import * as fs from "node:fs";
export * from "node:fs";
export { default } from "node:fs";
const killAt = Number(process.env.KILL_AT);
let steps = 0;
const die = () => { process.kill(process.pid, "SIGKILL"); for (;;); };
const counted = (name) => (...args) => {
  if (++steps === killAt) {
    if (name === "writeSync" && typeof args[1] === "object") fs.writeSync(args[0], args[1], args[2] ?? 0, Math.floor((args[3] ?? args[1].length) / 2));
    die();
  }
  return fs[name](...args);
};
${changes.map((name) => `export const ${name} = counted(${JSON.stringify(name)});`).join("\n")}
`;

let programs: string;
const runtimes = { bun: bunPath(), node: process.execPath };

beforeAll(() => {
  programs = execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
  const program = join(programs, "writer.mjs");
  const source = join(import.meta.dirname, "../support/blob-writer.ts");
  execFileSync(bunPath(), ["build", source, "--target=node", `--outfile=${program}`], { stdio: "pipe" });
  const bundle = readFileSync(program, "utf8");
  const counted = bundle.replaceAll(/from "(node:)?fs"/g, 'from "./counted-fs.mjs"');
  expect(counted).not.toBe(bundle);
  writeFileSync(program, counted);
  writeFileSync(join(programs, "counted-fs.mjs"), countedFs);
  return () => execFileSync("rm", ["-r", programs]);
});

type Runtime = keyof typeof runtimes;

function run(runtime: Runtime, what: "write" | "collect", directory: string, killAt: number): { ids: string[]; isKilled: boolean } {
  const { signal, status, stdout, stderr } = spawnSync(runtimes[runtime], [join(programs, "writer.mjs"), what, directory], {
    env: { PATH: process.env.PATH, KILL_AT: String(killAt) },
    encoding: "utf8",
  });
  if (signal !== "SIGKILL") expect({ signal, status, stderr }).toEqual({ signal: null, status: 0, stderr: "" });
  return { ids: stdout.split("\n").filter((id) => id !== ""), isKilled: signal === "SIGKILL" };
}

const pictures = [1, 2].map((fill) => Buffer.alloc(100_000, fill));

/** Every picture that a line has is whole, and nothing in the store has a name that is not its own. */
async function requireWhole(directory: string, said: readonly string[]): Promise<void> {
  const blobs = new BlobFiles(join(directory, "blobs"));
  for (const { hash } of blobs.list()) expect(blobs.get(hash)).toBeDefined();
  const path = join(directory, "sessions/project/2026-01-01T00-00-00-000Z_s.jsonl");
  if (!existsSync(path) || readFileSync(path, "utf8") === "") {
    expect(said).toEqual([]);
    return;
  }
  const session = await Session.open(path, { readOnly: true, blobs });
  try {
    const stored = session.entries();
    for (const entry of stored) {
      const [block] = (entry as unknown as { message: { content: { type: string; data: string }[] } }).message.content;
      expect(block?.type).toBe("image");
      expect(pictures.some((bytes) => bytes.toString("base64") === block?.data)).toBe(true);
    }
    expect(stored.map(({ id }) => id)).toEqual(expect.arrayContaining([...said]));
  } finally {
    session.close();
  }
}

const seeded = (): { directory: string; blobs: BlobFiles } => {
  const directory = temporaryDirectory();
  const blobs = new BlobFiles(join(directory, "blobs"));
  // The second of the pictures is there already.
  for (const bytes of [pictures[1] ?? Buffer.alloc(0), Buffer.from("left over")]) blobs.put(bytes);
  mkdirSync(join(directory, "sessions/project"), { recursive: true });
  return { directory, blobs };
};

describe.each(["node", "bun"] as const)("on %s, killed at every step", (runtime) => {
  test("of storing: the line and its picture are both there, or neither, and the next run goes on", { timeout: 120_000 }, async () => {
    let killAt = 1;
    for (; ; killAt++) {
      const { directory } = seeded();
      const { ids, isKilled } = run(runtime, "write", directory, killAt);
      await requireWhole(directory, ids);
      if (!isKilled) break;
      // Not at all a step: to the end.
      const again = run(runtime, "write", directory, 0);
      await requireWhole(directory, [...ids, ...again.ids]);
    }
    expect(killAt).toBeGreaterThan(10);
  });

  test("of clearing: nothing that is needed is lost, and the next clearing ends the work", { timeout: 120_000 }, async () => {
    let killAt = 1;
    for (; ; killAt++) {
      const { directory } = seeded();
      const { ids } = run(runtime, "write", directory, 0);
      const { isKilled } = run(runtime, "collect", directory, killAt);
      await requireWhole(directory, ids);
      if (!isKilled) break;
      run(runtime, "collect", directory, 0);
      await requireWhole(directory, ids);
      expect(readdirSync(join(directory, "blobs")), `step ${killAt}`).toHaveLength(2);
    }
    expect(killAt).toBeGreaterThan(2);
  });
});
