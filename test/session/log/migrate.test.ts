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
