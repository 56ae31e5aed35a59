import { expect, test } from "vitest";
import type { ImageContent } from "../../../src/contracts/message.ts";
import type { ModelCall } from "../../../src/contracts/model-request.ts";
import { readImageHeader } from "../../../src/tools/shared/image-type.ts";
import { type Bench, codingBench, tool } from "../../support/coding-bench.ts";
import { callsTools, fails, says } from "../../support/model-script.ts";
import { solidPicture } from "../../support/solid-picture.ts";

const small = (shade: number): ImageContent => ({ type: "image", data: solidPicture(4, [shade, 0, 0]), mimeType: "image/png" });
const twelve = Array.from({ length: 12 }, (_, shade) => small(shade));

type Block = { type: string; text?: string; data?: string };

function blocksSent(call: ModelCall | undefined): Block[] {
  return (call?.request.messages ?? []).flatMap(({ content }): Block[] => (typeof content === "string" ? [] : content));
}

function picturesSent(call: ModelCall | undefined): string[] {
  return blocksSent(call).flatMap(({ data }) => data ?? []);
}

function recoveries({ events }: Bench): unknown[] {
  return events.filter(({ type }) => type === "image_overflow_recovery");
}

test("too many pictures: the newest five are sent again, and the file keeps all of them", async () => {
  const bench = codingBench({ window: { input: ["text", "image"] } });
  bench.script.next(fails("image_overflow"), says("a picture"));
  expect(await bench.coding.prompt("look", { images: twelve })).toMatchObject({ kind: "done", text: "a picture" });
  expect(bench.script.calls.map((call) => picturesSent(call).length)).toEqual([12, 5]);
  expect(picturesSent(bench.script.calls[1])).toEqual(twelve.slice(7).map(({ data }) => data));
  const leftOut = blocksSent(bench.script.calls[1]).filter(({ text }) => text?.startsWith("[image left out"));
  expect(leftOut.map(({ text }) => text)).toEqual(Array(7).fill("[image left out: too many for one request; was image/png, 4×4]"));
  expect(recoveries(bench)).toEqual([{ type: "image_overflow_recovery", imageCount: 12, strippedCount: 7 }]);
  const recorded = bench.session.entries().filter(({ type }) => type === "message");
  for (const { data } of twelve) expect(JSON.stringify(recorded)).toContain(data);

  const reopened = codingBench({ session: bench.session, window: { input: ["text", "image"] } });
  reopened.script.next(says("still"));
  await reopened.coding.prompt("and now?");
  expect(picturesSent(reopened.script.calls[0])).toHaveLength(5);
});

test("pictures of tools count from the newest too", async () => {
  let shade = 0;
  const look = tool("look", async () => ({ content: [small(shade++), { type: "text", text: "seen" }, small(shade++)] }));
  const bench = codingBench({ window: { input: ["text", "image"] }, tools: [look] });
  const call = (id: string): ReturnType<typeof callsTools> => callsTools([[id, "look", {}]]);
  bench.script.next(call("a"), call("b"), call("c"), call("d"), fails("image_overflow"), says("done"));
  await bench.coding.prompt("look around");
  const [refused, again] = bench.script.calls.slice(-2);
  expect(picturesSent(refused)).toHaveLength(8);
  expect(picturesSent(again)).toEqual(picturesSent(refused).slice(3));
  expect(blocksSent(again).filter(({ text }) => text === "seen")).toHaveLength(4);
});

test("refused a second time in a run: one other try, and the failure is the outcome; the next run may try again", async () => {
  const bench = codingBench({ window: { input: ["text", "image"] } });
  bench.script.always(fails("image_overflow", "400 too many"));
  const outcome = await bench.coding.prompt("look", { images: twelve });
  expect(outcome).toMatchObject({ kind: "error", code: "model.image_overflow", message: expect.stringMatching(/\(400\): too many/) });
  expect(bench.script.calls).toHaveLength(2);
  expect(recoveries(bench)).toHaveLength(1);

  const more = tool("more", async () => ({ content: twelve }));
  const filling = codingBench({ window: { input: ["text", "image"] }, tools: [more] });
  const call = callsTools([["1", "more", {}]]);
  filling.script.next(fails("image_overflow"), call, fails("image_overflow"), fails("image_overflow"), says("seen"));
  expect(await filling.coding.prompt("look", { images: twelve })).toMatchObject({ code: "model.image_overflow" });
  expect(filling.script.calls).toHaveLength(3);
  expect(await filling.coding.prompt("again")).toMatchObject({ kind: "done", text: "seen" });
  expect(recoveries(filling)).toHaveLength(2);
});

test.for([
  ["agent_end", 0],
  ["image_overflow_recovery", 1],
] as const)("an abort at %s is the end of it", async ([where, editCount]) => {
  const bench = codingBench({ window: { input: ["text", "image"] } });
  bench.script.next(fails("image_overflow"), says("never asked"));
  bench.coding.subscribe(({ type }) => {
    if (type === where) void bench.coding.abort();
  });
  expect(await bench.coding.prompt("look", { images: twelve })).toMatchObject({ kind: "aborted" });
  expect(bench.script.calls).toHaveLength(1);
  expect(bench.told().filter((event) => event === "agent_start")).toHaveLength(1);
  expect(bench.session.entries().filter(({ type }) => type === "context_edit")).toHaveLength(editCount);
});

test("few but large: they are made smaller", async () => {
  const large = [1, 2, 3].map((shade): ImageContent => ({ type: "image", data: solidPicture(1800, [shade, 9, 9]), mimeType: "image/png" }));
  const bench = codingBench({ window: { input: ["text", "image"] } });
  bench.script.next(fails("image_overflow"), says("seen"));
  expect(await bench.coding.prompt("look", { images: [...large, small(1)] })).toMatchObject({ kind: "done" });
  const sides = picturesSent(bench.script.calls[1]).map((data) => readImageHeader(Buffer.from(data, "base64"), "image/png")?.width);
  expect(sides).toEqual([1568, 1568, 1568, 4]);
  expect(recoveries(bench)).toEqual([{ type: "image_overflow_recovery", imageCount: 4, strippedCount: 0 }]);
});

test("nothing to leave out or to make smaller, and other refusals: as they were", async () => {
  const bench = codingBench({ window: { input: ["text", "image"] } });
  bench.script.next(fails("image_overflow"), fails("image_overflow"), fails("bad_request"));
  expect(await bench.coding.prompt("no picture")).toMatchObject({ code: "model.image_overflow" });
  expect(await bench.coding.prompt("a small one", { images: [small(1)] })).toMatchObject({ code: "model.image_overflow" });
  expect(await bench.coding.prompt("look", { images: twelve })).toMatchObject({ code: "model.bad_request" });
  expect(bench.script.calls).toHaveLength(3);
  expect(recoveries(bench)).toEqual([]);
});
