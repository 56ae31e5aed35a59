import { execFileSync } from "node:child_process";
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
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFileOperations, writeAtomic } from "../../../src/platform/files/files.ts";
import { replaceFile } from "../../../src/platform/files/replace-file.ts";

const files = createFileOperations();
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
  chmodSync(directory, 0o555);
  await files.writeAtomic(path, "new");
  expect(readFileSync(path, "utf8")).toBe("new");
  chmodSync(directory, 0o755);
  chmodSync(path, 0o444);
  // Nothing is read-only to root.
  if (process.getuid?.() === 0) return;
  await expect(files.writeAtomic(path, "x")).rejects.toMatchObject({ code: "EACCES" });
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
