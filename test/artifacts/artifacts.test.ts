// Numbered outputs beside a session: numbers keep their meaning over forks, races and removal; long outputs keep both ends; nothing leads out.

import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { artifactDirectoryOf, artifactsIn, parentOf } from "../../src/artifacts/artifact-directories.ts";
import { ArtifactFile, keptBytes } from "../../src/artifacts/artifact-file.ts";
import { forgetDirectories, knownDirectories, noteDirectory } from "../../src/artifacts/dependent-directories.ts";
import { SessionArtifacts } from "../../src/artifacts/session-artifacts.ts";
import { artifactIdOf } from "../../src/contracts/artifact.ts";
import { removeSessionFiles } from "../../src/harness/host/remove-session.ts";
import { liveSecrets } from "../../src/platform/secrets.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function session(directory: string, name: string, parentSession?: string): string {
  const path = join(directory, `2026-01-01T00-00-00-000Z_${name}.jsonl`);
  const header = {
    type: "session",
    version: 3,
    id: name,
    timestamp: "2026-01-01T00:00:00.000Z",
    cwd: "/",
    ...(parentSession ? { parentSession } : {}),
  };
  writeFileSync(path, `${JSON.stringify(header)}\n`);
  return path;
}

const artifactsOf = (path: string, parentSession?: string): SessionArtifacts =>
  new SessionArtifacts({ sessionFile: () => path, parentSession });

async function put(artifacts: SessionArtifacts, text: string): Promise<number | undefined> {
  const writer = await artifacts.create("bash");
  writer.write(Buffer.from(text));
  writer.close();
  return writer.id;
}

async function read(artifacts: SessionArtifacts, id: number): Promise<string | undefined> {
  const found = await artifacts.find(id);
  return found === undefined ? undefined : readFileSync(found.path, "utf8");
}

test("numbers from 0, one a file, whatever the tool", async () => {
  const path = session(temporaryDirectory(), "a");
  const artifacts = artifactsOf(path);
  expect([await put(artifacts, "zero"), await put(artifacts, "one")]).toEqual([0, 1]);
  const odd = await artifacts.create("../../etc/päss wd");
  odd.close();
  expect(dirname(odd.path)).toBe(artifactDirectoryOf(path));
  expect(await artifacts.list()).toEqual([0, 1, 2]);
  // Another process goes on where this one stands.
  expect(await put(artifactsOf(path), "three")).toBe(3);
  expect(await put(artifacts, "four")).toBe(4);
});

test("a fork counts on from its ancestors and reads what was theirs, also after rm of any of them", async () => {
  const directory = temporaryDirectory();
  const where = [{ directory }];
  const a = session(directory, "a");
  await put(artifactsOf(a), "of a");
  const b = session(directory, "b", a);
  const c = session(directory, "c", b);
  expect(await put(artifactsOf(c, b), "of c")).toBe(1);
  const ofC = artifactsOf(c, b);
  removeSessionFiles(b, where);
  expect(await read(ofC, 0)).toBe("of a");
  removeSessionFiles(a, where);
  expect(existsSync(a)).toBe(false);
  expect(await read(ofC, 0)).toBe("of a");
  expect(await ofC.list()).toEqual([0, 1]);
  expect(await put(artifactsOf(c, b), "more")).toBe(2);
});

test("rm of a session without forks takes its artifacts along", async () => {
  const directory = temporaryDirectory();
  const a = session(directory, "a");
  await put(artifactsOf(a), "x");
  removeSessionFiles(a, [{ directory }]);
  expect(readdirSync(directory)).toEqual([]);
});

describe("an output of any length", () => {
  const big = Buffer.alloc(1 << 20, "x");

  test("keeps the first and the last 32 MB and says what is missing", () => {
    const file = new ArtifactFile(join(temporaryDirectory(), "0.bash.log"), 0);
    file.write(Buffer.from("begin"));
    for (let written = 0; written < 80; written++) file.write(big);
    file.write(Buffer.from("end"));
    file.close();
    const content = readFileSync(file.path);
    expect(file.leftOutBytes).toBe(80 * big.length + 8 - 2 * keptBytes);
    expect(content.length).toBeLessThan(2 * keptBytes + 100);
    expect(content.subarray(0, 6).toString()).toBe("beginx");
    expect(content.subarray(-4).toString()).toBe("xend");
    expect(content.includes(`[${file.leftOutBytes} bytes are left out here]`)).toBe(true);
    expect(readdirSync(dirname(file.path))).toEqual(["0.bash.log"]);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
  });

  test.each([2 * keptBytes - 3, 2 * keptBytes, keptBytes + 1, keptBytes, 10])("%i bytes are kept whole", (length) => {
    const file = new ArtifactFile(join(temporaryDirectory(), "0.bash.log"), 0);
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at += 4097) bytes[at] = at % 251;
    for (let at = 0; at < length; at += 3_000_000) file.write(bytes.subarray(at, at + 3_000_000));
    file.close();
    expect(file.leftOutBytes).toBe(0);
    expect(readFileSync(file.path).equals(bytes)).toBe(true);
  });

  test("one chunk longer than all that is kept", () => {
    const file = new ArtifactFile(join(temporaryDirectory(), "0.bash.log"), 0);
    const bytes = Buffer.alloc(3 * keptBytes, "m");
    bytes.write("first");
    bytes.write("last", bytes.length - 4);
    file.write(bytes);
    file.close();
    const content = readFileSync(file.path, "latin1");
    expect(content.startsWith("firstm")).toBe(true);
    expect(content.endsWith("mlast")).toBe(true);
    expect(file.leftOutBytes).toBe(keptBytes);
  });
});

test("neither what is kept nor what is dropped holds a descriptor", () => {
  const directory = temporaryDirectory();
  const openCount = (): number => readdirSync("/proc/self/fd").length;
  const before = openCount();
  for (let at = 0; at < 4; at++) {
    const file = new ArtifactFile(join(directory, `${at}.bash.log`), at);
    file.write(Buffer.alloc(keptBytes + 1));
    if (at % 2 === 0) file.close();
    file.discard();
  }
  expect(readdirSync(directory)).toEqual([]);
  expect(openCount()).toBeLessThan(before + 2);
});

test("a secret that the process knows is not written, be it cut into pieces or behind the middle that is left out", () => {
  const secret = "sk-café-0123456789abcdef";
  liveSecrets.add(secret);
  const file = new ArtifactFile(join(temporaryDirectory(), "0.bash.log"), 0);
  const bytes = Buffer.from(`key=${secret}\n\xff`.repeat(3));
  for (let at = 0; at < bytes.length; at++) file.write(bytes.subarray(at, at + 1));
  const odd = Buffer.from([0x00, 0xff, 0xc3, 0x28]);
  file.write(odd);
  file.write(Buffer.from(secret.slice(0, 9)));
  file.close();
  const begin = Buffer.from("key=[redacted]\n\xff".repeat(3));
  expect(readFileSync(file.path).equals(Buffer.concat([begin, odd, Buffer.from(secret.slice(0, 9))]))).toBe(true);

  const long = new ArtifactFile(join(temporaryDirectory(), "1.bash.log"), 1);
  for (let written = 0; written < 70; written++) long.write(Buffer.alloc(1 << 20, "x"));
  long.write(Buffer.from(`${secret}end`));
  long.close();
  expect(readFileSync(long.path).subarray(-14).toString()).toBe("x[redacted]end");
});

test("what is no regular file in a real directory is not there", async () => {
  const directory = temporaryDirectory();
  const path = session(directory, "a");
  const secret = join(directory, "secret");
  writeFileSync(secret, "secret");
  mkdirSync(artifactDirectoryOf(path));
  symlinkSync(secret, join(artifactDirectoryOf(path), "0.bash.log"));
  mkdirSync(join(artifactDirectoryOf(path), "1.bash.log"));
  expect(await artifactsOf(path).find(0)).toBeUndefined();
  expect(await artifactsOf(path).find(1)).toBeUndefined();
  for (const id of [10, 9, 2]) writeFileSync(join(artifactDirectoryOf(path), `${id}.bash.log`), "an output");
  expect(artifactsIn(artifactDirectoryOf(path)).map(({ id }) => id)).toEqual([2, 9, 10]);
  const other = session(directory, "b");
  symlinkSync(artifactDirectoryOf(path), artifactDirectoryOf(other));
  expect(artifactsIn(artifactDirectoryOf(other))).toEqual([]);
});

test("a parent is read from a regular file alone", () => {
  const directory = temporaryDirectory();
  const gone = join(directory, "2026-01-01T00-00-00-000Z_gone.jsonl");
  mkdirSync(artifactDirectoryOf(gone));
  // Whoever opened it would wait for a writer.
  execFileSync("mkfifo", [join(artifactDirectoryOf(gone), ".parent")]);
  expect(parentOf(gone)).toBeUndefined();
});

test("where directories cannot be noted the session goes on", () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "session-directories"));
  expect(() => noteDirectory(directory, join(directory, "sessions"), join(directory, "elsewhere", "a.jsonl"))).not.toThrow();
});

test("directories are noted and forgotten line by line: what others noted in the meantime, or left half, harms nothing", () => {
  const [home, list] = [temporaryDirectory(), "session-directories"];
  const note = (name: string): void => noteDirectory(home, join(home, "sessions"), `/${name}/a.jsonl`);
  forgetDirectories(home, ["/far"]);
  expect(knownDirectories(home)).toEqual([]);
  note("far");
  note("away");
  note("far");
  const reader = openSync(join(home, list), "r");
  onTestFinished(() => closeSync(reader));
  appendFileSync(join(home, list), '"/torn');
  note("late");
  forgetDirectories(home, ["/away", "/never"]);
  expect(knownDirectories(home)).toEqual(["/far", "/late"]);
  // The very file, which whoever has it open adds to.
  expect(fstatSync(reader).ino).toBe(statSync(join(home, list)).ino);
  note("away");
  expect(knownDirectories(home)).toEqual(["/far", "/late", "/away"]);
  expect(readdirSync(home)).toEqual([list]);
});

test("circles of parents end", async () => {
  const directory = temporaryDirectory();
  const b = join(directory, "2026-01-01T00-00-00-000Z_b.jsonl");
  const a = session(directory, "a", b);
  session(directory, "b", a);
  expect(await artifactsOf(a, b).find(7)).toBeUndefined();
});

test.each([
  ["artifact://0", 0],
  ["artifact://12", 12],
  ["artifact://", -1],
  ["artifact://../x", -1],
  ["artifact://1/..", -1],
  ["artifact://-1", -1],
  ["artifact://99999999999", -1],
  ["file:///x", undefined],
  ["0", undefined],
])("%s is %s", (text, id) => {
  expect(artifactIdOf(text)).toBe(id);
});
