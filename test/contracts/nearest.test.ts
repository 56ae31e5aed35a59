import { expect, test } from "vitest";
import { nearestName } from "../../src/contracts/nearest.ts";

test("the likely slip: a letter wrong, missing, too many, two swapped, another case", () => {
  const names = ["--model", "--mode", "--provider", "read", "bash", "grep"];
  for (const [slip, meant] of [
    ["--modle", "--model"],
    ["--provder", "--provider"],
    ["--providerr", "--provider"],
    ["Read", "read"],
    ["bsah", "bash"],
    ["grp", "grep"],
  ]) {
    expect(nearestName(slip ?? "", names)).toBe(meant);
  }
});

test("nothing near: no suggestion", () => {
  expect(nearestName("zzzzzz", ["read", "bash"])).toBe(undefined);
  expect(nearestName("x", [])).toBe(undefined);
});

test("of two equally near names the one of nearer length, else the first", () => {
  expect(nearestName("abcd", ["abc", "abce"])).toBe("abce");
  expect(nearestName("abcd", ["abcx", "abcy"])).toBe("abcx");
});
