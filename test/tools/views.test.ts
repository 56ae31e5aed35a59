// How calls of the built-in tools are shown: what their records say, whatever arguments came.

import { expect, test } from "vitest";
import { headlineOf, viewsOf } from "../../src/contracts/tool-view.ts";
import { builtinTools } from "../../src/tools/registry.ts";
import { toolViews } from "../support/tool-views.ts";

test("every built-in tool says how it is shown", () => {
  expect([...toolViews.keys()]).toEqual(builtinTools().map((tool) => tool.name));
});

test.each([
  ["bash", { command: "npm test", timeout: 5 }, "npm test"],
  ["read", { path: "a.ts" }, "a.ts"],
  ["read", { path: "a.ts", offset: 20, limit: 20 }, "a.ts:20-39"],
  ["read", { file_path: "a.ts", limit: 5 }, "a.ts:1-5"],
  ["read", { path: "a.ts", offset: 7 }, "a.ts:7-"],
  ["edit", { path: "a.ts", edits: [] }, "a.ts"],
  ["write", { path: "a.ts", content: "x" }, "a.ts"],
  ["grep", { pattern: "x+", path: "src" }, "x+ in src"],
  ["find", { pattern: "*.ts" }, "*.ts"],
  ["ls", {}, ""],
  ["of_an_extension", { url: "http://x", n: 1 }, "http://x"],
  ["of_an_extension", { topic: "first text" }, "first text"],
])("%s %j is %s", (name, args, line) => {
  expect(headlineOf(toolViews.get(name), args)).toBe(line);
});

test("the body of a call is its command or its file; of what only looks, nothing", () => {
  const bodyOf = (name: string, args: object): unknown => toolViews.get(name)?.body?.({ ...args });
  expect(bodyOf("bash", { command: "ls", timeout: 5 })).toEqual({ kind: "command", text: "ls", note: "timeout 5 s" });
  expect(bodyOf("write", { path: "a.ts", content: "x\n" })).toEqual({ kind: "file", text: "x\n", path: "a.ts" });
  expect([bodyOf("read", { path: "a" }), bodyOf("ls", { path: "a" })]).toEqual([undefined, undefined]);
});

test("an edit's diff is the recorded one, else what its arguments say", () => {
  const diff = toolViews.get("edit")?.diff;
  const edits = [
    { oldText: "a\nb", newText: "c" },
    { oldText: "d", newText: "" },
  ];
  expect(diff?.({ path: "x", edits }, { diff: "-1 a\n+1 c" })).toBe("-1 a\n+1 c");
  expect(diff?.({ path: "x", edits }, undefined)).toBe("- a\n- b\n+ c\n@@\n- d");
});

test("no arguments throw", () => {
  const odd = [
    {},
    { path: 5, command: null, pattern: [], edits: "x", offset: Number.NaN, timeout: {} },
    { edits: [null, 1, { oldText: 3 }] },
  ];
  for (const view of toolViews.values()) {
    for (const args of odd) {
      expect(typeof headlineOf(view, args)).toBe("string");
      view.body?.(args);
      expect(typeof (view.diff?.(args, 7) ?? "")).toBe("string");
    }
  }
});

test("of two tools with one name the first is shown", () => {
  const first = { name: "x", view: { headline: () => "first" } };
  expect(headlineOf(viewsOf([first, { name: "x", view: { headline: () => "second" } }]).get("x"), {})).toBe("first");
});
