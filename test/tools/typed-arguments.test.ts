// A tool's function takes what its schema says: the lines that must not compile are checked by tsc.

import { expect, test } from "vitest";
import type { BuiltinToolInputs } from "../../src/contracts/extension-event.ts";
import { type Tool, textResult, tool } from "../../src/contracts/tool.ts";
import { bashToolWith } from "../../src/tools/bash.ts";
import { editTool } from "../../src/tools/edit.ts";
import { findTool } from "../../src/tools/find.ts";
import { grepTool } from "../../src/tools/grep.ts";
import { lsTool } from "../../src/tools/ls.ts";
import { readTool } from "../../src/tools/read.ts";
import { builtinTools } from "../../src/tools/registry.ts";
import { writeTool } from "../../src/tools/write.ts";

type Alike<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Flat, so that an intersection counts as what it is. */
type Flat<T> = T extends object ? { [K in keyof T]: Flat<T[K]> } : T;
type ArgumentsOf<T> = T extends Tool<infer A> ? Flat<A> : never;

test("arguments have the type that the schema says", () => {
  const record = tool({
    name: "count",
    description: "Count",
    parameters: {
      type: "object",
      properties: { of: { type: "string" }, deep: { type: "boolean" }, by: { type: "array", items: { type: "number" } } },
      required: ["of"],
    },
    execute: async (args) => {
      const of: string = args.of;
      const by: number[] | undefined = args.by;
      // @ts-expect-error it may be absent
      const deep: boolean = args.deep;
      // @ts-expect-error another type
      const count: number = args.of;
      // @ts-expect-error the schema has no such argument
      const other: unknown = args.other;
      return textResult([of, by, deep, count, other].join());
    },
  });
  const wants = async ({ limit }: { limit: number }) => textResult(String(limit));
  const text = { type: "object", properties: { limit: { type: "string" } }, required: ["limit"] } as const;
  // @ts-expect-error what is done wants another type than the schema gives
  tool({ name: "n", description: "", parameters: text, execute: (args) => wants(args) });
  const absent = { type: "object", properties: { limit: { type: "number" } } } as const;
  // @ts-expect-error what is done needs what the schema lets be absent
  tool({ name: "n", description: "", parameters: absent, execute: (args) => wants(args) });
  const alike: Alike<ArgumentsOf<typeof record>, { of: string; deep?: boolean; by?: number[] }> = true;
  expect(alike).toBe(true);
});

test("extensions are told of the built-in tools' arguments what their schemas say", async () => {
  const bashTool = bashToolWith("end");
  const find = findTool(async () => "rg");
  const grep = grepTool(async () => "rg");
  const read = readTool(async () => new Uint8Array());
  const all: { [N in keyof BuiltinToolInputs]: Tool } = {
    bash: bashTool,
    read,
    edit: editTool,
    write: writeTool,
    grep,
    find,
    ls: lsTool,
  };
  const alike: { [N in keyof BuiltinToolInputs]: true } = {
    bash: true satisfies Alike<ArgumentsOf<typeof bashTool>, BuiltinToolInputs["bash"]>,
    read: true satisfies Alike<ArgumentsOf<typeof read>, BuiltinToolInputs["read"]>,
    edit: true satisfies Alike<ArgumentsOf<typeof editTool>, BuiltinToolInputs["edit"]>,
    write: true satisfies Alike<ArgumentsOf<typeof writeTool>, BuiltinToolInputs["write"]>,
    grep: true satisfies Alike<ArgumentsOf<typeof grep>, BuiltinToolInputs["grep"]>,
    find: true satisfies Alike<ArgumentsOf<typeof find>, BuiltinToolInputs["find"]>,
    ls: true satisfies Alike<ArgumentsOf<typeof lsTool>, BuiltinToolInputs["ls"]>,
  };
  expect(Object.keys(alike).sort()).toEqual(
    builtinTools()
      .map(({ name }) => name)
      .sort(),
  );
  for (const [name, { name: own }] of Object.entries(all)) expect(own).toBe(name);
});
