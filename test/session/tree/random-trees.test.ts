// 10,000 random sessions: every walk agrees with the slow reference reading.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Session, type TreeNode } from "../../../src/session/tree/session.ts";
import { expectEqual } from "../../support/expect-equal.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { randomHeader as header, randomLines } from "../../support/random-session.ts";
import { contextOf, copyOf, type Line, outlineOf, parseLines, pathOf, treeOf } from "../../support/session-reference.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** Now and then in another key order, as other writers have it. */
function lineText(line: Line, random: Random): string {
  if (!random.chance(0.1)) return JSON.stringify(line);
  const { type, id, parentId, ...rest } = line;
  return JSON.stringify({ ...rest, id, type, parentId });
}

function shape(nodes: readonly TreeNode[]): unknown {
  return nodes.map(({ entry, children, label }) => ({ id: entry.id, label, children: shape(children) }));
}

function expectContext(session: Session, lines: readonly Line[], leafId: string | null): void {
  const { messages, entryIds, model, thinkingLevel } = session.context(leafId);
  expectEqual({ messages, ids: entryIds.map((id) => id ?? null), model, level: thinkingLevel }, contextOf(lines, leafId));
}

/** In an export a line is what it was in the file, but for the parent of one that hangs elsewhere now. */
function expectExport(session: Session, lines: readonly Line[], leafId: string | null, texts: readonly string[]): void {
  const exported = [...session.lines({ leafId })];
  const wanted = copyOf(lines, leafId, { name: true });
  expectEqual(
    exported.map((text) => JSON.parse(text)),
    wanted,
  );
  for (const [at, line] of pathOf(lines, leafId).entries()) expectEqual(exported[at], texts[lines.indexOf(line)]);
  expectEqual([...session.lines("all")], texts);
}

test("10,000 random trees: context, branch, tree and labels agree with the reference; of 2,500 fork and export too", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "s.jsonl");
  const random = seededRandom(20261121);
  for (let round = 0; round < 10_000; round++) {
    const lines = randomLines(random);
    const texts = lines.map((line) => lineText(line, random));
    // A new file each time: writing over an old one makes the file system flush.
    rmSync(path, { force: true });
    writeFileSync(path, [JSON.stringify(header), ...texts, ""].join("\n"));
    const session = await Session.open(path, { readOnly: true });
    const last = lines.at(-1)?.id ?? null;
    expect(session.leafId).toBe(last);
    const leafId = lines.length === 0 ? null : random.chance(0.5) ? last : random.pick(lines).id;
    const outline = session.outline();
    if (round % 4 === 0) for (const _ of session.readAhead(leafId));
    expectEqual(outline, outlineOf(session.context()));
    expectContext(session, lines, leafId);
    expectEqual(session.branch(leafId), pathOf(lines, leafId));
    expectEqual([...session.walk(leafId)], pathOf(lines, leafId));
    expectEqual(shape(session.tree()), treeOf(lines));
    if (round % 4 > 0) {
      session.close();
      continue;
    }
    expectExport(session, lines, leafId, texts);
    // On the disk only now and then: it is slow.
    const fork = session.fork({ directory: round % 20 === 0 ? directory : undefined, leafId, id: `fork-${round}` });
    expectContext(fork, lines, leafId);
    const wanted = copyOf(lines, leafId, { name: false });
    expectEqual(fork.entries(), wanted);
    if (fork.isPersisted) expect(parseLines(readFileSync(fork.filePath ?? "", "utf8"))).toEqual(wanted);
    fork.close();
    session.close();
  }
});
