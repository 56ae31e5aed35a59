// What every session file must be, whatever happened to the run that wrote it. Used by the end-to-end tests.

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import type { Json } from "./world.ts";

/** The entries behind the header; throws on anything unsound. */
export function soundSession(path: string): Json[] {
  const text = readFileSync(path, "utf8");
  assert.ok(text.endsWith("\n"), `${path} ends in a torn line`);
  const records: Json[] = text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line));
  const [header, ...entries] = records;
  assert.equal(header.type, "session");
  assert.equal(header.version, 3);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const known = new Set<string | null>([null]);
  for (const entry of entries) {
    assert.equal(typeof entry.timestamp, "string");
    assert.ok(!known.has(entry.id), `entry ${entry.id} twice`);
    assert.ok(known.has(entry.parentId), `entry ${entry.id} hangs on nothing`);
    known.add(entry.id);
    if (entry.type === "message") assert.notEqual(entry.message.stopReason, "pending");
  }
  assert.ok(
    entries.some((entry) => entry.type === "message" && entry.message.role === "user"),
    "a session without a user message",
  );
  return entries;
}

/** The messages, system message left out. */
export function messagesOf(entries: readonly Json[]): Json[] {
  return entries.filter((entry) => entry.type === "message" && entry.message.role !== "system").map((entry) => entry.message);
}
