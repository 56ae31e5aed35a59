// The draft on disk: there a moment after it was typed, gone with what it was of, and no timer for one that was never there.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Draft } from "../../../src/modes/interactive/editor/draft.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function opened(): { draft: Draft; type(text: string): void; kept(): string[] } {
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
