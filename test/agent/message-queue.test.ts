import { expect, test } from "vitest";
import { MessageQueue } from "../../src/agent/message-queue.ts";
import { userMessage } from "../support/messages.ts";

test("one at a time, or all at once", () => {
  const queue = new MessageQueue();
  const [a, b, c] = [userMessage("a"), userMessage("b"), userMessage("c")];
  for (const message of [a, b, c]) queue.push(message);
  expect(queue.texts()).toEqual(["a", "b", "c"]);
  expect(queue.take()).toEqual([a]);
  queue.mode = "all";
  expect(queue.size).toBe(2);
  expect(queue.take()).toEqual([b, c]);
  expect(queue.take()).toEqual([]);
});

test("what an extension has put in waits and is taken like the rest, and is none of the texts", () => {
  const queue = new MessageQueue();
  const custom = { role: "custom" as const, customType: "note", content: "not the user's", display: true, timestamp: 1 };
  for (const message of [custom, userMessage("a")]) queue.push(message);
  expect(queue.texts()).toEqual(["a"]);
  expect(queue.take()).toEqual([custom]);
});

test("clearing gives back what was there", () => {
  const queue = new MessageQueue();
  queue.push(userMessage("a"));
  expect(queue.clear()).toEqual([userMessage("a")]);
  expect(queue.size).toBe(0);
});
