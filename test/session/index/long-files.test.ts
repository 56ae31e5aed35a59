// Files so long that only their ends are read at first: nothing may depend on that.

import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { atOnce } from "../../../src/platform/in-slices.ts";
import { FileEnds } from "../../../src/session/index/file-ends.ts";
import type { PathBatch } from "../../../src/session/tree/path-back.ts";
import { Session, type TreeNode } from "../../../src/session/tree/session.ts";
import { expectEqual } from "../../support/expect-equal.ts";
import { userMessage } from "../../support/messages.ts";
import { type SessionShape, writeLargeSession } from "../../support/session-fixtures.ts";
import { contextOf, outlineOf, parseLines } from "../../support/session-reference.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const entries = 12_000;

const made = new Map<string, string>();

function large(activePath: SessionShape["activePath"] & string): string {
  const path = join(temporaryDirectory(), "large.jsonl");
  // Made once: no test changes the file of another.
  const text = made.get(activePath);
  if (text !== undefined) writeFileSync(path, text);
  else {
    expect(writeLargeSession(path, { entries, activePath })).toBeGreaterThan(5 << 20);
    made.set(activePath, readFileSync(path, "utf8"));
  }
  return path;
}

async function open(path: string, readOnly = true): Promise<{ session: Session; warnings: string[] }> {
  const warnings: string[] = [];
  const session = await Session.open(path, { readOnly, onWarning: (text) => warnings.push(text) });
  onTestFinished(() => session.close());
  return { session, warnings };
}

async function expectAsReference(path: string): Promise<void> {
  const { session, warnings } = await open(path);
  const lines = parseLines(readFileSync(path, "utf8"));
  const wanted = contextOf(lines, session.leafId);
  const atFirst = session.context();
  expect(session.leafId).toBe(lines.at(-1)?.id);
  expectEqual(atFirst.entryIds, wanted.ids);
  expectEqual(atFirst.messages, wanted.messages);
  expect(atFirst.model).toEqual(wanted.model);
  expect(session.entries()).toHaveLength(lines.length);
  expectEqual(session.context(), atFirst);
  expect(warnings).toEqual([]);
}

test("a short active path is read from the ends, and again from the whole", async () => {
  const path = large("short");
  await expectAsReference(path);
  const { session } = await open(path);
  expect(session.context().messages).toHaveLength(13);
  expect(session.branch().map(({ id }) => id)).toEqual(session.context().entryIds);
});

test("the name is found wherever it stands, and not where it only seems to", async () => {
  const path = large("short");
  const leaf = (await open(path)).session.leafId ?? "";
  expect((await open(path)).session.name).toBe(undefined);
  const tricky = { type: "message", id: "f0000001", parentId: leaf, timestamp: "t", message: userMessage("ends in session_info") };
  appendFileSync(path, `${JSON.stringify(tricky)}\n`);
  expect((await open(path)).session.name).toBe(undefined);
  const lines = readFileSync(path, "utf8").split("\n");
  lines.splice(6000, 0, JSON.stringify({ id: "f0000002", parentId: null, timestamp: "t", name: "in the middle", type: "session_info" }));
  writeFileSync(path, lines.join("\n"));
  expect((await open(path)).session.name).toBe("in the middle");
});

test("a last line that is longer than what is read at first does not mean reading all", async () => {
  for (const length of [20_000, 200_000]) {
    const path = large("short");
    const { session: before } = await open(path);
    const { messages } = before.context();
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    lines[6000] = "#".repeat(Buffer.byteLength(lines[6000] ?? ""));
    const message = userMessage("x".repeat(length));
    lines.push(JSON.stringify({ type: "message", id: "f0000001", parentId: before.leafId, timestamp: "t", message }));
    writeFileSync(path, `${lines.join("\n")}\n`);
    const { session, warnings } = await open(path);
    expect(session.context().messages).toEqual([...messages, message]);
    expect(warnings).toEqual([]);
    expect(session.entries()).toHaveLength(entries);
    expect(warnings).toEqual([expect.stringContaining("line 6001 is damaged")]);
  }
});

test("a path that goes through the middle is found", async () => {
  const path = large("whole");
  const { session } = await open(path);
  const context = session.context();
  expect(context.messages).toHaveLength(entries);
  expect(new Set(context.entryIds).size).toBe(entries);
  expect(context.model).toEqual({ provider: "test", modelId: "test-1" });
});

/** A line on the path whose head and end are sound. */
function damageText(path: string, number: number): void {
  writeFileSync(path, readFileSync(path, "utf8").replace(`"text":"${number} All`, `"text":${number} All`));
}

test("what is in force is known before the messages are looked at, and a damage among them is told when they are", async () => {
  const path = large("whole");
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const system = { role: "system", content: "", toolsAdded: [{ name: "read", description: "", parameters: {} }], timestamp: 1 };
  const settings = { type: "thinking_level_change", thinkingLevel: "high" };
  for (const [at, body] of [
    [40, settings],
    [3000, { type: "message", message: system }],
    [9000, { type: "session_info", name: "long" }],
  ] as const) {
    const { id, parentId, timestamp } = JSON.parse(lines[at] ?? "");
    const { type, ...rest } = body;
    lines[at] = JSON.stringify({ type, id, parentId, timestamp, ...rest });
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
  damageText(path, 5000);
  const { session, warnings } = await open(path);
  const outline = session.outline();
  expect(outline).toEqual({ model: { provider: "test", modelId: "test-1" }, thinkingLevel: "high", systemMessages: [system] });
  expect([session.name, warnings]).toEqual(["long", []]);
  const context = session.context();
  expect(context.messages).toHaveLength(entries - 3);
  expect(outlineOf(context)).toEqual(outline);
  expect(warnings).toEqual([expect.stringContaining("line 5001 is damaged")]);
});

for (const [what, midway, damagedLine] of [
  ["nothing else happens", () => {}],
  ["all of the file is asked for", (session) => void session.entryCount],
  [
    "more is appended than is kept beside the ends",
    (session) => void session.appendAll(Array.from({ length: 20 }, () => ({ type: "label", targetId: "x", label: "y" }) as const)),
  ],
  ["a damage is found", (session) => void session.entries(), 9000],
] as [string, (session: Session) => void, number?][]) {
  test(`a context read a little at a time is in memory in the end, where midway ${what}`, async () => {
    const path = large("whole");
    if (damagedLine !== undefined) damageText(path, damagedLine);
    const { session } = await open(path, false);
    const { leafId } = session;
    const steps = session.readAhead(leafId);
    for (let count = 0; count < 5; count++) expect(steps.next().done).toBe(false);
    midway(session);
    for (const _ of steps);
    truncateSync(path, 0);
    const wanted = damagedLine === undefined ? entries : entries - 1;
    expect(new Set(session.context(leafId).entryIds).size).toBe(wanted);
  });
}

test("a tree read a little at a time is that of when it was begun, or of when a damage made it begin anew", async () => {
  const ids = (nodes: readonly TreeNode[]): string[] => nodes.flatMap(({ entry, children }) => [entry.id, ...ids(children)]);
  for (const damagedLine of [undefined, 9000]) {
    const path = large("short");
    if (damagedLine !== undefined) damageText(path, damagedLine);
    const { session } = await open(path, false);
    const steps = session.treeSteps();
    for (let count = 0; count < 5; count++) expect(steps.next().done).toBe(false);
    session.append({ type: "label", targetId: "x", label: "late" });
    const tree = atOnce(steps);
    // Without what was appended; or with it, and without what is damaged.
    expect(ids(tree)).toHaveLength(entries);
    expect(ids(session.tree())).toHaveLength(damagedLine === undefined ? entries + 1 : entries);
  }
});

test("walking a long path, before and after its context is known, and when a line of it is damaged", async () => {
  for (const activePath of ["short", "whole"] as const) {
    const path = large(activePath);
    const wanted = contextOf(parseLines(readFileSync(path, "utf8")), (await open(path)).session.leafId).ids;
    const { session } = await open(path);
    expectEqual(
      [...session.walk()].map(({ id }) => id),
      wanted,
    );
    expectEqual(session.context().entryIds, wanted);
    expectEqual(
      [...session.walk()].map(({ id }) => id),
      wanted,
    );
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(`"text":"1 All`, `"text":1 All`));
    const damaged = await open(path);
    expectEqual(
      [...damaged.session.walk()].map(({ id }) => id),
      wanted.slice(1),
    );
    expect(damaged.warnings).toEqual([expect.stringContaining("line 2 is damaged")]);
  }
});

test("appending, navigating and forking after a look at the ends only", async () => {
  const path = large("short");
  const { session } = await open(path, false);
  const before = session.context();
  const added = session.append({ type: "message", message: userMessage("next") });
  expect(session.context().messages).toEqual([...before.messages, userMessage("next")]);
  session.navigate(before.entryIds[3] ?? null);
  expect(session.context().entryIds).toEqual(before.entryIds.slice(0, 4));
  const fork = session.fork({ directory: temporaryDirectory(), leafId: added.id });
  onTestFinished(() => fork.close());
  expect(fork.context().entryIds).toEqual([...before.entryIds, added.id]);
  session.close();
  await expectAsReference(path);
});

/** Shows whether the whole file is read: then it is told of. */
function damageMiddle(path: string): void {
  const lines = readFileSync(path, "utf8").split("\n");
  lines[6000] = "#".repeat(Buffer.byteLength(lines[6000] ?? ""));
  writeFileSync(path, lines.join("\n"));
}

test("the first appends do not wait for the whole, and are what they would have been", async () => {
  const path = large("short");
  damageMiddle(path);
  const { session, warnings } = await open(path, false);
  const before = session.context();
  const [first, second] = session.appendAll([
    { type: "message", message: userMessage("first") },
    { type: "session_info", name: "late" },
  ]);
  const third = session.append({ type: "message", message: userMessage("third") });
  const added = [first, second, third].map((entry) => entry?.id ?? "");
  const messageIds = [...before.entryIds, first?.id, third.id];
  expect(session.leafId).toBe(third.id);
  expect(session.name).toBe("late");
  expect(session.context()).toMatchObject({
    messages: [...before.messages, userMessage("first"), userMessage("third")],
    entryIds: messageIds,
  });
  expect(session.branch(second?.id).slice(-3)).toEqual([...session.branch(before.entryIds.at(-1)).slice(-1), first, second]);
  expect(session.branchIds().slice(-4)).toEqual([before.entryIds.at(-1), ...added]);
  expect([...session.walk()].at(-1)).toEqual(third);
  const [newest] = session.back({ batch: 3 });
  expect(newest?.entries.map(({ id }) => id)).toEqual(added);
  const early = before.entryIds[2] ?? "";
  expect([early, ...added].map((id) => session.entry(id)?.id)).toEqual([early, ...added]);
  expect(warnings).toEqual([]);
  const count = session.entryCount;
  expect(warnings).toHaveLength(1);
  expect(session.context().entryIds).toEqual(messageIds);
  expect(added.map((id) => session.entry(id))).toEqual([first, second, third]);
  session.append({ type: "message", message: userMessage("fourth") });
  expect(session.entryCount).toBe(count + 1);
  session.close();
  const { session: again } = await open(path);
  expect(again.branchIds().slice(-4, -1)).toEqual(added);
  expect(again.name).toBe("late");
});

test("many appends to a long file that was only looked at from its end, some on another branch", async () => {
  const path = large("short");
  const { session } = await open(path, false);
  const texts = Array.from({ length: 30 }, (_, at) => `number ${at}`);
  const fork = session.leafId;
  const ids = texts.map((text) => {
    if (text === "number 5") session.navigate(fork);
    return session.append({ type: "message", message: userMessage(text) }).id;
  });
  expect(new Set(ids).size).toBe(ids.length);
  // From the ninth on they are as long as any.
  expect(ids.slice(8).every((id) => id.length === 8)).toBe(true);
  expect(session.context().entryIds.slice(-25)).toEqual(ids.slice(5));
  session.close();
  await expectAsReference(path);
});

test("a long file that is taken away, or cut, between the first append and the second is whole again", async () => {
  for (const harm of [(path: string) => rmSync(path), (path: string) => truncateSync(path, 5 << 20)]) {
    const path = large("short");
    const { session } = await open(path, false);
    const before = session.context();
    const first = session.append({ type: "message", message: userMessage("first") });
    // What became of the file is looked at once in a turn of the event loop.
    await Promise.resolve();
    harm(path);
    const second = session.append({ type: "message", message: userMessage("second") });
    const ids = [...before.entryIds, first.id, second.id];
    expect(session.context().entryIds).toEqual(ids);
    session.close();
    const { session: again } = await open(path);
    expect(again.context().entryIds).toEqual(ids);
    expect(again.context().messages.slice(-2)).toEqual([userMessage("first"), userMessage("second")]);
  }
});

test("damage in the tail, and damage in the middle that shows later", async () => {
  const path = large("short");
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const torn = join(temporaryDirectory(), "torn.jsonl");
  writeFileSync(torn, `${lines.join("\n").slice(0, -30)}`);
  const first = await open(torn);
  expect(first.warnings).toEqual([expect.stringContaining(`the last line (${entries + 1}) was cut off`)]);
  expect(first.session.context().messages).toHaveLength(12);
  lines[5000] = "damaged";
  writeFileSync(path, `${lines.join("\n")}\n`);
  const second = await open(path);
  expect(second.warnings).toEqual([]);
  expect(second.session.context().messages).toHaveLength(13);
  expect(second.session.entries()).toHaveLength(entries - 1);
  expect(second.warnings).toEqual([expect.stringContaining("line 5001 is damaged")]);
  expect(second.session.context().messages).toHaveLength(13);
});

for (const activePath of ["short", "whole"] as const) {
  test(`a long file truncated between opening and the first append: the ${activePath} active path is whole again`, async () => {
    const path = large(activePath);
    const { session, warnings } = await open(path, false);
    const before = session.context();
    truncateSync(path, 100_000);
    const added = session.append({ type: "message", message: userMessage("next") });
    expect(warnings).toEqual([expect.stringContaining("was truncated while in use and has been written again")]);
    session.close();
    await session.released();
    const found = await open(path);
    expect(found.warnings).toEqual([]);
    expect(found.session.context().messages).toEqual([...before.messages, userMessage("next")]);
    expect(found.session.context().entryIds).toEqual([...before.entryIds, added.id]);
  });
}

test("a leaf that turns out to be damaged, in a long file", async () => {
  const path = large("short");
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  lines[entries] = (lines[entries] ?? "").replace('"role":"', '"role":');
  writeFileSync(path, `${lines.join("\n")}\n`);
  const { session, warnings } = await open(path);
  expect(session.context().messages).toHaveLength(12);
  expect(warnings).toEqual([expect.stringContaining(`line ${entries + 1} is damaged`)]);
});

test("the end of a long path is had without what comes before it, and batches join", async () => {
  for (const activePath of ["whole", "short"] as const) {
    const path = large(activePath);
    const { session } = await open(path);
    const wanted = session.branch();
    for (const [leafId, batch] of [
      [undefined, 64],
      [undefined, 5000],
      [wanted.at(-3)?.id, 7000],
    ] as const) {
      const { session: anew } = await open(path);
      const batches = [...anew.back({ ...(leafId !== undefined && { leafId }), batch })];
      const length = leafId === undefined ? wanted.length : wanted.length - 2;
      expect(batches.flatMap(({ entries }) => [...entries].reverse()).reverse()).toEqual(wanted.slice(0, length));
      expect(batches.at(-1)).toMatchObject({ above: 0, isGuess: false });
      for (const [at, { above, isGuess }] of batches.entries()) {
        const exact = Math.max(0, length - (at + 1) * batch);
        if (isGuess) expect(Math.abs(above - exact)).toBeLessThan(0.2 * wanted.length);
        else expect(above).toBe(exact);
      }
    }
  }
});

test("what comes before the end of a path is not read", () => {
  const bytes = readFileSync(large("whole"));
  let read = 0;
  const source = {
    size: bytes.length,
    read: (target: Uint8Array, position: number): number => {
      const count = bytes.copy(target, 0, position);
      read += count;
      return count;
    },
  };
  const end = FileEnds.of(source)?.pathEnd(200);
  expect(end?.lines.length).toBeGreaterThanOrEqual(200);
  expect(end?.before).toBeGreaterThan(entries / 2);
  expect(read).toBeLessThan(bytes.length / 8);
});

test("an append and a damage in the middle disturb nobody who reads from the end", async () => {
  const path = large("whole");
  const text = readFileSync(path, "utf8").split("\n");
  text[6000] = (text[6000] ?? "").replace('"role"', '"rol');
  writeFileSync(path, text.join("\n"));
  const { session } = await open(path, false);
  const back = session.back({ batch: 500 });
  const first = back.next().value as PathBatch;
  session.append({ type: "message", message: userMessage("meanwhile") });
  const rest = [...back].flatMap(({ entries: found }) => [...found].reverse());
  expect([...[...first.entries].reverse(), ...rest].reverse().map(({ id }) => id)).toEqual(session.branchIds().slice(0, -1));
});
