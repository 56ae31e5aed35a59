// 10,000 random sessions: every walk agrees with the slow reference reading.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { Session, type TreeNode } from "../../src/session/session.ts";
import { type Random, seededRandom } from "../support/random.ts";
import { contextOf, copyOf, type Line, parseLines, pathOf, treeOf } from "../support/session-reference.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const header = { type: "session", version: 3, id: "random", timestamp: "2026-01-01T00:00:00.000Z", cwd: "/x" };
const timestamp = "2026-02-03T04:05:06.789Z";

function randomLines(random: Random): Line[] {
  const lines: Line[] = [];
  const count = random.below(24);
  const anyId = (): string => (lines.length > 0 && random.chance(0.9) ? random.pick(lines).id : "0000dead");
  for (let at = 0; at < count; at++) {
    const id = random.chance(0.9) ? (at * 7919 + 1).toString(16).padStart(8, "0") : `long-id-${at}`;
    const last = lines.at(-1)?.id ?? null;
    const parentId = random.chance(0.75) ? last : random.chance(0.9) && lines.length > 0 ? random.pick(lines).id : null;
    lines.push({ id, parentId, timestamp, ...randomBody(random, id, anyId) });
  }
  return lines;
}

function randomBody(random: Random, id: string, anyId: () => string): { type: string; [field: string]: unknown } {
  const text = `text of ${id}`;
  switch (random.below(16)) {
    case 0:
      return { type: "message", message: { role: "system", content: text, timestamp: 1 } };
    case 1:
    case 2:
    case 3:
      return { type: "message", message: { role: "user", content: random.chance(0.5) ? text : [{ type: "text", text }], timestamp: 1 } };
    case 4:
    case 5:
    case 6: {
      const calls = ["a", "b", "c"].slice(random.below(4)).map((call) => ({ type: "toolCall", id: call, name: "bash", arguments: {} }));
      const stopReason = random.pick(["stop", "toolUse", "toolUse", "error", "aborted"]);
      return {
        type: "message",
        message: {
          role: "assistant",
          content: [{ type: "text", text }, ...calls],
          provider: "p",
          model: id,
          stopReason,
          timestamp: 2,
          ...(random.chance(0.3) && { thinkingLevel: "medium" }),
        },
      };
    }
    case 7:
    case 8: {
      const content = [{ type: "text", text }];
      const toolCallId = random.pick(["a", "b", "c"]);
      return { type: "message", message: { role: "toolResult", toolCallId, toolName: "bash", content, isError: false, timestamp: 3 } };
    }
    case 9: {
      const systemMessage = random.chance(0.5) ? { systemMessage: { role: "system", content: text, timestamp: 4 } } : {};
      return { type: "compaction", summary: text, firstKeptEntryId: random.chance(0.2) ? id : anyId(), tokensBefore: 10, ...systemMessage };
    }
    case 10:
      return { type: "branch_summary", fromId: anyId(), summary: text };
    case 11:
      return {
        type: "context_edit",
        targetId: anyId(),
        replacement: random.pick([null, text, { content: text }, { content: [{ type: "text", text }] }]),
      };
    case 12:
      return { type: "custom_message", customType: "x", content: text, display: true };
    case 13:
      return random.chance(0.5)
        ? { type: "label", targetId: anyId(), ...(random.chance(0.8) && { label: text }) }
        : { type: "session_info", name: text };
    case 14:
      return random.chance(0.5)
        ? { type: "model_change", provider: "q", modelId: id }
        : { type: "thinking_level_change", thinkingLevel: random.pick(["low", "high"]) };
    default:
      return { type: random.pick(["custom", "usage", "from_tomorrow"]), field: text };
  }
}

/** Now and then in another key order, as other writers have it. */
function lineText(line: Line, random: Random): string {
  if (!random.chance(0.1)) return JSON.stringify(line);
  const { type, id, parentId, ...rest } = line;
  return JSON.stringify({ ...rest, id, type, parentId });
}

function shape(nodes: readonly TreeNode[]): unknown {
  return nodes.map(({ entry, children, label }) => ({ id: entry.id, label, children: shape(children) }));
}

/** `expect` alone would take most of the time of 60,000 comparisons. */
function expectEqual(found: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(found, wanted)) expect(found).toEqual(wanted);
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

test("10,000 random trees: context, branch, tree, labels, fork and export agree with the reference", { timeout: 60_000 }, async () => {
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
    expectContext(session, lines, leafId);
    expectEqual(session.branch(leafId), pathOf(lines, leafId));
    expectEqual(shape(session.tree()), treeOf(lines));
    expectExport(session, lines, leafId, texts);
    if (round % 20 === 0) {
      const fork = session.fork({ directory, leafId, id: `fork-${round}` });
      expectContext(fork, lines, leafId);
      if (fork.isPersisted) expect(parseLines(readFileSync(fork.filePath ?? "", "utf8"))).toEqual(copyOf(lines, leafId, { name: false }));
      fork.close();
    }
    session.close();
  }
});
