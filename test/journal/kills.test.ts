// Killed at every step of a run that changes files, of an undo, of a redo: what was there before can be put back, and that taken back.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Journal } from "../../src/journal/journal.ts";
import { carryOut, planRedo, planUndo } from "../../src/journal/put-back.ts";
import { settlePending } from "../../src/journal/settle.ts";
import { type KillableProgram, killableProgram, type Runtime } from "../support/killed-steps.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { picture } from "../support/tree-picture.ts";

let writer: KillableProgram;
beforeAll(() => {
  writer = killableProgram("change-writer.ts");
  return () => writer.remove();
});

interface Place {
  tree: string;
  session: string;
}

function placeIn(directory: string): Place {
  return { tree: join(directory, "tree"), session: join(directory, "session.jsonl") };
}

function seeded(): Place {
  const place = placeIn(temporaryDirectory());
  mkdirSync(join(place.tree, "full"), { recursive: true });
  for (const name of ["edited", "deleted", "full/inside", "tool", "dirty", "written"]) writeFileSync(join(place.tree, name), `${name}\n`);
  const git = (...args: string[]) => execFileSync("git", ["-c", "user.name=n", "-c", "user.email=e@e", ...args], { cwd: place.tree });
  git("init", "-q", "--template=");
  git("add", ".");
  git("commit", "-qm", "first");
  writeFileSync(join(place.tree, "dirty"), "not committed\n");
  return place;
}

/** Moved nowhere: what is noted names files by their paths. */
async function withCopyOf(place: Place, use: () => Promise<void>): Promise<void> {
  const kept = temporaryDirectory();
  const directory = join(place.tree, "..");
  cpSync(directory, kept, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  await use();
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  cpSync(kept, directory, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}

async function finish(what: "undo" | "redo", { session }: Place): Promise<void> {
  const journal = new Journal(session);
  await settlePending(journal, { env: process.env, trusts: () => false });
  const plan = what === "undo" ? await planUndo(journal, undefined, () => true) : await planRedo(journal, () => true);
  if (plan === undefined) return;
  expect({ changedSince: plan.changedSince, lost: plan.lost }).toEqual({ changedSince: [], lost: [] });
  await carryOut(journal, plan);
}

/** All steps, on one runtime after the other. */
async function killEach(what: string, place: Place, afterwards: (isKilled: boolean) => Promise<void>): Promise<number> {
  let steps = 0;
  for (let isKilled = true; isKilled; ) {
    const runtime: Runtime = steps % 2 === 0 ? "bun" : "node";
    steps++;
    await withCopyOf(place, async () => {
      const killed = await writer.run(runtime, [what, place.tree, place.session], steps);
      if (!killed.isKilled) expect(killed).toMatchObject({ status: 0, stderr: "" });
      ({ isKilled } = killed);
      await afterwards(isKilled);
    });
  }
  return steps;
}

test("a run: what it has done is put back", { timeout: 300_000 }, async () => {
  const place = seeded();
  const before = picture(place.tree);
  const steps = await killEach("run", place, async () => {
    await finish("undo", place);
    expect(picture(place.tree)).toEqual(before);
  });
  expect(steps).toBeGreaterThan(20);
});

test("an undo and a redo: done again they are brought to their end, and either can be taken back", { timeout: 300_000 }, async () => {
  const place = seeded();
  const before = picture(place.tree);
  await writer.run("node", ["run", place.tree, place.session], 0);
  const after = picture(place.tree);
  expect(after).not.toEqual(before);
  const undoSteps = await killEach("undo", place, async (isKilled) => {
    if (isKilled) await finish("undo", place);
    expect(picture(place.tree)).toEqual(before);
    await finish("redo", place);
    expect(picture(place.tree)).toEqual(after);
  });
  await finish("undo", place);
  const redoSteps = await killEach("redo", place, async (isKilled) => {
    if (isKilled) await finish("redo", place);
    expect(picture(place.tree)).toEqual(after);
    await finish("undo", place);
    expect(picture(place.tree)).toEqual(before);
  });
  expect(Math.min(undoSteps, redoSteps)).toBeGreaterThan(10);
});
