// Storage that is not there, fails midway, or is changed under us.

import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { PiError } from "../../../src/contracts/error.ts";
import type { SessionEntry } from "../../../src/contracts/session-entry.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { assistantMessage, userMessage } from "../../support/messages.ts";
import { canMount, mountDisk, type SmallDisk } from "../../support/small-disk.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

interface Kept {
  session: Session;
  path: string;
  warnings: string[];
  losses: PiError[];
  say(text: string): SessionEntry;
}

function keep(directory: string): Kept {
  const warnings: string[] = [];
  const losses: PiError[] = [];
  const session = Session.create(
    { cwd: "/x", directory },
    { onWarning: (text) => warnings.push(text), onStorageLost: (error) => losses.push(error) },
  );
  onTestFinished(() => session.close());
  const say = (text: string): SessionEntry => session.append({ type: "message", message: userMessage(text) });
  return { session, path: session.filePath ?? "", warnings, losses, say };
}

async function reopened(path: string): Promise<{ ids: string[]; warnings: string[]; session: Session }> {
  const warnings: string[] = [];
  const session = await Session.open(path, { readOnly: true, onWarning: (text) => warnings.push(text) });
  onTestFinished(() => session.close());
  return { ids: session.entries().map(({ id }) => id), warnings, session };
}

/** What became of the file is looked at once in a turn of the event loop. */
const nextTurn = (): Promise<void> => Promise.resolve();

const ids = (session: Session): string[] => session.entries().map(({ id }) => id);

/** Root may write anywhere; without that right the permission bits are the test, with it a read-only mount is. */
function makeReadOnly(directory: string): void {
  if (process.getuid?.() !== 0) {
    chmodSync(directory, 0o500);
    onTestFinished(() => chmodSync(directory, 0o700));
    return;
  }
  mount(directory, "size=64k,ro");
}

function mount(directory: string, options: string): SmallDisk {
  const disk = mountDisk(directory, options);
  onTestFinished(() => disk.unmount());
  return disk;
}

test.runIf(canMount || process.getuid?.() !== 0)("where nothing can be stored from the start the session goes on and says so once", () => {
  const directory = temporaryDirectory();
  makeReadOnly(directory);
  const { session, losses, say } = keep(join(directory, "sessions"));
  say("one");
  say("two");
  expect(losses.map(({ code }) => code)).toEqual(["session.unsaved"]);
  expect(losses[0]?.message).toContain("read-only");
  expect(session.storageLost?.code).toBe("session.unsaved");
  expect(session.isPersisted).toBe(false);
  expect(session.context().messages).toHaveLength(2);
});

test("a part of the path that is no directory is a reason to go on unsaved", () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "file"), "");
  const { losses, say } = keep(join(directory, "file", "sessions"));
  say("one");
  expect(losses).toEqual([expect.objectContaining({ code: "session.unsaved" })]);
});

test.runIf(canMount)(
  "a full disk: the run goes on, told once; the file holds whole lines; what was missed is written when there is room",
  async () => {
    const directory = temporaryDirectory();
    const disk = mount(directory, "size=64k");
    const { session, path, warnings, losses, say } = keep(directory);
    say("first");
    const small = say("x".repeat(1000)).id;
    const big = session.append({ type: "message", message: assistantMessage("y".repeat(100_000)) });
    expect(losses).toEqual([expect.objectContaining({ code: "session.storage_lost", message: expect.stringContaining("disk is full") })]);
    expect(session.storageLost).toBe(losses[0]);
    expect(readFileSync(path, "utf8").endsWith("\n")).toBe(true);
    expect((await reopened(path)).ids.at(-1)).toBe(small);
    session.append({ type: "message", message: assistantMessage("z") });
    expect(losses).toHaveLength(1);
    expect(session.context().messages).toHaveLength(4);
    disk.remount("size=1m");
    say("room again");
    expect(session.storageLost).toBe(undefined);
    expect(warnings).toEqual([`What could not be saved to ${path} is saved now`]);
    const found = await reopened(path);
    expect(found.ids).toEqual(ids(session));
    expect(found.ids).toContain(big.id);
    expect(found.warnings).toEqual([]);
  },
);

test.runIf(canMount).for(["nothing", "nothing of an emptied one", "an empty file"])(
  "a full disk, and %s where the file was: tried again with each append, nothing is held open, all is there once there is room",
  async (left) => {
    const directory = temporaryDirectory();
    const disk = mount(directory, "size=64k");
    const { session, path, warnings, losses, say } = keep(directory);
    say("one");
    say("x".repeat(5000));
    await nextTurn();
    const openCount = (): number => readdirSync("/proc/self/fd").length;
    if (left === "nothing of an emptied one") truncateSync(path, 0);
    unlinkSync(path);
    if (left === "an empty file") writeFileSync(path, "");
    disk.fill();
    const before = openCount();
    for (let at = 0; at < 20; at++) say(`unsaved ${at}`);
    expect(openCount()).toBeLessThan(before + 5);
    expect(readdirSync(directory).filter((name) => name.startsWith("."))).toEqual([]);
    expect(losses).toHaveLength(1);
    disk.free();
    say("room again");
    expect(warnings.at(-1)).toContain("has been written again");
    expect((await reopened(path)).ids).toEqual(ids(session));
  },
);

test.runIf(canMount)("a truncated file of which a full disk takes only a part is whole once there is room", async () => {
  const directory = temporaryDirectory();
  const disk = mount(directory, "size=256k");
  const { session, path, losses, say } = keep(directory);
  say("one");
  for (let at = 0; at < 4; at++) say("x".repeat(20_000));
  await nextTurn();
  truncateSync(path, readFileSync(path, "utf8").indexOf("xxx"));
  const spare = join(directory, "spare");
  writeFileSync(spare, "y".repeat(30_000));
  disk.fill();
  unlinkSync(spare);
  for (let at = 0; at < 3; at++) {
    say(`unsaved ${at}`);
    await nextTurn();
  }
  expect(losses).toHaveLength(1);
  disk.free();
  say("room again");
  expect(session.storageLost).toBe(undefined);
  const found = await reopened(path);
  expect([found.ids.toSorted(), found.warnings]).toEqual([ids(session).toSorted(), []]);
  expect(found.session.context()).toEqual(session.context());
});

test.runIf(canMount)("a full disk at the very first write leaves no file without header", () => {
  const directory = temporaryDirectory();
  mount(directory, "size=64k");
  const { losses, say } = keep(directory);
  const openCount = (): number => readdirSync("/proc/self/fd").length;
  const before = openCount();
  for (let at = 0; at < 10; at++) say("x".repeat(200_000));
  expect(losses).toHaveLength(1);
  expect(readdirSync(directory)).toEqual([]);
  expect(openCount()).toBeLessThan(before + 5);
});

test("the directory is removed midway: the session goes on in memory and says so once", () => {
  const { session, path, losses, say } = keep(join(temporaryDirectory(), "sessions"));
  say("one");
  rmSync(dirname(path), { recursive: true });
  say("two");
  say("three");
  expect(losses.map(({ code }) => code)).toEqual(["session.storage_lost"]);
  expect(losses[0]?.message).toContain("directory is gone");
  expect(existsSync(dirname(path))).toBe(false);
  expect(session.context().messages).toHaveLength(3);
});

test("a directory that comes back is written to again, whole", async () => {
  const { session, path, say } = keep(join(temporaryDirectory(), "sessions"));
  say("one");
  rmSync(dirname(path), { recursive: true });
  say("two");
  mkdirSync(dirname(path));
  say("three");
  expect(session.storageLost).toBe(undefined);
  expect((await reopened(path)).ids).toEqual(ids(session));
});

test("a deleted file is written whole again under its name, also what was there before we opened it", async () => {
  const { session, path, say } = keep(temporaryDirectory());
  const first = say("one");
  say("two");
  session.navigate(first.id);
  say("three");
  session.close();
  const warnings: string[] = [];
  const opened = await Session.open(path, { onWarning: (text) => warnings.push(text) });
  onTestFinished(() => opened.close());
  unlinkSync(path);
  opened.append({ type: "message", message: userMessage("four") });
  expect(warnings).toEqual([expect.stringContaining("was deleted while in use and has been written again")]);
  const found = await reopened(path);
  expect(found.ids).toHaveLength(4);
  expect(found.ids).toEqual(ids(opened));
  expect(found.warnings).toEqual([]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dirname(path))).toHaveLength(1);
});

for (const [what, size] of [
  ["nothing", () => 0],
  ["a part of its header", () => 20],
  ["a part of an entry", (whole: number) => whole - 100],
  ["whole lines", (_: number, text: string) => text.indexOf("\n", text.indexOf("\n") + 1) + 1],
] as const) {
  test(`a file truncated to ${what} is whole again with the next append`, async () => {
    const { session, path, warnings, say } = keep(temporaryDirectory());
    const first = say("one");
    say("two");
    session.navigate(first.id);
    say("three");
    truncateSync(path, size(statSync(path).size, readFileSync(path, "utf8")));
    await nextTurn();
    say("four");
    expect(warnings).toEqual([expect.stringContaining("was truncated while in use and has been written again")]);
    const found = await reopened(path);
    expect(found.ids.toSorted()).toEqual(ids(session).toSorted());
    expect(found.warnings).toEqual([]);
    expect(found.session.header).toEqual(session.header);
    expect(found.session.context()).toEqual(session.context());
    await nextTurn();
    say("five");
    expect((await reopened(path)).session.context()).toEqual(session.context());
    expect(warnings).toHaveLength(1);
  });
}

/** A session of two branches, opened anew; `other` is on the one that is not in force. */
async function branched() {
  const { session, path, say } = keep(temporaryDirectory());
  const first = say("one");
  const other = say("on another branch");
  session.navigate(first.id);
  say("three");
  session.close();
  const warnings: string[] = [];
  const opened = await Session.open(path, { onWarning: (text) => warnings.push(text) });
  onTestFinished(() => opened.close());
  return { opened, path, other, warnings };
}

test("truncated after opening: the active path is saved, what was on other branches is counted as lost", async () => {
  const { opened, path, other, warnings } = await branched();
  const context = opened.context();
  truncateSync(path, 0);
  opened.append({ type: "message", message: userMessage("four") });
  expect(warnings).toEqual([expect.stringContaining("1 entries of other branches could not be restored")]);
  const found = await reopened(path);
  expect(found.session.context().messages).toEqual([...context.messages, userMessage("four")]);
  expect(found.ids).not.toContain(other.id);
});

test("truncated after opening in the middle of a line that nobody remembers: what is saved stands on lines of its own", async () => {
  const { opened, path, other } = await branched();
  const context = opened.context();
  truncateSync(path, readFileSync(path, "utf8").indexOf(other.id) + 40);
  opened.append({ type: "message", message: userMessage("four") });
  const found = await reopened(path);
  expect(found.session.context().messages).toEqual([...context.messages, userMessage("four")]);
  expect(ids(opened)).toEqual(found.ids);
  const parsed = readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .filter((line) => line.endsWith("}"));
  expect(parsed.map((line) => JSON.parse(line).id)).toEqual([opened.id, ...found.ids]);
  // What is left of the other one may be of use to somebody.
  expect(readFileSync(path, "utf8")).toContain(other.id);
});

test("another file with our name is gone on with when it is a copy of the session, and left alone when it is not", async () => {
  const { session, path, losses, say } = keep(temporaryDirectory());
  say("one");
  const copy = readFileSync(path);
  await nextTurn();
  say("two");
  await nextTurn();
  writeFileSync(`${path}.copy`, copy);
  renameSync(`${path}.copy`, path);
  say("three");
  expect((await reopened(path)).ids).toEqual(ids(session));
  await nextTurn();
  writeFileSync(`${path}.copy`, "something else\n");
  renameSync(`${path}.copy`, path);
  say("four");
  expect(readFileSync(path, "utf8")).toBe("something else\n");
  expect(losses).toEqual([
    expect.objectContaining({ code: "session.storage_lost", message: expect.stringContaining("another file has taken its name") }),
  ]);
});

test("megabytes are written again whole, into an emptied file and into a copy that lacks them", async () => {
  const { session, path, say } = keep(temporaryDirectory());
  say("one");
  const copy = readFileSync(path);
  for (let at = 0; at < 4; at++) say(`${at}`.repeat(600_000));
  const texts = (of: Session): unknown[] => of.context().messages;
  await nextTurn();
  truncateSync(path, 0);
  say("two");
  expect(texts((await reopened(path)).session)).toEqual(texts(session));
  await nextTurn();
  writeFileSync(`${path}.copy`, copy);
  renameSync(`${path}.copy`, path);
  say("three");
  const found = await reopened(path);
  expect(texts(found.session)).toEqual(texts(session));
  expect(found.ids).toEqual([...new Set(found.ids)]);
  session.close();
  // Nothing of it is in memory, and yet all of it is in the file that has lost its name.
  const opened = await Session.open(path, {});
  onTestFinished(() => opened.close());
  writeFileSync(`${path}.copy`, copy);
  renameSync(`${path}.copy`, path);
  opened.append({ type: "message", message: userMessage("four") });
  expect((await reopened(path)).ids.slice(0, -1).toSorted()).toEqual(found.ids.toSorted());
});

test("what hung on an entry that is lost hangs on the nearest before it", async () => {
  const { session, path, say } = keep(temporaryDirectory());
  const first = say("one");
  say("on another branch");
  const lost = say("further on that branch");
  session.navigate(first.id);
  say("three");
  session.close();
  const opened = await Session.open(path, {});
  onTestFinished(() => opened.close());
  opened.context();
  opened.navigate(lost.id);
  const child = opened.append({ type: "message", message: userMessage("four") });
  await nextTurn();
  truncateSync(path, 0);
  opened.append({ type: "message", message: userMessage("five") });
  const found = await reopened(path);
  expect(found.ids).not.toContain(lost.id);
  expect(found.session.entries().find(({ id }) => id === child.id)?.parentId).toBe(first.id);
});

test("neither restoring nor failing holds a descriptor", async () => {
  const directory = temporaryDirectory();
  const { path, say } = keep(directory);
  say("one");
  const openCount = (): number => readdirSync("/proc/self/fd").length;
  const before = openCount();
  for (let at = 0; at < 10; at++) {
    unlinkSync(path);
    await nextTurn();
    say(`again ${at}`);
  }
  const rubbish = join(directory, "rubbish.jsonl");
  writeFileSync(rubbish, "no session\n");
  for (let at = 0; at < 10; at++) await expect(Session.open(rubbish, {})).rejects.toThrow();
  expect(openCount()).toBeLessThan(before + 5);
});

test("an empty file put in its place is filled with the whole session", async () => {
  const { session, path, say } = keep(temporaryDirectory());
  say("one");
  unlinkSync(path);
  writeFileSync(path, "");
  say("two");
  expect((await reopened(path)).ids).toEqual(ids(session));
});

test("a file that something else was written over is left alone, however long it is now", async () => {
  for (const text of ["mine\n", "mine\n".repeat(1000)]) {
    const { path, losses, say } = keep(temporaryDirectory());
    say("one");
    await nextTurn();
    writeFileSync(path, text);
    say("two");
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(losses).toEqual([expect.objectContaining({ message: expect.stringContaining("something else has been written over it") })]);
  }
});

test("a line that another program has not ended is not gone on with, and ours is found behind it", async () => {
  const { session, path, say } = keep(temporaryDirectory());
  say("one");
  appendFileSync(path, '{"type":"custom","half');
  await nextTurn();
  const mine = say("mine: grün 漢字 😀").id;
  say("and more");
  expect(readFileSync(path, "utf8").trimEnd().split("\n").slice(2, 3)).toEqual(['{"type":"custom","half']);
  expect((await reopened(path)).ids).toEqual(ids(session));
  const fork = session.fork({ directory: temporaryDirectory() });
  onTestFinished(() => fork.close());
  fork.append({ type: "message", message: userMessage("in the fork") });
  const forked = await reopened(fork.filePath ?? "");
  expect([forked.ids, forked.warnings]).toEqual([ids(fork), []]);
  expect(forked.ids).toContain(mine);
});

test("in a burst of appends the file is looked at once, and again at the end", async () => {
  const { session, path, warnings, say } = keep(temporaryDirectory());
  say("one");
  await nextTurn();
  say("two");
  unlinkSync(path);
  for (let i = 0; i < 10; i++) say(`burst ${i}`);
  session.close();
  expect(warnings).toEqual([expect.stringContaining("was deleted while in use and has been written again")]);
  expect((await reopened(path)).ids).toHaveLength(12);
});

test("two writers: neither loses a line, each goes on from its own leaf", async () => {
  const { session, path, say } = keep(temporaryDirectory());
  const root = say("root");
  // Another program, which knows nothing of leases.
  const foreign = (id: string, parentId: string): void =>
    appendFileSync(path, `${JSON.stringify({ type: "message", id, parentId, timestamp: "t", message: userMessage(id) })}\n`);
  foreign("f0000001", root.id);
  const mine = say("mine");
  foreign("f0000002", "f0000001");
  const mineToo = say("mine too");
  const found = await reopened(path);
  expect(found.ids).toEqual([root.id, "f0000001", mine.id, "f0000002", mineToo.id]);
  expect(found.session.context().entryIds).toEqual([root.id, mine.id, mineToo.id]);
  expect(found.session.context("f0000002").entryIds).toEqual([root.id, "f0000001", "f0000002"]);
  expect(session.context().entryIds).toEqual([root.id, mine.id, mineToo.id]);
  const fork = session.fork({ directory: temporaryDirectory() });
  onTestFinished(() => fork.close());
  fork.append({ type: "message", message: userMessage("in the fork") });
  const forked = await reopened(fork.filePath ?? "");
  expect([forked.session.context().messages.slice(0, 3), forked.warnings]).toEqual([session.context().messages, []]);
});

test("entries long out of use are dropped from memory and read again, also when others wrote as much in between", async () => {
  const { session, path, say } = keep(temporaryDirectory());
  const root = say("root");
  const texts = Array.from({ length: 20 }, (_, at) => `${at} `.padEnd(1 << 20, "w"));
  for (const [at, text] of texts.entries()) {
    const { id } = say(text);
    const line = readFileSync(path, "utf8").trimEnd().split("\n").at(-1) ?? "";
    // A line as long as ours will be, where ours would be.
    if (at % 2 === 0) appendFileSync(path, `${line.replace(id, `f${at}`.padEnd(8, "0")).replace("www", "xxx")}\n`);
  }
  const away = session.leafId;
  session.navigate(root.id);
  session.context();
  session.context();
  expect(session.context(away).messages.slice(1)).toEqual(texts.map((text) => userMessage(text)));
});

test("what could not be stored stays in memory, however much it is", () => {
  const { session, path, say } = keep(join(temporaryDirectory(), "sessions"));
  const root = say("root");
  rmSync(dirname(path), { recursive: true });
  for (let at = 0; at < 20; at++) say(`${at} `.padEnd(1 << 20, "w"));
  const away = session.leafId;
  session.navigate(root.id);
  session.context();
  session.context();
  expect(session.context(away).messages).toHaveLength(21);
});

test("setup without a message leaves no file; a fork of nothing neither", () => {
  const directory = temporaryDirectory();
  const { session } = keep(directory);
  session.append({ type: "model_change", provider: "p", modelId: "m" });
  const fork = session.fork({ directory });
  session.close();
  fork.close();
  expect(readdirSync(directory)).toEqual([]);
});
