// `pi/tools` alone: a tool without an agent.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type BashOperations, createBashTool } from "../../src/sdk/npm/built-in-tools.ts";
import { builtinTools, runTool, type Tool } from "../../src/sdk/tools.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function tool(name: string): Tool {
  const found = builtinTools().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  return found;
}

test("each on its own, in a directory; refusals and failures are results", async () => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, "a.txt"), "one\nneedle\n");
  const text = async (name: string, args: Record<string, unknown>) => {
    const { content, isError = false } = await runTool(tool(name), args, { cwd, env: { PATH: process.env.PATH, MINE: "yes" } });
    return [content.map((block) => (block.type === "text" ? block.text : block.type)).join(""), isError];
  };
  expect(await text("bash", { command: 'echo "$PWD $MINE"' })).toEqual([`${cwd} yes\n`, false]);
  expect(await text("edit", { path: "a.txt", edits: [{ oldText: "one", newText: "two" }] })).toEqual([expect.anything(), false]);
  expect(readFileSync(join(cwd, "a.txt"), "utf8")).toBe("two\nneedle\n");
  expect(await text("grep", { pattern: "needle" })).toEqual([expect.stringContaining("a.txt:2"), false]);
  expect(await text("read", { path: "a.txt" })).toEqual([expect.stringContaining("two\nneedle"), false]);
  expect(await text("read", { path: 5, offset: "x" })).toEqual([expect.stringContaining('Validation failed for tool "read"'), true]);
  expect(await text("read", { path: "nowhere" })).toEqual([expect.stringContaining("nowhere"), true]);
});

test("what a command has left running ends with the call; a signal ends the command", async () => {
  const cwd = temporaryDirectory();
  const { content } = await runTool(tool("bash"), { command: "sleep 60 >/dev/null 2>&1 & echo $!" }, { cwd });
  const pid = content[0]?.type === "text" ? content[0].text.trim() : "";
  expect(pid).toMatch(/^\d+$/);
  expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  const abort = new AbortController();
  const ended = await runTool(
    tool("bash"),
    { command: "echo begun; sleep 60" },
    { cwd, signal: abort.signal, onUpdate: () => abort.abort() },
  );
  expect(ended.isError).toBe(true);
});

test("operations of one's own may be over before their output is taken: none of it is lost", async () => {
  const operations: BashOperations = {
    exec: async (_command, _cwd, { onData }) => {
      for (let at = 0; at < 40; at++) void onData(Buffer.from(`${at} ${"x".repeat(5000)}\n`));
      void onData(Buffer.from("the last line\n"));
      return { exitCode: 0 };
    },
  };
  const { content } = await createBashTool(temporaryDirectory(), { operations }).execute("1", { command: "say" });
  expect(content[0]).toMatchObject({ text: expect.stringContaining("the last line") });
});
