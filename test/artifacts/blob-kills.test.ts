// Killed at every step on the way of a picture to the disk, or of clearing the store: what was said to be stored is there, and all else can go on.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { BlobFiles } from "../../src/artifacts/blob-files.ts";
import { Session } from "../../src/session/tree/session.ts";
import { type KillableProgram, killableProgram, type Runtime } from "../support/killed-steps.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let writer: KillableProgram;
beforeAll(() => {
  writer = killableProgram("blob-writer.ts");
  return () => writer.remove();
});

async function run(
  runtime: Runtime,
  what: "write" | "collect",
  directory: string,
  killAt: number,
): Promise<{ ids: string[]; isKilled: boolean }> {
  const { isKilled, status, stdout, stderr } = await writer.run(runtime, [what, directory], killAt);
  if (!isKilled) expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return { ids: stdout.split("\n").filter((id) => id !== ""), isKilled };
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
  test("of storing: the line and its picture are both there, or neither, and the next run goes on", async () => {
    let killAt = 1;
    for (; ; killAt++) {
      const { directory } = seeded();
      const { ids, isKilled } = await run(runtime, "write", directory, killAt);
      await requireWhole(directory, ids);
      if (!isKilled) break;
      // Not at all a step: to the end, by whichever runtime starts sooner.
      const again = await run("bun", "write", directory, 0);
      await requireWhole(directory, [...ids, ...again.ids]);
    }
    expect(killAt).toBeGreaterThan(10);
  });

  test("of clearing: nothing that is needed is lost, and the next clearing ends the work", async () => {
    const { directory: written } = seeded();
    const { ids } = await run(runtime, "write", written, 0);
    let killAt = 1;
    for (; ; killAt++) {
      const directory = temporaryDirectory();
      cpSync(written, directory, { recursive: true, preserveTimestamps: true });
      const { isKilled } = await run(runtime, "collect", directory, killAt);
      await requireWhole(directory, ids);
      if (!isKilled) break;
      await run("bun", "collect", directory, 0);
      await requireWhole(directory, ids);
      expect(readdirSync(join(directory, "blobs")), `step ${killAt}`).toHaveLength(2);
    }
    expect(killAt).toBeGreaterThan(2);
  });
});
