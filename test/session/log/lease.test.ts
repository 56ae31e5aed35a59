// One writer at a time, across processes and across the two runtimes.

import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { acquireLease, leaseHolder } from "../../../src/platform/locks/lease.ts";
import { LeaseHolders } from "../../../src/platform/locks/lease-holders.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { bundleWriter, type ChildWriter, type Runtime, startWriter } from "../../support/child-writer.ts";
import { userMessage } from "../../support/messages.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

let program = "";

beforeAll(() => {
  const directory = mkdtempSync(join(tmpdir(), "pi-test-"));
  program = bundleWriter(directory);
  return () => rmSync(directory, { recursive: true, force: true });
});

function start(runtime: Runtime, ...args: string[]): ChildWriter {
  const writer = startWriter(runtime, program, args);
  onTestFinished(() => writer.kill());
  return writer;
}

/** A process that holds a session it has made. */
async function holder(runtime: Runtime): Promise<{ writer: ChildWriter; path: string }> {
  const writer = start(runtime, "hold", temporaryDirectory(), "-");
  await writer.line("ready");
  return { writer, path: (await writer.line("file ")).slice(5) };
}

describe.each([
  ["bun", "node"],
  ["node", "bun"],
  ["bun", "bun"],
  ["node", "node"],
] as const)("held by %s, wanted by %s", (first, second) => {
  test("fail: refused, naming the holder's pid; readers are let in", async () => {
    const { writer, path } = await holder(first);
    const other = start(second, "hold", dirname(path), path, "fail");
    expect(await other.line("error ")).toBe(`error session.busy Session file ${path} is in use by process ${writer.pid}`);
    expect(await other.ended).toBe(1);
    const reader = await Session.open(path, { readOnly: true });
    expect(reader.entries()).toHaveLength(1);
    reader.close();
  });

  test("wait: goes on when the holder is killed", async () => {
    const { writer, path } = await holder(first);
    const other = start(second, "hold", dirname(path), path, "wait");
    writer.kill();
    await other.line("ready");
    other.release();
    expect(await other.ended).toBe(0);
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(4);
  });

  test("fork: goes on in a copy, the session stays as it is", async () => {
    const { path } = await holder(first);
    const before = readFileSync(path, "utf8");
    const other = start(second, "hold", dirname(path), path, "fork");
    await other.line("ready");
    const forkPath = (await other.line("file ")).slice(5);
    expect(forkPath).not.toBe(path);
    expect(readFileSync(path, "utf8")).toBe(before);
    const [header, ...entries] = readFileSync(forkPath, "utf8").trimEnd().split("\n");
    expect(JSON.parse(header ?? "").parentSession).toBe(path);
    expect(entries).toHaveLength(2);
    expect(entries[0]).toBe(before.split("\n")[1]);
  });
});

test("wait: the holder lets go in order, the one that waits sees what it wrote", async () => {
  const { writer, path } = await holder("node");
  const opening = Session.open(path, { onBusy: "wait" });
  writer.release();
  const session = await opening;
  onTestFinished(() => session.close());
  expect(session.entries()).toHaveLength(1);
  expect(await writer.ended).toBe(0);
});

test("waiting ends with its signal", async () => {
  const { path } = await holder("bun");
  const reason = new Error("enough");
  await expect(Session.open(path, { onBusy: "wait", signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const opening = Session.open(path, { onBusy: "wait", signal: controller.signal });
  controller.abort(reason);
  await expect(opening).rejects.toBe(reason);
});

test("a lease leaves nothing on disk, and a closed session can be opened again", async () => {
  const directory = temporaryDirectory();
  const session = Session.create({ cwd: "/x", directory });
  session.append({ type: "message", message: userMessage("one") });
  const path = session.filePath ?? "";
  session.close();
  const again = await Session.open(path, { onBusy: "wait" });
  await expect(Session.open(path)).rejects.toMatchObject({ code: "session.busy" });
  again.close();
  const lease = await acquireLease(path, "wait");
  expect(typeof lease).toBe("object");
  if (typeof lease === "object") lease.release();
  expect(readdirSync(directory)).toHaveLength(1);
});

test("a lease that may wait a moment is had soon, and is no hindrance to a session that ends before", async () => {
  const directory = temporaryDirectory();
  const begin = (): Session => {
    const session = Session.create({ cwd: "/x", directory }, { defersLease: true });
    session.append({ type: "message", message: userMessage("one") });
    return session;
  };
  const kept = begin();
  await expect.poll(() => leaseHolder(kept.filePath ?? "")).toBe(process.pid);
  kept.close();
  await kept.released();
  expect(leaseHolder(kept.filePath ?? "")).toBe(undefined);
  const short = begin();
  short.close();
  await short.released();
  const again = await Session.open(short.filePath ?? "");
  expect(leaseHolder(short.filePath ?? "")).toBe(process.pid);
  again.close();
});

test("a lease that this process is about to let go of is had, one that it keeps is not", async () => {
  const path = join(temporaryDirectory(), "s.jsonl");
  writeFileSync(path, "\n");
  const first = await acquireLease(path, "fail");
  expect(await acquireLease(path, "fail")).toBe("busy");
  const second = acquireLease(path, "fail");
  setTimeout(() => typeof first === "object" && first.release(), 30);
  expect(await second).toMatchObject({ release: expect.any(Function) });
});

test("who holds which of many files is told at one look, and again once a file was written since", async () => {
  const directory = temporaryDirectory();
  const [free, held, later] = ["free", "held", "later"].map((name) => join(directory, name)) as [string, string, string];
  const longAgo = new Date(Date.now() - 60_000);
  for (const path of [free, held, later]) {
    writeFileSync(path, "\n");
    utimesSync(path, longAgo, longAgo);
  }
  const lease = await acquireLease(held, "fail");
  const holders = new LeaseHolders();
  expect([free, held, later, join(directory, "none")].map((path) => holders.of(path))).toEqual([
    undefined,
    process.pid,
    undefined,
    undefined,
  ]);
  const other = await acquireLease(later, "fail");
  // Nothing was written, so nobody has begun anything.
  expect(holders.of(later)).toBeUndefined();
  appendFileSync(later, "\n");
  expect(holders.of(later)).toBe(process.pid);
  for (const one of [lease, other]) if (typeof one === "object") one.release();
  appendFileSync(held, "\n");
  expect(holders.of(held)).toBeUndefined();
});

test("commands started by the holder do not inherit the lease", async () => {
  const { spawn } = await import("node:child_process");
  const session = Session.create({ cwd: "/x", directory: temporaryDirectory() });
  session.append({ type: "message", message: userMessage("one") });
  const path = session.filePath ?? "";
  session.close();
  const held = await Session.open(path, { onBusy: "wait" });
  const child = spawn("cat", { stdio: ["pipe", "ignore", "ignore"] });
  onTestFinished(() => {
    child.kill();
  });
  held.close();
  const again = await Session.open(path, { onBusy: "fail" });
  again.close();
});
