// Paths by comparison are those of Node, whatever is given.

import { posix } from "node:path";
import { expect, test } from "vitest";
import { lightPath } from "../../../src/platform/modules/light-path.ts";

const pieces = [
  "/",
  "//",
  ".",
  "..",
  "a",
  "b.c",
  ".pi",
  "..x",
  "x..",
  "a/",
  "/a",
  "/a/b",
  "a/b",
  "./a",
  "../a",
  "a/..",
  "a/./b",
  "/.",
  "/..",
  "é",
  " ",
];

/** All lists of up to three pieces, joined to paths of up to two. */
const paths = [...new Set(["", ...pieces, ...pieces.flatMap((one) => pieces.flatMap((other) => [one + other, `${one}/${other}`]))])];

function* lists(): Generator<string[]> {
  yield [];
  for (const one of paths) yield [one];
  for (const one of paths) for (const other of pieces) yield [one, other];
  for (const one of pieces) for (const other of pieces) for (const third of ["", ...pieces]) yield [one, other, third];
  for (const other of paths) yield ["/home/someone", other];
}

test("joined, resolved and related as Node does it", () => {
  const wrong: unknown[] = [];
  let count = 0;
  for (const list of lists()) {
    count++;
    if (lightPath.join(...list) !== posix.join(...list)) wrong.push(["join", list]);
    if (lightPath.resolve(...list) !== posix.resolve(...list)) wrong.push(["resolve", list]);
    const [from = "", to = ""] = list;
    if (list.length === 2 && lightPath.relative(from, to) !== posix.relative(from, to)) wrong.push(["relative", list]);
  }
  expect(count).toBeGreaterThan(20_000);
  expect(wrong).toEqual([]);
});

test("what is no text is refused as Node refuses it", () => {
  for (const call of [
    () => lightPath.join("/a", undefined as never),
    () => lightPath.join(5 as never),
    () => lightPath.resolve("/a", undefined as never),
    () => lightPath.resolve(null as never, "b"),
    () => lightPath.relative("/a", 5 as never),
  ])
    expect(call).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }));
  // Node does not look at what stands before an absolute path.
  expect(lightPath.resolve(undefined as never, "/a")).toBe("/a");
});

test("all else is Node's", () => {
  const { basename, dirname, isAbsolute, sep } = lightPath;
  expect([basename("/a/b"), dirname("/a/b"), isAbsolute("a"), sep]).toEqual(["b", "/a", false, "/"]);
});
