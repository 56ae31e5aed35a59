// A host's callbacks: one at a time, in order, each waited for, and none that holds up the others for good.

import { expect, onTestFinished, test, vi } from "vitest";
import { CallbackQueue } from "../../../src/runtime/replies/callback-queue.ts";

function queue(): { queue: CallbackQueue; warnings: string[]; log: string[]; say(word: string): () => void } {
  const warnings: string[] = [];
  const log: string[] = [];
  return { queue: new CallbackQueue((line) => warnings.push(line)), warnings, log, say: (word) => () => void log.push(word) };
}

test("one that fails, at once or later, is told, and the next is called", async () => {
  const { queue: callbacks, warnings, log, say } = queue();
  callbacks.add("one", () => {
    throw new Error("at once");
  });
  callbacks.add("two", async () => {
    await Promise.resolve();
    log.push("two");
    throw new Error("later");
  });
  callbacks.add("three", say("three"));
  await callbacks.flush();
  expect([log, warnings]).toEqual([
    ["two", "three"],
    ["one failed: at once", "two failed: later"],
  ]);
  expect(callbacks.flush()).toBeUndefined();
});

test("one that never ends is not waited for after a minute, and that is told", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { queue: callbacks, warnings, log, say } = queue();
  callbacks.add("never", () => new Promise(() => {}));
  callbacks.add("next", say("next"));
  await vi.advanceTimersByTimeAsync(59_999);
  expect([log, warnings]).toEqual([[], []]);
  await vi.advanceTimersByTimeAsync(1);
  expect([log, warnings]).toEqual([["next"], ["never has not ended in 60 s and is not waited for"]]);
  expect(vi.getTimerCount()).toBe(0);
});

test("what waits is said anew by the latest of its key, until something else stands behind it", async () => {
  const { queue: callbacks, log, say } = queue();
  callbacks.latest("text", "partial", say("a"));
  callbacks.latest("text", "partial", say("ab"));
  expect(callbacks.isWaiting("text")).toBe(true);
  callbacks.add("block", say("block"));
  expect(callbacks.isWaiting("text")).toBe(false);
  callbacks.latest("text", "partial", say("abc"));
  await callbacks.flush();
  expect(log).toEqual(["ab", "block", "abc"]);
  expect(callbacks.isWaiting("text")).toBe(false);
});
