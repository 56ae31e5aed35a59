import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { UserMessage } from "../../src/contracts/message.ts";
import { emptyUsage } from "../../src/contracts/usage.ts";
import {
  buildContextEntries,
  buildSessionProjection,
  CURRENT_SESSION_VERSION,
  createAgentSession,
  getLatestCompactionEntry,
  parseSessionEntries,
  SessionManager,
  SettingsManager,
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

test("a listing hears, while it reads, that it is not wanted any more", async () => {
  const home = temporaryDirectory();
  const header = (id: string) => JSON.stringify({ type: "session", version: 3, id, timestamp: "2026-01-01T00:00:00.000Z", cwd: home });
  for (let at = 0; at < 400; at++) writeFileSync(join(home, `${at}_s${at}.jsonl`), `${header(`s${at}`)}\n`.padEnd(200_000, "\n"));
  const calledOff = new AbortController();
  const progress = vi.fn();
  const listing = SessionManager.list(home, home, progress, calledOff.signal);
  setImmediate(() => calledOff.abort(new Error("not wanted")));
  await expect(listing).rejects.toThrow("not wanted");
  expect(progress).not.toHaveBeenCalled();
  expect(await SessionManager.list(home, home, progress)).toHaveLength(400);
  await expect(SessionManager.listAll(home, undefined, calledOff.signal)).rejects.toThrow("not wanted");
});

test("entries without a time have one that is a number, and a session without one that of its file", async () => {
  const home = temporaryDirectory();
  const path = join(home, "a_timeless.jsonl");
  const lines = [
    { type: "session", version: 3, id: "timeless", cwd: home },
    { type: "message", id: "00000001", parentId: null, message: { role: "user", content: "hi" } },
    { type: "custom_message", id: "00000002", parentId: "00000001", customType: "c", content: "x", display: true },
    { type: "branch_summary", id: "00000003", parentId: "00000002", fromId: "00000001", summary: "s", timestamp: "some day" },
    { type: "compaction", id: "00000004", parentId: "00000003", summary: "s", firstKeptEntryId: "00000001", tokensBefore: 1 },
  ];
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const manager = await SessionManager.open(path);
  const { messages } = manager.buildSessionContext();
  expect(messages.map(({ role, timestamp }) => [role, timestamp])).toEqual(
    ["compactionSummary", "user", "custom", "branchSummary"].map((role) => [role, 0]),
  );
  await manager.close();
  const [info] = await SessionManager.list(home, home);
  expect(info?.created).toEqual(info?.modified);
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

describe("pictures", () => {
  const data = Buffer.alloc(3000, 4).toString("base64");
  const shown = {
    role: "user" as const,
    content: [{ type: "image" as const, data, mimeType: "image/png" }],
    timestamp: 0,
  } satisfies UserMessage;

  /** Of a home of its own whose config.toml says this. */
  function home(toml: string): { agentDir: string; sessions: string } {
    const directory = temporaryDirectory();
    const agentDir = join(directory, "agent");
    mkdirSync(agentDir);
    writeFileSync(join(agentDir, "config.toml"), toml, { mode: 0o600 });
    vi.stubEnv("PI_CODING_AGENT_DIR", agentDir);
    onTestFinished(() => vi.unstubAllEnvs() as unknown as undefined);
    return { agentDir, sessions: join(directory, "sessions") };
  }

  async function stored(sessions: string): Promise<string> {
    const manager = SessionManager.create("/somewhere", sessions);
    manager.appendMessage(shown);
    expect(JSON.stringify(manager.getEntries())).toContain(data);
    await manager.close();
    const again = await SessionManager.open(manager.getSessionFile() ?? "");
    expect(JSON.stringify(again.buildSessionContext().messages)).toContain(data);
    await again.close();
    return readFileSync(manager.getSessionFile() ?? "", "utf8");
  }

  test("are kept once for all sessions where the user's file says so", async () => {
    const { agentDir, sessions } = home("[session]\nblobs = true\n");
    for (const text of [await stored(sessions), await stored(sessions)]) expect(text).not.toContain(data);
    expect(readdirSync(join(agentDir, "blobs"))).toHaveLength(1);
  });

  test.each(["", "[session]\nblobs = false\n", "[session\n", "session = 1\n"])(
    "are in the session's file where it says %j",
    async (toml) => {
      const { agentDir, sessions } = home(toml);
      expect(await stored(sessions)).toContain(data);
      expect(readdirSync(agentDir)).toEqual(["config.toml"]);
    },
  );

  test("follow the settings of the conversation that is begun in the session", async () => {
    const { sessions } = home("");
    const agentDir = join(temporaryDirectory(), "another");
    const { session } = await createAgentSession({
      agentDir,
      sessionManager: SessionManager.create("/", sessions),
      settingsManager: SettingsManager.inMemory({ session: { blobs: true } }),
      model: "scripted/demo",
    });
    session.sessionManager.appendMessage(shown);
    expect(readdirSync(join(agentDir, "blobs"))).toHaveLength(1);
    expect(JSON.stringify(session.sessionManager.getEntries())).toContain(data);
    const file = session.sessionManager.getSessionFile() ?? "";
    await session.dispose();
    expect(readFileSync(file, "utf8")).not.toContain(data);
  });
});
