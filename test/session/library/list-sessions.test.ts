import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { NewEntry } from "../../../src/contracts/session-entry.ts";
import {
  type ListRequest,
  listSessions,
  mostRecentSession,
  resolveSessionRef,
  type SessionSummary,
  sessionSummary,
} from "../../../src/session/library/list-sessions.ts";
import { idInFileName, isValidSessionId, projectFolderName, sessionDirectory, sessionFileName } from "../../../src/session/lines/locate.ts";
import { assistantMessage, userMessage } from "../../support/messages.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const timestamp = "2026-01-01T00:00:00.000Z";

interface Written {
  id: string;
  cwd?: string;
  /** Seconds. */
  modified: number;
  entries?: NewEntry[];
}

function write(directory: string, { id, cwd = "/x", modified, entries = [] }: Written): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, sessionFileName({ id, timestamp }));
  const header = { type: "session", version: 3, id, timestamp, cwd };
  const lines = entries.map(({ type, ...body }, at) => ({
    type,
    id: `0000000${at}`,
    parentId: at === 0 ? null : `0000000${at - 1}`,
    timestamp,
    ...body,
  }));
  writeFileSync(path, [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(""));
  utimesSync(path, modified, modified);
  return path;
}

async function all(request: ListRequest): Promise<SessionSummary[]> {
  const found: SessionSummary[] = [];
  for await (const summary of listSessions(request)) found.push(summary);
  return found;
}

const usage = { ...assistantMessage("").usage, cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0.25 } };
const conversation = (filler: string): NewEntry[] => [
  { type: "model_change", provider: "first", modelId: "choice" },
  { type: "message", message: { role: "system", content: filler, timestamp: 0 } },
  { type: "session_info", name: "näme" },
  { type: "message", message: userMessage('héllo\n "world" \u2028 {"usage":{"cost":{"total":9}}}') },
  { type: "message", message: assistantMessage('"usage":{"cost":{"total":9}}', { usage, model: "answered" }) },
  { type: "message", message: userMessage("second") },
];

test("a summary says what a list shows; long files are read at both ends only, or whole on demand", async () => {
  const directory = temporaryDirectory();
  write(directory, { id: "short", modified: 1, entries: conversation("") });
  write(directory, {
    id: "long",
    modified: 2,
    entries: [...conversation(""), { type: "custom", customType: "filler", data: "f".repeat(3_000_000) }, ...conversation("").slice(3)],
  });
  const [long, short] = await all({ directory });
  const shown = { cwd: "/x", timestamp, name: "näme", firstPrompt: 'héllo "world" {"usage":{"cost":{"total":9}}}', model: "test/answered" };
  expect(short).toMatchObject({ ...shown, id: "short", messageCount: 3, cost: 0.25, modifiedMs: 1000 });
  expect(long).toMatchObject({ ...shown, id: "long" });
  expect(long && "messageCount" in long).toBe(false);
  expect((await all({ directory, whole: true }))[0]).toMatchObject({ ...shown, id: "long", messageCount: 6, cost: 0.5 });
});

test("a prompt behind a long system message is found, a cut one as far as it goes", async () => {
  const directory = temporaryDirectory();
  write(directory, { id: "a", modified: 2, entries: [...conversation("s".repeat(40_000)), ...conversation("s".repeat(40_000))] });
  write(directory, { id: "b", modified: 1, entries: [{ type: "message", message: userMessage(`ünd ${"so weiter ".repeat(20_000)}`) }] });
  const [first, second] = await all({ directory });
  expect(first).toMatchObject({ firstPrompt: 'héllo "world" {"usage":{"cost":{"total":9}}}', name: "näme", model: "test/answered" });
  expect(second?.firstPrompt).toMatch(/^ünd so weiter so weiter/);
  expect(second?.firstPrompt).toHaveLength(200);
});

test("newest change first; what is no session is passed over", async () => {
  const directory = temporaryDirectory();
  write(directory, { id: "b", modified: 20 });
  write(directory, { id: "a", modified: 30 });
  write(directory, { id: "c", modified: 10 });
  writeFileSync(join(directory, "x.jsonl"), "not a session\n");
  writeFileSync(join(directory, "empty.jsonl"), "");
  writeFileSync(join(directory, "notes.txt"), "");
  mkdirSync(join(directory, "folder.jsonl"));
  expect((await all({ directory })).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(await all({ directory: join(directory, "nowhere") })).toEqual([]);
});

test("the most recent one of a directory is the last changed with that cwd in its header", async () => {
  const directory = temporaryDirectory();
  const mine = write(directory, { id: "mine", modified: 1 });
  write(directory, { id: "other", cwd: "/y", modified: 2 });
  expect(await mostRecentSession({ directory, cwd: "/x" })).toBe(mine);
  expect(await mostRecentSession({ directory, cwd: "/z" })).toBe(undefined);
});

test("a reference is a path, an id, a prefix, a name or last; the project comes before the rest", async () => {
  const root = temporaryDirectory();
  const directory = join(root, projectFolderName("/x"));
  const where = { directory, root, cwd: "/x" };
  const first = write(directory, { id: "abc-1", modified: 1, entries: [{ type: "session_info", name: "My Work" }] });
  const second = write(directory, { id: "abc-2", modified: 2 });
  const elsewhere = write(join(root, "--y--"), { id: "abd-3", cwd: "/y", modified: 3 });
  const nested = write(join(root, "--y--"), { id: "abc-1-longer", cwd: "/y", modified: 4 });
  expect(await resolveSessionRef(first, where)).toBe(first);
  expect(await resolveSessionRef("abc-1", where)).toBe(first);
  expect(await resolveSessionRef("abc-1-", where)).toBe(nested);
  expect(await resolveSessionRef("abd", where)).toBe(elsewhere);
  expect(await resolveSessionRef("my work", where)).toBe(first);
  expect(await resolveSessionRef("last", where)).toBe(second);
  await expect(resolveSessionRef("abc", where)).rejects.toMatchObject({
    code: "usage.ambiguous_session",
    exitStatus: 2,
    hint: expect.stringMatching(/abc-2.*abc-1/),
  });
  for (const ref of ["deadbeef", "", "./none.jsonl"]) {
    await expect(resolveSessionRef(ref, where)).rejects.toMatchObject({ message: `No session found matching '${ref}'` });
  }
});

test("a session without a name is meant by its first prompt, whole or as a list has cut it; a name is more than a prompt", async () => {
  const directory = temporaryDirectory();
  const begun = (text: string): NewEntry => ({ type: "message", message: userMessage(text) });
  const told: string[] = [];
  const where = { directory, cwd: "/x", warn: (line: string) => void told.push(line) };
  const page = write(directory, { id: "page", modified: 1, entries: [begun("Mend the\nlogin page in src/a.ts")] });
  const named = write(directory, { id: "named", modified: 2, entries: [begun("tidy up"), { type: "session_info", name: "greeting" }] });
  const prompted = write(directory, { id: "prompted", modified: 3, entries: [begun("greeting")] });
  expect(await resolveSessionRef("Mend the login page in src/a.ts", where)).toBe(page);
  expect(await resolveSessionRef("mend the LOGIN page in src/a.ts", where)).toBe(page);
  expect(await resolveSessionRef("Mend the lo…", where)).toBe(page);
  expect(await resolveSessionRef("greeting", where)).toBe(named);
  // A list shows its name.
  for (const ref of ["tidy up", "Mend the", "…", "M…"]) await expect(resolveSessionRef(ref, where)).rejects.toThrow("No session found");
  expect(told).toEqual([]);
  write(directory, { id: "older", cwd: "/y", modified: 9, entries: [begun("say it twice")] });
  const twice = write(directory, { id: "twice", modified: 4, entries: [begun("say it twice")] });
  expect(await resolveSessionRef("say it twice", where)).toBe(twice);
  expect(told).toEqual([expect.stringContaining("2 sessions are called 'say it twice': this is the newest, twice.")]);
  expect(prompted).not.toBe(named);
});

test("names of folders and files", () => {
  expect(projectFolderName("/home/me/my.project")).toBe("--home-me-my.project--");
  expect(projectFolderName("C:\\work\\x")).toBe("--C--work-x--");
  expect(sessionDirectory({ cwd: "/x", agentDir: "/a" })).toBe("/a/sessions/--x--");
  expect(sessionDirectory({ cwd: "/x", agentDir: "/a", override: "/given" })).toBe("/given");
  expect(sessionFileName({ id: "i_d", timestamp: "2026-01-02T03:04:05.678Z" })).toBe("2026-01-02T03-04-05-678Z_i_d.jsonl");
  expect(idInFileName("/a/2026-01-02T03-04-05-678Z_i_d.jsonl")).toBe("i_d");
  expect(["a", "a.b_c-d", "0"].every(isValidSessionId)).toBe(true);
  expect(["", "-a", "a.", "a b", "a/b", "ä"].some(isValidSessionId)).toBe(false);
});

test("a session is known by what was said, not by the files put before it", () => {
  const directory = temporaryDirectory();
  const file = (name: string, content: string): string => `<file name="/x/${name}">\n${content}\n</file>`;
  const prompts = [
    [`${file("a.md", "long ".repeat(2000))}${file("b.md", "</file> in the middle")}\n\ncompare them`, "compare them"],
    [file("a.md", "only this"), "@/x/a.md"],
    ["<file name is what I ask about", "<file name is what I ask about"],
  ] as const;
  for (const [at, [text, shown]] of prompts.entries()) {
    const path = write(directory, { id: `id-${at}`, modified: 1, entries: [{ type: "message", message: userMessage(text) }] });
    expect(sessionSummary(path)?.firstPrompt).toBe(shown);
  }
});

test("a session that was begun by a pipe or a template is known by what its user said, however long the rest", () => {
  const directory = temporaryDirectory();
  for (const [at, length] of [10, 30_000, 300_000].entries()) {
    const entries: NewEntry[] = [
      { type: "custom", customType: "other", data: { text: "not this" } },
      { type: "custom", customType: "pi.own_words", data: { text: "review  this\ndiff" } },
      { type: "message", message: userMessage(`${"+ line\n".repeat(length)}\n\nreview  this\ndiff`) },
      { type: "message", message: assistantMessage("Done.") },
      { type: "custom", customType: "pi.own_words", data: { text: "nor this" } },
    ];
    const path = write(directory, { id: `id-${at}`, modified: 1, entries });
    expect(sessionSummary(path)?.firstPrompt).toBe("review this diff");
  }
});
