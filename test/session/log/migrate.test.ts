import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Session } from "../../../src/session/tree/session.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const v1 = [
  { type: "session", id: "old", timestamp: "2025-01-01T00:00:00.000Z", cwd: "/x", provider: "p" },
  { type: "message", timestamp: "2025-01-01T00:00:01.000Z", message: { role: "user", content: "one", timestamp: 1 } },
  { type: "of_another_time", timestamp: "2025-01-01T00:00:02.000Z", kept: { as: ["it", "is"] } },
  {
    type: "message",
    timestamp: "2025-01-01T00:00:03.000Z",
    message: { role: "hookMessage", customType: "h", content: "two", display: true, timestamp: 2 },
  },
  { type: "compaction", timestamp: "2025-01-01T00:00:04.000Z", summary: "so far", firstKeptEntryIndex: 3, tokensBefore: 7 },
  { type: "message", timestamp: "2025-01-01T00:00:05.000Z", message: { role: "user", content: "three", timestamp: 3 } },
];

const v2 = [
  { type: "session", version: 2, id: "old", timestamp: "2025-01-01T00:00:00.000Z", cwd: "/x" },
  { type: "message", id: "0000000a", parentId: null, timestamp: "t", message: { role: "user", content: "one", timestamp: 1 } },
  {
    type: "message",
    id: "0000000b",
    parentId: "0000000a",
    timestamp: "t",
    message: { role: "hookMessage", customType: "h", content: "x", display: true, timestamp: 2 },
  },
  { type: "message", id: "0000000c", parentId: "0000000a", timestamp: "t", message: { role: "user", content: "two", timestamp: 3 } },
];

function fileOf(records: readonly unknown[]): string {
  const path = join(temporaryDirectory(), "old.jsonl");
  writeFileSync(path, `${records.map((record) => JSON.stringify(record)).join("\n")}\n`);
  return path;
}

async function open(path: string, readOnly = false): Promise<Session> {
  const onWarning = (text: string): never => {
    throw new Error(text);
  };
  const session = await Session.open(path, { readOnly, onBusy: "wait", onWarning });
  onTestFinished(() => session.close());
  return session;
}

test("version 1: a chain, with what a compaction kept, and everything unknown", async () => {
  const path = fileOf(v1);
  const before = readFileSync(path, "utf8");
  const session = await open(path);
  expect(session.header).toEqual({
    type: "session",
    version: 3,
    id: "old",
    timestamp: "2025-01-01T00:00:00.000Z",
    cwd: "/x",
    provider: "p",
  });
  const entries = session.entries();
  expect(entries.map(({ parentId }) => parentId)).toEqual([null, ...entries.slice(0, -1).map(({ id }) => id)]);
  expect(entries[1]).toMatchObject({ type: "of_another_time", kept: { as: ["it", "is"] } });
  expect(session.context().messages.map(({ role }) => role)).toEqual(["compactionSummary", "custom", "user"]);
  expect(Object.keys(JSON.parse(readFileSync(path, "utf8").split("\n")[1] ?? "")).slice(0, 4)).toEqual([
    "type",
    "id",
    "parentId",
    "timestamp",
  ]);
  expect(readFileSync(`${path}.bak`, "utf8")).toBe(before);
  expect(readdirSync(join(path, ".."))).toHaveLength(2);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("version 2: the role of extension messages gets its name; a second migration keeps the first backup", async () => {
  const path = fileOf(v2);
  writeFileSync(`${path}.bak`, "older");
  const session = await open(path);
  expect(session.context("0000000b").messages[1]).toMatchObject({ role: "custom", customType: "h" });
  expect(session.context().entryIds).toEqual(["0000000a", "0000000c"]);
  expect(readFileSync(`${path}.bak`, "utf8")).toBe("older");
  expect(readFileSync(`${path}.1.bak`, "utf8")).toContain("hookMessage");
  session.append({ type: "session_info", name: "goes on" });
  session.close();
  const again = await open(path);
  expect(again.name).toBe("goes on");
  expect(readdirSync(join(path, ".."))).toHaveLength(3);
});

const foreign = '"n":12345678901234567890, "x" : 1.0';

test("what is not ours keeps its bytes: behind the new head of version 1, whole in version 2, and in a copy that is made of them", async () => {
  const [header, user] = v1.map((record) => JSON.stringify(record));
  const first = join(temporaryDirectory(), "first.jsonl");
  writeFileSync(first, `${header}\n${user}\n{"type":"strange","timestamp":"t",${foreign}}\n{${foreign},"type":"late","timestamp":"t"}\n`);
  const copy = (await open(first, true)).fork({ directory: temporaryDirectory() });
  onTestFinished(() => copy.close());
  const fromMemory = readFileSync(copy.filePath ?? "", "utf8").split("\n");
  const session = await open(first);
  const [, , strange, late] = readFileSync(first, "utf8").split("\n");
  const [one, two] = session.entries().slice(1);
  expect(strange).toBe(`{"type":"strange","id":"${one?.id}","parentId":"${one?.parentId}","timestamp":"t",${foreign}}`);
  expect(JSON.parse(late ?? "")).toMatchObject({ type: "late", id: two?.id, parentId: one?.id, x: 1 });
  expect(fromMemory[2]).toContain(`"timestamp":"t",${foreign}}`);

  const second = fileOf(v2);
  const line = `{"type":"strange", "id":"0000000d","parentId":"0000000c","timestamp":"t",${foreign}}`;
  writeFileSync(second, `${readFileSync(second, "utf8")}${line}\n`);
  await open(second);
  expect(readFileSync(second, "utf8").split("\n").at(-2)).toBe(line);
});

test("a copy whose entries hang elsewhere writes their heads anew and nothing else", async () => {
  const path = fileOf([{ ...v2[0], version: 3 }, v2[1]]);
  const line = (head: string): string => `{"type":"strange",${head},"timestamp":"t",${foreign}}`;
  writeFileSync(path, `${readFileSync(path, "utf8")}${line('"id":"0000000d","parentId":"0000000f"')}\n{"type":"strange","id":"0000000f"\n`);
  const session = await Session.open(path, { readOnly: true });
  onTestFinished(() => session.close());
  const copy = session.fork({ directory: temporaryDirectory(), leafId: "0000000d" });
  onTestFinished(() => copy.close());
  expect(readFileSync(copy.filePath ?? "", "utf8").split("\n")[2]).toBe(line('"id":"0000000d","parentId":"0000000a"'));
});

test("a gap in an old file loses nothing that was said before it, whether the file is written or only looked at", async () => {
  const path = fileOf([...v2.slice(0, 2), { ...v2[3], parentId: "0000000f" }]);
  for (const readOnly of [true, false]) {
    const session = await Session.open(path, { readOnly });
    expect(session.context().entryIds).toEqual(["0000000a", "0000000c"]);
    session.close();
    await session.released();
  }
});

test("of a newer version no copy is made either", async () => {
  const path = fileOf([{ ...v2[0], version: 4 }, v2[1]]);
  const session = await open(path, true);
  const directory = temporaryDirectory();
  expect(() => session.fork({ directory })).toThrow("has version 4; this program writes version 3");
  expect(readdirSync(directory)).toEqual([]);
});

test("reading only changes nothing on disk", async () => {
  for (const records of [v1, v2]) {
    const path = fileOf(records);
    const before = readFileSync(path, "utf8");
    const session = await open(path, true);
    expect(session.entries()).toHaveLength(records.length - 1);
    expect(readFileSync(path, "utf8")).toBe(before);
    expect(readdirSync(join(path, ".."))).toHaveLength(1);
  }
});
