// Long files with a compaction: what its line notes for the next opening spares reading what stands before, and changes nothing else.

import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { Session } from "../../../src/session/tree/session.ts";
import { expectEqual } from "../../support/expect-equal.ts";
import { assistantMessage, userMessage } from "../../support/messages.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { contextOf, type Line, outlineOf, parseLines } from "../../support/session-reference.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const header = { type: "session", version: 3, id: "compacted", timestamp: "2026-01-01T00:00:00.000Z", cwd: "/project" };
const timestamp = "2026-01-02T00:00:00.000Z";
const filler = "Nobody asks for this any more. ".repeat(200);
const noteStart = ',"opening":[';

/** A tree of more than 4 MB, most of it long forgotten; the last entry is the leaf. */
function randomTree(random: Random, settings: number): Line[] {
  const lines: Line[] = [];
  // What is kept stands within the last kilobytes, or in some hundred of them.
  const lastLong = random.pick([730, 760]);
  for (let number = 0; number < 760; number++) {
    const id = (0x10000000 + number * 7919).toString(16);
    const parent = number > 0 && random.chance(0.97) ? lines.at(-1) : number > 0 ? random.pick(lines) : undefined;
    const body = random.chance(settings) ? settingLine(random, number) : messageLine(random, number, number < lastLong);
    lines.push({ id, parentId: parent?.id ?? null, timestamp, ...body } as Line);
  }
  return lines;
}

function settingLine(random: Random, number: number): Record<string, unknown> {
  return random.pick([
    { type: "thinking_level_change", thinkingLevel: random.pick(["low", "medium", "high", "no level"]) },
    { type: "model_change", provider: "chosen", modelId: `model-${number}` },
    { type: "session_info", name: random.pick([`name ${number}`, ""]) },
    { type: "label", targetId: "10000000", label: `label ${number}` },
  ]);
}

function messageLine(random: Random, number: number, isLong: boolean): Record<string, unknown> {
  const text = `${number} ${isLong ? filler : ""}${random.chance(0.02) ? "session_info" : ""}`;
  if (random.chance(0.03)) return { type: "message", message: { role: "system", content: text, timestamp: 1 } };
  const message = random.chance(0.5) ? userMessage(text) : assistantMessage(text, random.chance(0.3) ? { thinkingLevel: "low" } : {});
  return { type: "message", message };
}

function textOf(lines: readonly Line[]): string {
  return [header, ...lines]
    .map(({ type, id, parentId, timestamp: time, ...rest }: Record<string, unknown>) =>
      JSON.stringify(type === "session" ? header : { type, id, parentId, timestamp: time, ...rest }),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** Ids of the way to the leaf, as far as a compaction may keep them. */
async function compact(path: string, random: Random): Promise<void> {
  const session = await Session.open(path);
  const kept = random.pick([null, "not on the way", ...session.branchIds().slice(-20)]);
  session.append({ type: "compaction", summary: "what was", firstKeptEntryId: kept, tokensBefore: 1000 });
  for (let number = random.below(6); number > 0; number--) {
    if (random.chance(0.3)) session.append(settingLine(random, number) as Parameters<Session["append"]>[0]);
    else session.append({ type: "message", message: random.pick([userMessage("later"), assistantMessage("later")]) });
  }
  session.close();
  await session.released();
}

interface Opened {
  leafId: string | null;
  name: string | undefined;
  context: unknown;
  warnings: string[];
}

/** `whole`: the file is read line by line before anything is asked of it. */
async function opened(path: string, whole = false): Promise<Opened> {
  const warnings: string[] = [];
  const session = await Session.open(path, { readOnly: true, onWarning: (text) => warnings.push(text) });
  if (whole) expect(session.entryCount).toBeGreaterThan(0);
  const outline = session.outline();
  const context = session.context();
  expect(outline).toEqual(outlineOf(context));
  const { leafId, name } = session;
  // Whatever was passed over is found now, and told.
  expect(session.entryCount).toBeGreaterThan(0);
  expectEqual(session.context(leafId), context);
  expect(session.branch().at(-1)?.id).toBe(leafId);
  session.close();
  return { leafId, name, context, warnings };
}

async function expectSameAsWhole(path: string): Promise<Opened> {
  const found = await opened(path);
  expectEqual(found, await opened(path, true));
  return found;
}

describe("a file with a note", () => {
  test("25 random trees open as they do without; so does each with a note that is damaged, stale or of another file", async () => {
    const path = join(temporaryDirectory(), "noted.jsonl");
    const write = (text: string): void => {
      // A new file each time: writing over an old one makes the file system flush.
      rmSync(path, { force: true });
      writeFileSync(path, text);
    };
    const random = seededRandom(15);
    let noted = 0;
    for (let round = 0; round < 25; round++) {
      write(textOf(randomTree(random, random.pick([0, 0.004, 0.05]))));
      await compact(path, random);
      if (random.chance(0.2)) await compact(path, random);
      const text = readFileSync(path, "utf8");
      const lines = parseLines(text);
      if (text.includes(noteStart)) noted++;
      const { context, name } = await expectSameAsWhole(path);
      const wanted = contextOf(lines, lines.at(-1)?.id ?? null);
      expect(context).toMatchObject({ messages: wanted.messages });
      expect(name).toBe(lines.findLast(({ type }) => type === "session_info")?.name || undefined);

      for (const change of [damagedNote, staleNote, otherSession, changedPlace]) {
        write(change(text, random));
        await expectSameAsWhole(path);
      }
    }
    expect(noted).toBe(25);
  });

  /** One digit of the last note is another. */
  function damagedNote(text: string, random: Random): string {
    const at = text.lastIndexOf(noteStart) + noteStart.length;
    const digits = [...text.slice(at, text.indexOf("}\n", at)).matchAll(/\d/g)].map(({ index }) => at + index);
    const digit = random.pick(digits);
    return `${text.slice(0, digit)}${(Number(text[digit]) + 1 + random.below(9)) % 10}${text.slice(digit + 1)}`;
  }

  /** Lines before it have come or gone. */
  function staleNote(text: string, random: Random): string {
    const lines = text.split("\n");
    const at = 1 + random.below(700);
    if (random.chance(0.5))
      lines.splice(at, 0, JSON.stringify({ type: "session_info", id: "f0000001", parentId: null, timestamp, name: "put in" }));
    else lines.splice(at, 1);
    return lines.join("\n");
  }

  /** The same bytes under another header, and a name or a level given in the middle. */
  function otherSession(text: string, random: Random): string {
    const lines = text.replace('"id":"compacted"', '"id":"elsewhere"').split("\n");
    const at = 1 + random.below(700);
    const line = lines[at] ?? "";
    const { id, parentId } = JSON.parse(line);
    const setting = random.pick([
      { type: "session_info", id, parentId, timestamp, name: "other" },
      { type: "thinking_level_change", id, parentId, timestamp, thinkingLevel: "minimal" },
    ]);
    const short = JSON.stringify({ ...setting, rest: "" });
    const room = Buffer.byteLength(line) - short.length;
    lines[at] = room < 0 ? line : JSON.stringify({ ...setting, rest: "x".repeat(room) });
    return lines.join("\n");
  }

  /** What it points at is no longer what it was, although nothing has moved. */
  function changedPlace(text: string, random: Random): string {
    const lines = text.split("\n");
    const type = random.pick(["session_info", "thinking_level_change", "model_change"]);
    const at = lines.findLastIndex((line, number) => number < 740 && line.startsWith(`{"type":"${type}"`));
    const line = lines[at] ?? "";
    if (line === "") return text;
    lines[at] = random.chance(0.5) ? line.replace('","', '";"') : line.replace(/"(name|thinkingLevel|modelId)":"../, '"$1":"zz');
    return lines.join("\n");
  }
});

describe("one file", () => {
  let text = "";
  /** Made by the first test: for all of them. */
  beforeEach(async () => {
    if (text !== "") return;
    const path = join(temporaryDirectory(), "one.jsonl");
    const lines = randomTree(seededRandom(3), 0).map((line, at, all) => ({ ...line, parentId: all[at - 1]?.id ?? null }));
    const level = { type: "thinking_level_change", id: "f0000001", parentId: null, timestamp, thinkingLevel: "high" };
    const name = { type: "session_info", id: "f0000002", parentId: "f0000001", timestamp, name: "begun long ago" };
    const [first, ...others] = lines;
    writeFileSync(path, textOf([level, name, { ...first, parentId: "f0000002" } as Line, ...others]));
    const session = await Session.open(path);
    session.append({ type: "compaction", summary: "what was", firstKeptEntryId: session.branchIds().at(-4) ?? null, tokensBefore: 1000 });
    session.append({ type: "message", message: assistantMessage("later") });
    session.close();
    await session.released();
    text = readFileSync(path, "utf8");
  });

  function written(content: string): string {
    const path = join(temporaryDirectory(), "file.jsonl");
    writeFileSync(path, content);
    return path;
  }

  test("what the note spares is not read", async () => {
    const { context, name } = await opened(written(text));
    expect(context).toMatchObject({ thinkingLevel: "high", messages: { length: 6 } });
    expect(name).toBe("begun long ago");
    // Unreadable in the middle, and nobody has looked.
    const lines = text.split("\n");
    for (let at = 100; at < 700; at++) lines[at] = "#".repeat(Buffer.byteLength(lines[at] ?? ""));
    const warnings: string[] = [];
    const session = await Session.open(written(lines.join("\n")), { readOnly: true, onWarning: (line) => warnings.push(line) });
    onTestFinished(() => session.close());
    expect([session.context(), session.name, warnings]).toEqual([context, "begun long ago", []]);
    expect(session.entryCount).toBeLessThan(200);
    expect(warnings).toEqual([expect.stringContaining("lines 101, 102, 103, 104, 105 and 595 more are damaged")]);
    expect(session.context()).toEqual(context);
  });

  test("an entry is what it was before it got its note, and a copy of it as well", async () => {
    const path = written(text);
    expect(text).toContain(noteStart);
    const session = await Session.open(path, { readOnly: true });
    onTestFinished(() => session.close());
    const compaction = session.branch().find(({ type }) => type === "compaction");
    expect(Object.keys(compaction ?? {})).toEqual(["type", "id", "parentId", "timestamp", "summary", "firstKeptEntryId", "tokensBefore"]);
    const fork = session.fork({ directory: temporaryDirectory() });
    expect(fork.context()).toEqual(session.context());
    fork.close();
    await fork.released();
    expect((await expectSameAsWhole(fork.filePath ?? "")).context).toEqual(session.context());
  });

  test("without a note, what others wrote opens as well, with a level or without", async () => {
    const bare = text.replace(/,"opening":\[[^}]*(?=}\n)/, "");
    expect(bare).not.toContain(noteStart);
    await expectSameAsWhole(written(bare));
    const withoutLevel = bare.replace('"type":"thinking_level_change"', '"type":"something_of_others"');
    const { name } = await expectSameAsWhole(written(withoutLevel));
    expect(name).toBe("begun long ago");
  });

  test("a file cut short before the first append has again what counts, each entry where it hung", async () => {
    for (const size of [text.indexOf("\n", 100_000) + 1, text.lastIndexOf('{"type":"compaction"'), 0]) {
      const path = written(text);
      const warnings: string[] = [];
      const session = await Session.open(path, { onWarning: (line) => warnings.push(line) });
      const before = session.context();
      truncateSync(path, size);
      session.append({ type: "message", message: userMessage("next") });
      expect(warnings.join()).toContain("was truncated while in use and has been written again");
      session.close();
      await session.released();
      const found = await opened(path);
      expect(found.context).toEqual({
        ...before,
        messages: [...before.messages, userMessage("next")],
        entryIds: [...before.entryIds, found.leafId],
      });
      const known = new Map(parseLines(text).map(({ id, parentId }) => [id, parentId]));
      const now = parseLines(readFileSync(path, "utf8"));
      const ids = new Set(now.map(({ id }) => id));
      for (const { id, parentId } of now) if (ids.has(known.get(id) ?? "")) expect(parentId).toBe(known.get(id));
    }
  });

  test("goes on after it was opened, and is compacted again", async () => {
    const path = written(text);
    const session = await Session.open(path);
    const before = session.context();
    const asked = session.append({ type: "message", message: userMessage("next") });
    expect(session.context().messages).toEqual([...before.messages, userMessage("next")]);
    expect(session.branch()).toHaveLength(765);
    session.append({ type: "compaction", summary: "again", firstKeptEntryId: asked.id, tokensBefore: 10 });
    session.append({ type: "message", message: assistantMessage("later") });
    session.close();
    await session.released();
    appendFileSync(path, `${JSON.stringify({ type: "session_info", id: "f0000003", parentId: asked.id, timestamp, name: "beside" })}\n`);
    const { context, name } = await expectSameAsWhole(path);
    expect(context).toMatchObject({ messages: { length: 7 }, thinkingLevel: "high" });
    expect(name).toBe("beside");
  });
});
