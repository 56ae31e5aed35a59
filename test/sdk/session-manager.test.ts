import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { emptyUsage } from "../../src/contracts/usage.ts";
import {
  buildContextEntries,
  buildSessionProjection,
  CURRENT_SESSION_VERSION,
  createAgentSession,
  getLatestCompactionEntry,
  parseSessionEntries,
  SessionManager,
} from "../../src/index.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const user = (text: string) => ({ role: "user", content: text, timestamp: 0 }) as const;

test("what counts of a branch, and what a model is shown of each entry", () => {
  const manager = SessionManager.inMemory("/somewhere");
  manager.appendMessage(user("old"));
  const kept = manager.appendMessage(user("kept"));
  const compaction = manager.appendCompaction("all that was", kept, 100);
  const later = manager.appendMessage(user("later"));
  const paid = manager.appendUsage("cache_warm", "anthropic", "claude", emptyUsage(), "warmed");
  const edit = manager.appendContextEdit(later, { content: "edited" });
  const expected = [compaction, kept, later, paid.id, edit];
  expect(paid).toMatchObject({ type: "usage", kind: "cache_warm", note: "warmed" });
  expect(manager.buildContextEntries().map((entry) => entry.id)).toEqual(expected);
  const entries = manager.getEntries();
  expect(buildContextEntries(entries).map((entry) => entry.id)).toEqual(expected);
  expect(buildContextEntries(entries, kept)).toEqual(entries.slice(0, 2));
  expect(getLatestCompactionEntry(entries)?.id).toBe(compaction);
  expect(getLatestCompactionEntry([])).toBeNull();
  const projection = manager.buildSessionProjection();
  expect(projection.entries.map(({ sourceEntry, messages }) => [sourceEntry.id, messages.map((message) => message.role)])).toEqual([
    [compaction, ["compactionSummary"]],
    [kept, ["user"]],
    [later, ["user"]],
    [paid.id, []],
    [edit, []],
  ]);
  expect(projection.entries[2]?.messages).toMatchObject([{ content: "edited" }]);
  expect(projection.messages).toEqual(manager.buildSessionContext().messages);
  expect(buildSessionProjection(entries)).toEqual(projection);
});

test("found by id, listed with progress, opened for another directory, read as text", async () => {
  const home = temporaryDirectory();
  const sessions = join(home, "sessions");
  const made = SessionManager.create(home, sessions, { id: "my-session" });
  expect([made.getSessionDir(), made.usesDefaultSessionDir()]).toEqual([sessions, false]);
  expect(SessionManager.create(home).usesDefaultSessionDir()).toBe(true);
  made.appendMessage(user("hello"));
  const path = made.getSessionFile() ?? "";
  await made.close();
  expect(() => made.appendMessage(user("too late"))).toThrow(expect.objectContaining({ code: "session.closed" }));
  expect(SessionManager.findById(home, "my-session", sessions)).toBe(path);
  expect(SessionManager.findById(home, "my", sessions)).toBeUndefined();

  const progress: unknown[] = [];
  const listed = await SessionManager.listAll(sessions, (loaded, total) => progress.push([loaded, total]));
  expect(listed).toMatchObject([{ id: "my-session", firstMessage: "hello" }]);
  expect(progress).toEqual([[1, 1]]);
  await expect(SessionManager.list(home, sessions, undefined, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");

  const [header, entry] = parseSessionEntries(`${readFileSync(path, "utf8")}not json\n`);
  expect(header).toMatchObject({ type: "session", version: CURRENT_SESSION_VERSION, id: "my-session" });
  expect(entry).toMatchObject({ type: "message", message: { content: "hello" } });

  const elsewhere = temporaryDirectory();
  const opened = await SessionManager.open(path, undefined, elsewhere);
  expect(opened.getCwd()).toBe(elsewhere);
  const { session } = await createAgentSession({
    env: { HOME: home, PATH: process.env.PATH },
    agentDir: join(home, "agent"),
    model: "demo",
    sessionManager: opened,
  });
  onTestFinished(() => session.dispose());
  expect(session.sessionManager).toBe(opened);
  expect((await session.bash("pwd")).output.trim()).toBe(elsewhere);
});
