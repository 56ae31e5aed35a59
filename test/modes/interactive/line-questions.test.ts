// Questions that are answered by lines, left all at once: each that was open is told, once, and takes no line any more.

import { expect, test, vi } from "vitest";
import { LineQuestions } from "../../../src/modes/interactive/plain/line-questions.ts";
import { Questions } from "../../../src/modes/interactive/questions.ts";

test("what is left by Ctrl-C is left as by an empty line: lists, questions, and what is waited for", async () => {
  const told: string[] = [];
  const questions = new LineQuestions({ say: () => {}, hideTyping: async () => undefined });
  const list = (name: string): unknown =>
    questions.choose({
      title: name,
      items: [{ value: "cancel", label: "Cancel" }],
      take: () => void told.push(`${name} taken`),
      cancelled: () => void told.push(`${name} left`),
    });
  list("one");
  list("two");
  const answer = questions.input("A line?");
  await Promise.resolve();
  questions.cancelAll();
  expect(told.sort()).toEqual(["one left", "two left"]);
  expect(await answer).toBeUndefined();
  expect([questions.take("1"), questions.take("")]).toEqual([false, false]);
  questions.cancelAll();
  expect(told).toHaveLength(2);
});

test("a question that cannot be shown fails by itself, and those behind it are asked", async () => {
  const questions = new Questions(() => {});
  const broken = questions.ask(() => {
    throw new Error("no such question");
  }, {});
  const next = questions.ask<string>((answer) => {
    queueMicrotask(() => answer("yes"));
    return () => {};
  }, {});
  await expect(broken).rejects.toThrow("no such question");
  expect(await next).toBe("yes");
  questions.cancelAll();
});

test("what is asked need be no text", async () => {
  const said: string[] = [];
  const questions = new LineQuestions({ say: (text) => void said.push(text), hideTyping: async () => undefined });
  const answer = questions.select(7 as unknown as string, ["one", "two"]);
  await vi.waitFor(() => expect(said.join("\n")).toMatch(/^7\n1 {2}one/));
  questions.take("2");
  expect(await answer).toBe("two");
});
