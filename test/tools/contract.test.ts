import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { ripgrepPath } from "../../src/platform/processes/ripgrep.ts";
import { builtinTools } from "../../src/tools/registry.ts";
import { type ToolCase, toolContract } from "../contract/tool-contract.ts";
import { type ToolBench, toolBench } from "../support/tool-context.ts";

let bench: ToolBench;
beforeEach(() => {
  bench = toolBench();
});
afterEach(() => bench.close());

const file = (name: string, content: string) => (on: ToolBench) => writeFileSync(join(on.directory, name), content);
const longName = (index: number): string => `${"n".repeat(200)}${index}`;
const nothing = (): void => {};
const many = file("many", `match ${"x".repeat(60)}\n`.repeat(4000));

const cases: Record<string, ToolCase> = {
  read: { args: { path: "f" }, prepare: file("f", "text\n"), failing: { path: "none" }, huge: { prepare: many, args: { path: "many" } } },
  bash: {
    args: { command: "echo x" },
    prepare: nothing,
    failing: { command: "exit 3" },
    huge: { prepare: many, args: { command: "cat many" } },
  },
  edit: {
    args: { path: "f", edits: [{ oldText: "a", newText: "b" }] },
    prepare: file("f", "a\n"),
    failing: { path: "none", edits: [{ oldText: "a", newText: "b" }] },
  },
  write: { args: { path: "f", content: "x" }, prepare: nothing, failing: { path: ".", content: "x" } },
  grep: {
    args: { pattern: "text" },
    prepare: file("f", "text\n"),
    failing: { pattern: "(" },
    huge: { prepare: many, args: { pattern: "match", limit: 5000 } },
  },
  find: {
    args: { pattern: "*" },
    prepare: file("f", ""),
    failing: { pattern: "*", path: "none" },
    huge: {
      prepare: (on) => {
        mkdirSync(join(on.directory, "d"));
        for (let index = 0; index < 280; index++) writeFileSync(join(on.directory, "d", longName(index)), "");
      },
      args: { pattern: "*", limit: 5000 },
    },
  },
  ls: {
    args: {},
    prepare: file("f", ""),
    failing: { path: "none" },
    huge: {
      prepare: (on) => {
        for (let index = 0; index < 280; index++) writeFileSync(join(on.directory, longName(index)), "");
      },
      args: { limit: 5000 },
    },
  },
};

for (const tool of builtinTools({ ripgrep: () => ripgrepPath({ cacheDirs: [], readAsset: () => undefined }) })) {
  toolContract(tool, () => bench, cases[tool.name] as ToolCase);
}
