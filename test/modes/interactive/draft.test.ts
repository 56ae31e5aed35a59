// Drafts on disk: there a moment after they were typed and gone with what they were of; whose they are, told by the process that wrote them, which may have
// had a number that another one has by now.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Draft } from "../../../src/modes/interactive/editor/draft.ts";
import { startOfProcess } from "../../../src/platform/processes/process-tree.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** Another process of ours, as a draft sees it: the one that has started this one. */
const another = process.ppid;

function written(by: number, text: string): { agentDir: string; rename(to: (name: string) => string): void } {
  const agentDir = temporaryDirectory();
  const draft = new Draft(agentDir, "/project", by);
  draft.changed(() => text);
  draft.save();
  const drafts = join(agentDir, "drafts");
  const [name = ""] = readdirSync(drafts);
  return { agentDir, rename: (to) => renameSync(join(drafts, name), join(drafts, to(name))) };
}

test("one that is still being written is left alone, in the form without a start, too", () => {
  const { agentDir, rename } = written(another, "half a thought");
  expect(new Draft(agentDir, "/project", process.pid).take()).toBeUndefined();
  rename((name) => name.replace(/^(\w+-\d+).*/, "$1.txt"));
  expect(new Draft(agentDir, "/project", process.pid).take()).toBeUndefined();
  expect(readdirSync(join(agentDir, "drafts"))).toHaveLength(1);
});

test.runIf(startOfProcess(process.pid) !== undefined)("a process that has the number by now, and started later, is not its writer", () => {
  const { agentDir, rename } = written(another, "half a thought");
  rename((name) => name.replace(/-\d+\.txt$/, "-1.txt"));
  const next = new Draft(agentDir, "/project", process.pid);
  expect(next.take()?.text).toBe("half a thought");
  const [name, ...others] = readdirSync(join(agentDir, "drafts"));
  expect([name?.split("-").slice(1), others]).toEqual([[`${process.pid}`, `${startOfProcess(process.pid)}.txt`], []]);
  next.changed(() => "");
  next.save();
  expect(readdirSync(join(agentDir, "drafts"))).toEqual([]);
});

test("one that was taken up is on disk under the number of whoever has it, until that ends in order", () => {
  const { agentDir, rename } = written(another, "half a thought");
  // Of a process that is gone.
  rename((name) => name.replace(/-\d+(?:-\d+)?\.txt$/, "-4000000-1.txt"));
  expect(new Draft(agentDir, "/project", another).take()?.text).toBe("half a thought");
  const next = new Draft(agentDir, "/project", process.pid);
  expect(next.take()).toBeUndefined();
  expect(readdirSync(join(agentDir, "drafts"))).toEqual([expect.stringContaining(`-${another}`)]);
  new Draft(agentDir, "/project", another).drop();
  expect(readdirSync(join(agentDir, "drafts"))).toEqual([]);
});

test("in a container each process may have the same number: what is there under ours is of the one before", () => {
  const { agentDir } = written(process.pid, "half a thought");
  const next = new Draft(agentDir, "/project", process.pid);
  expect(next.take()?.text).toBe("half a thought");
  next.changed(() => "another one");
  next.save();
  expect(new Draft(agentDir, "/elsewhere", process.pid).take()).toBeUndefined();
  expect(readdirSync(join(agentDir, "drafts"))).toHaveLength(1);
});

test("a place that cannot be read or written to keeps nobody from the end or the beginning", () => {
  const agentDir = temporaryDirectory();
  writeFileSync(join(agentDir, "drafts"), "no folder");
  const draft = new Draft(agentDir, "/project", process.pid);
  draft.changed(() => "half a thought");
  draft.save();
  expect(draft.take()).toBeUndefined();
  draft.drop();
  const other = temporaryDirectory();
  symlinkSync("nowhere/at/all", join(other, "drafts"));
  expect(new Draft(other, "/project", process.pid).take()).toBeUndefined();
  const odd = written(another, "half a thought");
  odd.rename((name) => name.replace(/-\d+(?:-\d+)?\.txt$/, "-4000000-1.txt"));
  const [name = ""] = readdirSync(join(odd.agentDir, "drafts"));
  // A folder of that name cannot be taken away as a file is.
  mkdirSync(join(odd.agentDir, "drafts", name.replace("4000000", "4000001")));
  expect(new Draft(odd.agentDir, "/project", process.pid).take()?.text).toBe("half a thought");
});

function opened(): { draft: Draft; type(text: string): void; kept(): string[] } {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const agentDir = temporaryDirectory();
  const drafts = join(agentDir, "drafts");
  const draft = new Draft(agentDir, "/project", process.pid);
  return {
    draft,
    type: (text) => draft.changed(() => text),
    kept: () => (existsSync(drafts) ? readdirSync(drafts).map((name) => readFileSync(join(drafts, name), "utf8")) : []),
  };
}

test("what is typed is on disk within a second, as it is by then, for nobody else to read", () => {
  const { type, kept } = opened();
  type("a");
  type("a word");
  expect(kept()).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(kept()).toEqual(["a word"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("it goes when the text does, within a second", () => {
  const { type, kept } = opened();
  type("a word");
  vi.advanceTimersByTime(1000);
  type("");
  vi.advanceTimersByTime(1000);
  expect(kept()).toEqual([]);
  // And comes again.
  type("another");
  vi.advanceTimersByTime(1000);
  expect(kept()).toEqual(["another"]);
});

test("what was sent before it was written wakes nobody", () => {
  const { draft, type, kept } = opened();
  type("a word");
  expect(vi.getTimerCount()).toBe(1);
  type("  \n");
  expect(vi.getTimerCount()).toBe(0);
  draft.save();
  expect(kept()).toEqual([]);
});

test.skipIf(process.platform === "win32")("its owner alone can read it", () => {
  const agentDir = temporaryDirectory();
  const draft = new Draft(agentDir, "/project", process.pid);
  draft.changed(() => "a word");
  draft.save();
  const drafts = join(agentDir, "drafts");
  expect(readdirSync(drafts).map((name) => statSync(join(drafts, name)).mode & 0o777)).toEqual([0o600]);
});
