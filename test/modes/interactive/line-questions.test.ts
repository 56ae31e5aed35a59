// Questions that are answered by lines, left all at once: each that was open is told, once, and takes no line any more.

import { expect, test } from "vitest";
import { LineQuestions } from "../../../src/modes/interactive/plain/line-questions.ts";

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
