import { execFile, execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readBoundedText } from "../../../src/platform/files/bounded-file.ts";
import { createFileOperations, writeAtomic } from "../../../src/platform/files/files.ts";
import { replaceFile } from "../../../src/platform/files/replace-file.ts";
import { asOrdinaryUser, give } from "../../support/ordinary-user.ts";

const files = createFileOperations();
const isRoot = process.getuid?.() === 0;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pi-files-"));
});
afterEach(() => {
  chmodSync(directory, 0o755);
  rmSync(directory, { recursive: true, force: true });
});

test("writes a new file, makes its parents, leaves nothing beside it", async () => {
  const path = join(directory, "a/b/c.txt");
  await files.writeAtomic(path, "één");
  expect(readFileSync(path, "utf8")).toBe("één");
  expect(readdirSync(join(directory, "a/b"))).toEqual(["c.txt"]);
});

test.each(["n".repeat(255), "\u6f22".repeat(85), "\u{1f600}".repeat(63)])("the name may be as long as names can be: %s", async (name) => {
  const path = join(directory, name);
  await files.writeAtomic(path, "one");
  await replaceFile(path, ["two"]);
  expect(readFileSync(path, "utf8")).toBe("two");
  expect(readdirSync(directory)).toEqual([name]);
});

test("keeps mode, and replaces rather than rewrites", async () => {
  const path = join(directory, "run.sh");
  writeFileSync(path, "old");
  chmodSync(path, 0o751);
  const before = statSync(path).ino;
  await files.writeAtomic(path, new Uint8Array([1, 2]));
  expect(statSync(path).mode & 0o7777).toBe(0o751);
  expect([...readFileSync(path)]).toEqual([1, 2]);
  expect(statSync(path).ino).not.toBe(before);
});

test.each([
  ["a new file", undefined],
  ["one that others may read now", 0o644],
  ["one with another name", 0o664],
])("with a mode of its own it is there from the first moment: %s", async (_, mode) => {
  const path = join(directory, "secret");
  if (mode !== undefined) {
    writeFileSync(path, "old");
    chmodSync(path, mode);
  }
  if (mode === 0o664) linkSync(path, join(directory, "other"));
  await writeAtomic(path, "new", 0o600);
  expect([statSync(path).mode & 0o7777, readFileSync(path, "utf8")]).toEqual([0o600, "new"]);
});

test("writes through a chain of links, also to a file still to be made", async () => {
  mkdirSync(join(directory, "real"));
  symlinkSync("real/file", join(directory, "one"));
  symlinkSync("one", join(directory, "two"));
  for (const text of ["first", "second"]) {
    await files.writeAtomic(join(directory, "two"), text);
    expect(readFileSync(join(directory, "real/file"), "utf8")).toBe(text);
  }
  expect(lstatSync(join(directory, "two")).isSymbolicLink()).toBe(true);
  symlinkSync("loop", join(directory, "loop"));
  await expect(files.writeAtomic(join(directory, "loop"), "x")).rejects.toMatchObject({ code: "ELOOP" });
});

test("a relative link counts from where it really lies, not from the names on the way", async () => {
  mkdirSync(join(directory, "real/host"), { recursive: true });
  symlinkSync("../file", join(directory, "real/host/link"));
  symlinkSync("real/host", join(directory, "synced"));
  for (const text of ["new", "changed"]) {
    await files.writeAtomic(join(directory, "synced/link"), text);
    expect(readFileSync(join(directory, "real/file"), "utf8")).toBe(text);
  }
  expect(lstatSync(join(directory, "real/host/link")).isSymbolicLink()).toBe(true);
  expect(readdirSync(directory).sort()).toEqual(["real", "synced"]);
  symlinkSync("../later", join(directory, "real/host/dangling"));
  expect(await files.canonical(join(directory, "synced/dangling"))).toBe(join(await files.canonical(directory), "real/later"));
});

test("a pipe that nobody reads is refused, not waited for", async () => {
  execFileSync("mkfifo", [join(directory, "fifo")]);
  await expect(files.writeAtomic(join(directory, "fifo"), "x")).rejects.toThrow(/Not a regular file: .*fifo is a pipe/);
});

test("a file with a second name stays one file", async () => {
  writeFileSync(join(directory, "a"), "old");
  linkSync(join(directory, "a"), join(directory, "b"));
  await files.writeAtomic(join(directory, "a"), "new");
  expect(readFileSync(join(directory, "b"), "utf8")).toBe("new");
});

test("a directory is refused", async () => {
  await expect(files.writeAtomic(directory, "x")).rejects.toMatchObject({ code: "EISDIR" });
});

test("writes in place where only the file is writable, and not where it is not", async () => {
  const path = join(directory, "f");
  writeFileSync(path, "old");
  const { ino } = statSync(path);
  give(directory);
  chmodSync(directory, 0o555);
  await asOrdinaryUser(() => files.writeAtomic(path, "new"));
  expect([readFileSync(path, "utf8"), statSync(path).ino, readdirSync(directory)]).toEqual(["new", ino, ["f"]]);
  chmodSync(directory, 0o755);
  chmodSync(path, 0o444);
  const refused = await asOrdinaryUser(() => files.writeAtomic(path, "x").catch((error: unknown) => error));
  expect(refused).toMatchObject({ code: "EACCES" });
  expect([readFileSync(path, "utf8"), readdirSync(directory)]).toEqual(["new", ["f"]]);
});

test.skipIf(!isRoot)("in a directory where nobody takes another's file away, that is written in place", async () => {
  const path = join(directory, "f");
  writeFileSync(path, "old");
  chmodSync(path, 0o666);
  chmodSync(directory, 0o1777);
  const { ino } = statSync(path);
  for (const [text, write] of [
    ["new", () => files.writeAtomic(path, "new")],
    ["streamed", () => replaceFile(path, ["stre", "amed"])],
  ] as const) {
    await asOrdinaryUser(write);
    expect([readFileSync(path, "utf8"), statSync(path).ino, readdirSync(directory)]).toEqual([text, ino, ["f"]]);
  }
});

test.skipIf(!isRoot)("a file that root writes stays its owner's", async () => {
  const path = join(directory, "f");
  writeFileSync(path, "old");
  give(directory, 54_321);
  await files.writeAtomic(path, "new");
  expect([readFileSync(path, "utf8"), statSync(path).uid, statSync(path).gid]).toEqual(["new", 54_321, 54_321]);
});

describe("a file from a stream of text", () => {
  const piece = `${"é".repeat(50_000)}\n`;
  const stream = async function* (pieces: number, error?: Error): AsyncGenerator<string> {
    for (let count = 0; count < pieces; count++) yield `${count}${piece}`;
    if (error !== undefined) throw error;
  };
  const whole = Array.from({ length: 5 }, (_, count) => `${count}${piece}`).join("");

  test("is whole, the user's alone and in a directory that is made; one that is there keeps its mode and its links", async () => {
    const path = join(directory, "a/b/export.html");
    await replaceFile(path, stream(5));
    expect([readFileSync(path, "utf8") === whole, statSync(path).mode & 0o777, readdirSync(join(directory, "a/b"))]).toEqual([
      true,
      0o600,
      ["export.html"],
    ]);
    chmodSync(path, 0o644);
    symlinkSync("a/b/export.html", join(directory, "link"));
    await replaceFile(join(directory, "link"), ["new"]);
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new", 0o644]);
    expect(lstatSync(join(directory, "link")).isSymbolicLink()).toBe(true);
  });

  test("that breaks off leaves the old one, and nothing beside it", async () => {
    const path = join(directory, "f");
    writeFileSync(path, "old");
    await expect(replaceFile(path, stream(5, new Error("broken off")))).rejects.toThrow("broken off");
    await expect(replaceFile(join(directory, "new"), stream(5, new Error("broken off")))).rejects.toThrow("broken off");
    await expect(replaceFile(directory, ["x"])).rejects.toMatchObject({ code: "EISDIR" });
    expect([readFileSync(path, "utf8"), readdirSync(directory)]).toEqual(["old", ["f"]]);
  });

  test("goes into a pipe that stands there, however late its reader comes", async () => {
    const path = join(directory, "pipe");
    execFileSync("mkfifo", [path]);
    const writing = replaceFile(path, stream(5));
    await new Promise((resolve) => setImmediate(resolve));
    const reading = promisify(execFile)("cat", [path], { maxBuffer: 16 << 20 });
    await writing;
    expect((await reading).stdout === whole).toBe(true);
    expect(statSync(path).isFIFO()).toBe(true);
  });
});

test.skipIf(process.platform !== "linux")("no descriptor stays open, whatever became of the reading and the writing", async () => {
  const open = (): number => readdirSync("/proc/self/fd").length;
  const path = join(directory, "f");
  const before = open();
  for (let count = 0; count < 100; count++) {
    await files.writeAtomic(path, "x".repeat(200_000));
    for await (const _ of files.readChunks(path)) break;
    await replaceFile(path, ["x".repeat(200_000)]);
    readBoundedText(path);
  }
  // Others of this process come and go.
  expect(open() - before).toBeLessThan(50);
});

test("lists with what stands behind links", async () => {
  writeFileSync(join(directory, "f"), "");
  mkdirSync(join(directory, "d"));
  symlinkSync("d", join(directory, "to-d"));
  symlinkSync("nowhere", join(directory, "dangling"));
  const kinds = Object.fromEntries((await files.list(directory)).map((entry) => [entry.name, entry.kind]));
  expect(kinds).toEqual({ f: "file", d: "directory", "to-d": "directory", dangling: "other" });
});

test("canonical names are the same for every way to a file, there or not", async () => {
  mkdirSync(join(directory, "d"));
  symlinkSync("d", join(directory, "link"));
  expect(await files.canonical(join(directory, "link/new/file"))).toBe(await files.canonical(join(directory, "d/new/file")));
});

test("reads in chunks and stops when told", async () => {
  writeFileSync(join(directory, "big"), "x".repeat(200_000));
  let bytes = 0;
  for await (const chunk of files.readChunks(join(directory, "big"))) {
    bytes += chunk.length;
    if (bytes > 100_000) break;
  }
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(200_000);
});

test("what only its owner may read is never readable by others, not even half written", async () => {
  const path = join(directory, "private");
  writeFileSync(path, "old");
  chmodSync(path, 0o600);
  const modes: number[] = [];
  let isDone = false;
  const watching = (async () => {
    while (!isDone) {
      for (const name of readdirSync(directory)) {
        if (name.endsWith(".tmp")) modes.push(statSync(join(directory, name), { throwIfNoEntry: false })?.mode ?? 0);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await files.writeAtomic(path, Buffer.alloc(64 * 1024 * 1024));
  isDone = true;
  await watching;
  expect(modes.length).toBeGreaterThan(0);
  expect(modes.filter((mode) => (mode & 0o077) !== 0)).toEqual([]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a pipe that has taken a file's place ends a reader instead of holding it", async () => {
  const path = join(directory, "swapped");
  execFileSync("mkfifo", [path]);
  expect([...(await files.read(path))]).toEqual([]);
  for await (const chunk of files.readChunks(path)) expect(chunk.length).toBe(0);
});
