// kill -9 at a random moment while appending, 500 times: at most the entry in flight is lost, and the lease goes with its holder.

import { readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { Session } from "../../../src/session/tree/session.ts";
import { bundleWriter, type Runtime, startWriter } from "../../support/child-writer.ts";
import { expectEqual } from "../../support/expect-equal.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const maxFileBytes = 1 << 18;

interface Killed {
  path: string | undefined;
  /** Ids that were reported as stored, over all lives of the file. */
  reported: string[];
  kills: number;
}

async function killOnce(runtime: Runtime, program: string, directory: string, session: Killed, random: Random): Promise<void> {
  const writer = startWriter(runtime, program, ["append", directory, session.path ?? "-"]);
  // Some die before they have written anything, most a little after.
  if (random.chance(0.95)) await writer.line("id ");
  await new Promise((resolve) => setTimeout(resolve, random.below(8)));
  writer.kill();
  await writer.ended;
  expect(writer.lines.filter((line) => line.startsWith("error"))).toEqual([]);
  session.path ??= writer.lines.find((line) => line.startsWith("file "))?.slice(5);
  session.reported.push(...writer.lines.filter((line) => line.startsWith("id ")).map((line) => line.slice(3)));
  session.kills++;
  if (session.path === undefined || session.reported.length === 0) {
    session.path = undefined;
    return;
  }
  const warnings: string[] = [];
  const opened = await Session.open(session.path, { readOnly: true, onWarning: (text) => warnings.push(text) });
  const found = opened.entries().map(({ id }) => id);
  opened.close();
  // Something is said exactly where something is lost: a line that was cut off.
  const lines = readFileSync(session.path, "utf8").split("\n");
  const isTorn = lines.some((line) => line !== "" && !isJson(line));
  expect(warnings.length > 0).toBe(isTorn);
  const known = new Set(session.reported);
  const kept = found.filter((id) => known.has(id));
  expectEqual(kept, session.reported);
  // Of one kill, at most one write was done and not yet said.
  expect(found.length - session.reported.length).toBeLessThanOrEqual(3 * session.kills);
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

async function chain(runtime: Runtime, program: string, times: number, seed: number): Promise<number> {
  const random = seededRandom(seed);
  const directory = `${temporaryDirectory()}/sessions`;
  let session: Killed = { path: undefined, reported: [], kills: 0 };
  let kills = 0;
  for (; kills < times; kills++) {
    if (session.path !== undefined && statSync(session.path).size > maxFileBytes) session = { path: undefined, reported: [], kills: 0 };
    await killOnce(runtime, program, directory, session, random);
  }
  return kills;
}

test("500 kills lose nothing that was reported as stored", async () => {
  const program = bundleWriter(temporaryDirectory());
  const kills = await Promise.all([chain("bun", program, 240, 1), chain("bun", program, 240, 2), chain("node", program, 20, 3)]);
  expect(kills).toEqual([240, 240, 20]);
});
