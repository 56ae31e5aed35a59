// Who takes events, from when on, and until when.

import { expect, test } from "vitest";
import { EventFeed } from "../../../src/modes/rpc/event-feed.ts";

interface Told {
  seq: number;
}

function fed(keep: number, upTo = 10): { feed: EventFeed<Told>; push(upTo: number): void } {
  const feed = new EventFeed<Told>(keep);
  let seq = 0;
  const push = (to: number): void => {
    while (seq < to) feed.push({ seq: ++seq });
  };
  push(upTo);
  return { feed, push };
}

/** All that comes until the end of the iteration. */
async function seqsOf(events: AsyncIterable<Told>): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { seq } of events) seqs.push(seq);
  return seqs;
}

test("of the newest so many can be asked for again, and go on with what comes; who missed more is told so", async () => {
  const { feed, push } = fed(3);
  const iterations = [7, 8, 9, 10].map((since) => seqsOf(feed.iterate(since)));
  for (const [since, words] of [
    [6, "Events 7 to 7 are not kept any more"],
    [0, "Events 1 to 7 are not kept any more"],
  ] as const)
    expect(() => feed.iterate(since)).toThrow(expect.objectContaining({ code: "rpc.events_gone", message: words }));
  push(12);
  feed.interrupt();
  expect(await Promise.all(iterations)).toEqual([
    [8, 9, 10, 11, 12],
    [9, 10, 11, 12],
    [10, 11, 12],
    [11, 12],
  ]);
});

test("where none are kept only what comes can be had", async () => {
  const { feed, push } = fed(0);
  expect(() => feed.iterate(9)).toThrow(expect.objectContaining({ message: "Events 10 to 10 are not kept any more" }));
  const iterations = [seqsOf(feed.iterate(10)), seqsOf(feed.iterate())];
  push(11);
  feed.interrupt();
  expect(await Promise.all(iterations)).toEqual([[11], [11]]);
});

test("an iteration that has ended, or was left, takes nothing more; callbacks stay", async () => {
  const { feed, push } = fed(0, 0);
  const heard: number[] = [];
  const remove = feed.listen(({ seq }) => heard.push(seq));
  const ended = feed.iterate();
  const left = feed.iterate();
  const asked = [left.next(), left.next()];
  push(1);
  await left.return?.();
  expect(await Promise.all(asked)).toEqual([
    { done: false, value: { seq: 1 } },
    { done: true, value: undefined },
  ]);
  feed.interrupt();
  push(3);
  expect([await seqsOf(ended), await left.next()]).toEqual([[1], { done: true, value: undefined }]);
  remove();
  push(4);
  expect(heard).toEqual([1, 2, 3]);
});
