// auth.json and its lock: nothing of others is lost, a damaged file stays, a dead process's lock is no obstacle, a living one's is.

import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test, vi } from "vitest";
import { authFilePath, changeAuthFile, readAuthFile } from "../../src/accounts/auth-file.ts";
import { signOut, storeKey } from "../../src/accounts/sign-in.ts";
import { isLoose } from "../../src/platform/files/user-id.ts";
import { withSharedLock } from "../../src/platform/locks/shared-lock.ts";
import { liveSecrets } from "../../src/platform/secrets.ts";
import { asOrdinaryUser, give } from "../support/ordinary-user.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const key = (text: string) => ({ type: "api_key", key: text });

test("a change keeps providers and fields that nobody here knows, in their order", async () => {
  const path = authFilePath(temporaryDirectory());
  writeFileSync(path, '\uFEFF{"unknown":{"type":"future","x":[1]},"openai":{"type":"api_key","key":"$K","note":"mine"}}', { mode: 0o644 });
  expect(isLoose(path)).toBe(true);
  await changeAuthFile(path, (accounts) => ({ ...accounts, groq: key("g") }));
  expect(Object.entries(readAuthFile(path) ?? {})).toEqual([
    ["unknown", { type: "future", x: [1] }],
    ["openai", { type: "api_key", key: "$K", note: "mine" }],
    ["groq", key("g")],
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(isLoose(path)).toBe(false);
});

test.each(["__proto__", "constructor", "toString"])("%s is an account like another", async (name) => {
  const agentDir = temporaryDirectory();
  expect(await signOut(name, agentDir)).toBeUndefined();
  await storeKey("groq", "g", agentDir);
  expect(await signOut(name, agentDir)).toBeUndefined();
  await storeKey(name, "k", agentDir);
  expect(Object.entries(readAuthFile(authFilePath(agentDir)) ?? {})).toEqual([
    ["groq", key("g")],
    [name, key("k")],
  ]);
  expect(await signOut(name, agentDir)).toBe("key");
  expect(Object.keys(readAuthFile(authFilePath(agentDir)) ?? {})).toEqual(["groq"]);
});

test("a new file is the user's alone, and so is its directory", async () => {
  const directory = join(temporaryDirectory(), "agent");
  await changeAuthFile(authFilePath(directory), () => ({ groq: key("g") }));
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(authFilePath(directory)).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory).sort()).toEqual(["auth.json", "auth.json.lease"]);
});

test.each(["{", "[]", '"text"', "null"])("a damaged file (%s) is an error with its path, and stays", async (content) => {
  const path = authFilePath(temporaryDirectory());
  writeFileSync(path, content);
  expect(() => readAuthFile(path)).toThrow(expect.objectContaining({ code: "auth.damaged_file", message: expect.stringContaining(path) }));
  await expect(changeAuthFile(path, () => ({}))).rejects.toMatchObject({ code: "auth.damaged_file" });
  expect(readFileSync(path, "utf8")).toBe(content);
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test("half a file is looked at again for as long as somebody writes it", async () => {
  const path = authFilePath(temporaryDirectory());
  writeFileSync(path, "{");
  mkdirSync(`${path}.lock`);
  // A thread of its own, since the reader waits without letting go.
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const writer = new Worker(
    `const { parentPort, workerData: { path, clock } } = require("worker_threads");
     parentPort.postMessage("ready");
     Atomics.wait(clock, 0, 0, 200);
     require("fs").writeFileSync(path, '{"a":1}');`,
    { eval: true, workerData: { path, clock } },
  );
  const ended = once(writer, "exit");
  await once(writer, "message");
  expect(readAuthFile(path)).toEqual({ a: 1 });
  await ended;
});

test("a link is followed, and stays one", async () => {
  const directory = temporaryDirectory();
  const real = join(temporaryDirectory(), "shared.json");
  writeFileSync(real, "{}");
  symlinkSync(real, authFilePath(directory));
  await changeAuthFile(authFilePath(directory), () => ({ groq: key("g") }));
  expect(lstatSync(authFilePath(directory)).isSymbolicLink()).toBe(true);
  expect(JSON.parse(readFileSync(real, "utf8"))).toEqual({ groq: key("g") });
});

test("twenty changes at once are all there", async () => {
  const path = authFilePath(temporaryDirectory());
  await Promise.all(
    Array.from({ length: 20 }, (_, number) => changeAuthFile(path, (accounts) => ({ ...accounts, [`p${number}`]: key("x") }))),
  );
  expect(Object.keys(readAuthFile(path) ?? {})).toHaveLength(20);
});

test("another program's lock is waited for; a stale one is broken", async () => {
  const path = authFilePath(temporaryDirectory());
  writeFileSync(path, "{}");
  mkdirSync(`${path}.lock`);
  const stop = new AbortController();
  const waiting = changeAuthFile(path, () => ({ a: 1 }), stop.signal);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect(existsSync(`${path}.lock`)).toBe(true);
  const longAgo = new Date(Date.now() - 31_000);
  utimesSync(`${path}.lock`, longAgo, longAgo);
  await changeAuthFile(path, () => ({ a: 1 }));
  expect(readAuthFile(path)).toEqual({ a: 1 });
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test("a lock that a dead process of ours left is broken at once", async () => {
  const path = authFilePath(temporaryDirectory());
  writeFileSync(path, "{}");
  mkdirSync(`${path}.lock`);
  const { ino, mtimeMs } = lstatSync(`${path}.lock`);
  writeFileSync(`${path}.lease`, JSON.stringify({ inode: ino, mtimeMs }));
  const begun = performance.now();
  await changeAuthFile(path, () => ({ a: 1 }));
  // One of a process that lives would be waited for 30 s.
  expect(performance.now() - begun).toBeLessThan(25_000);
  expect(readAuthFile(path)).toEqual({ a: 1 });
});

test("so is one that was made and not yet written down", async () => {
  const path = authFilePath(temporaryDirectory());
  writeFileSync(path, "{}");
  const madeMs = Date.now();
  mkdirSync(`${path}.lock`);
  writeFileSync(`${path}.lease`, JSON.stringify({ inode: 0, mtimeMs: madeMs }));
  await changeAuthFile(path, () => ({ a: 1 }));
  expect(readAuthFile(path)).toEqual({ a: 1 });
});

test("who has lost the lock writes nothing", async () => {
  const path = authFilePath(temporaryDirectory());
  writeFileSync(path, '{"kept":1}');
  await expect(
    changeAuthFile(path, () => {
      const other = new Date(Date.now() - 1000);
      utimesSync(`${path}.lock`, other, other);
      return {};
    }),
  ).rejects.toMatchObject({ code: "auth.lock_lost" });
  expect(readAuthFile(path)).toEqual({ kept: 1 });
});

test("a lock that cannot be told of while it is held ends nothing", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const path = authFilePath(temporaryDirectory());
  await changeAuthFile(path, () => {
    const lease = `${path}.lease`;
    renameSync(lease, `${lease}.old`);
    mkdirSync(lease);
    vi.advanceTimersByTime(60_000);
    rmdirSync(lease);
    renameSync(`${lease}.old`, lease);
    return { a: 1 };
  });
  expect(readAuthFile(path)).toEqual({ a: 1 });
});

test("a lock path that is a link is refused", async () => {
  const directory = temporaryDirectory();
  const path = authFilePath(directory);
  writeFileSync(path, "{}");
  symlinkSync(temporaryDirectory(), `${path}.lock`);
  await expect(withSharedLock(path, { area: "auth" }, async () => {})).rejects.toMatchObject({ code: "auth.lock" });
  symlinkSync(join(directory, "elsewhere"), `${path}2.lease`);
  await expect(withSharedLock(`${path}2`, { area: "auth" }, async () => {})).rejects.toMatchObject({ code: "auth.lock" });
  expect(existsSync(join(directory, "elsewhere"))).toBe(false);
});

test("a directory that cannot be written is one clear line, and what is in it stays", async () => {
  const directory = temporaryDirectory();
  const path = authFilePath(directory);
  writeFileSync(path, '{"kept":1}', { mode: 0o600 });
  give(directory);
  chmodSync(directory, 0o500);
  const changed = await asOrdinaryUser(() => changeAuthFile(path, () => ({})).catch((error: unknown) => error));
  expect(changed).toMatchObject({ code: "auth.lock", message: expect.stringContaining(path) });
  chmodSync(directory, 0o700);
  expect([readAuthFile(path), readdirSync(directory)]).toEqual([{ kept: 1 }, ["auth.json"]]);
});

test("whoever reads it knows all keys and tokens in it to be secret, and no name of a variable", () => {
  const path = authFilePath(temporaryDirectory());
  const token = { type: "oauth", access: "access-0123456789", refresh: "refresh-0123456789", expires: 1 };
  writeFileSync(
    path,
    JSON.stringify({ a: key("key-0123456789"), b: key("$A_VARIABLE_1"), c: key("!a command 1"), d: token, e: null, f: 5 }),
  );
  readAuthFile(path);
  expect(liveSecrets.redact("key-0123456789 access-0123456789 refresh-0123456789 $A_VARIABLE_1 !a command 1")).toBe(
    "[redacted] [redacted] [redacted] $A_VARIABLE_1 !a command 1",
  );
  liveSecrets.clear();
});
