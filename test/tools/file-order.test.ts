import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FileOperations } from "../../src/contracts/tool.ts";
import { withFileMutationQueue } from "../../src/sdk/npm/built-in-tools.ts";
import { editTool } from "../../src/tools/edit.ts";
import { executeWrite } from "../../src/tools/execute/write.ts";
import { inFileOrder } from "../../src/tools/shared/file-order.ts";
import { writeTool } from "../../src/tools/write.ts";
import { type ToolBench, textOfResult, toolBench } from "../support/tool-context.ts";

let bench: ToolBench;
beforeEach(() => {
  bench = toolBench();
});
afterEach(() => bench.close());

const edit = (path: string, oldText: string, newText: string, changed = {}) =>
  bench.call(editTool, { path, edits: [{ oldText, newText }] }, changed);
const textIn = (name: string): string => readFileSync(join(bench.directory, name), "utf8");

test("changes to one file by any of its names, asked for at once, all come to pass", async () => {
  mkdirSync(join(bench.directory, "real"));
  writeFileSync(join(bench.directory, "real/f"), "0 1 2 3 4 5 6 7 8 9");
  symlinkSync("real/f", join(bench.directory, "link"));
  symlinkSync("real", join(bench.directory, "dir"));
  const names = ["real/f", "link", "dir/f", "./real/../link", join(bench.directory, "real/f")];
  const results = await Promise.all(Array.from({ length: 10 }, (_, at) => edit(names[at % 5] as string, String(at), `<${at}>`)));
  for (const result of results) expect(result.isError ?? false).toBe(false);
  expect(textIn("real/f")).toBe("<0> <1> <2> <3> <4> <5> <6> <7> <8> <9>");
});

test("a write and the edit after it keep their order, also through a link to a file that is not there yet", async () => {
  symlinkSync("new", join(bench.directory, "link"));
  const both = [bench.call(writeTool, { path: "new", content: "one\n" }), edit("link", "one", "two")];
  for (const result of await Promise.all(both)) expect(textOfResult(result)).toMatch(/^Successfully/);
  expect(textIn("new")).toBe("two\n");
});

test("other names of the same bytes stay names of the same bytes", async () => {
  writeFileSync(join(bench.directory, "f"), "one");
  linkSync(join(bench.directory, "f"), join(bench.directory, "g"));
  await edit("g", "one", "two");
  expect(textIn("f")).toBe("two");
  await Promise.all([edit("f", "two", "two 0 1"), edit("g", "0", "<0>"), edit("f", "1", "<1>")]);
  expect(textIn("g")).toBe("two <0> <1>");
});

test("what an extension does to a file in the queue waits for edits of it, and edits wait for that", async () => {
  writeFileSync(join(bench.directory, "f"), "one two three");
  symlinkSync("f", join(bench.directory, "link"));
  const path = join(bench.directory, "link");
  const work = withFileMutationQueue(path, async () => {
    const text = readFileSync(path, "utf8");
    // Whoever did not wait would have written by then.
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    writeFileSync(path, text.replace("two", "2"));
  });
  const results = await Promise.all([edit("f", "one", "1"), edit("link", "three", "3"), work]);
  for (const result of results) expect(result?.isError ?? false).toBe(false);
  expect(textIn("f")).toBe("1 2 3");
});

test("a failed change does not stop the next; an aborted one does not wait and is not made", async () => {
  writeFileSync(join(bench.directory, "f"), "one");
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun = (): void => {};
  const isWriting = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const files: FileOperations = {
    ...bench.context.files,
    writeAtomic: async () => {
      begun();
      await held;
      throw new Error("broken");
    },
  };
  const [abort, before] = [new AbortController(), AbortSignal.abort()];
  const failing = edit("f", "one", "1", { files });
  const aborted = edit("f", "one", "2", { signal: abort.signal });
  const last = edit("f", "one", "3");
  await isWriting;
  expect(textOfResult(await edit("f", "one", "4", { signal: before }))).toBe("Operation aborted");
  abort.abort();
  expect(textOfResult(await aborted)).toBe("Operation aborted");
  release();
  expect(textOfResult(await failing)).toContain("broken");
  expect((await last).isError ?? false).toBe(false);
  expect(textIn("f")).toBe("3");
});

test("aborted in the middle, a change says what stands on the disk: nothing new before it is written, the new from then on", async () => {
  const { files } = bench.context;
  writeFileSync(join(bench.directory, "f"), "one");
  const reading = new AbortController();
  const read: FileOperations["read"] = (path) => {
    reading.abort();
    return files.read(path);
  };
  expect(textOfResult(await edit("f", "one", "two", { signal: reading.signal, files: { ...files, read } }))).toBe("Operation aborted");
  expect(textIn("f")).toBe("one");
  const looking = new AbortController();
  const canonical: FileOperations["canonical"] = (path) => {
    looking.abort();
    return files.canonical(path);
  };
  const context = { ...bench.context, signal: looking.signal, files: { ...files, canonical } };
  const looked = await executeWrite({ path: "f", content: "two" }, context, join(bench.directory, "f"));
  expect([textOfResult(looked), textIn("f")]).toEqual(["Operation aborted", "one"]);
  const writing = new AbortController();
  const writeAtomic: FileOperations["writeAtomic"] = (path, data) => {
    writing.abort();
    return files.writeAtomic(path, data);
  };
  const result = await edit("f", "one", "two", { signal: writing.signal, files: { ...files, writeAtomic } });
  expect([textOfResult(result), textIn("f")]).toEqual(["Successfully replaced 1 block(s) in f.", "two"]);
});

test("one whose file cannot be found out fails, and none behind it", async () => {
  const lost = inFileOrder(
    () => Promise.reject(new Error("gone")),
    async () => "never",
  );
  const next = inFileOrder(
    async () => "found",
    async () => "done",
  );
  await expect(lost).rejects.toThrow("gone");
  expect(await next).toBe("done");
  expect(
    await inFileOrder(
      async () => "found",
      async () => "later",
    ),
  ).toBe("later");
});

test("places are taken when asked for, though the first path is found last; other files do not wait for the change", async () => {
  const log: string[] = [];
  let find = (_: string): void => {};
  const late = new Promise<string>((resolve) => {
    find = resolve;
  });
  const first = inFileOrder(
    () => late,
    async () => void log.push("first"),
  );
  const second = inFileOrder(
    async () => "f",
    async () => void log.push("second"),
  );
  find("f");
  await Promise.all([first, second]);
  const never = inFileOrder(
    async () => "held",
    () => new Promise<void>(() => {}),
  );
  await inFileOrder(
    async () => "free",
    async () => void log.push("free"),
  );
  void never;
  expect(log).toEqual(["first", "second", "free"]);
});
