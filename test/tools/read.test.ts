import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { imageWasmLoader } from "../../src/platform/image-wasm.ts";
import { readTool as createReadTool } from "../../src/tools/read.ts";
import { type ToolBench, textOfResult, toolBench } from "../support/tool-context.ts";

const readTool = createReadTool(imageWasmLoader(() => undefined));
let bench: ToolBench;
beforeEach(() => {
  bench = toolBench();
});
afterEach(() => bench.close());

const put = (name: string, content: string | Uint8Array): void => writeFileSync(join(bench.directory, name), content);
const read = async (args: unknown): Promise<string> => textOfResult(await bench.call(readTool, args));
const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

test("gives a file as it is, with neither details nor note", async () => {
  put("t", "a\r\nb\n");
  expect(await bench.call(readTool, { path: "t" })).toEqual({
    content: [{ type: "text", text: "a\r\nb\n" }],
    structuredContent: "a\r\nb\n",
  });
  put("empty", "");
  expect(await read({ path: "empty" })).toBe("");
});

test("pages by offset and limit and says how to go on", async () => {
  put("hundred", numbered(100));
  expect(await read({ path: "hundred", offset: 5, limit: 2 })).toBe("line 5\nline 6\n\n[95 more lines in file. Use offset=7 to continue.]");
  expect(await read({ path: "hundred", offset: 99 })).toBe("line 99\nline 100\n");
  expect(await read({ path: "hundred", offset: "100", limit: null })).toBe("line 100\n");
  expect(await read({ path: "hundred", offset: 101 })).toBe("");
});

test("an offset behind the end is an error with the line count", async () => {
  put("t", "a\nb\n");
  expect(await bench.call(readTool, { path: "t", offset: 50 })).toEqual({
    content: [{ type: "text", text: "Offset 50 is beyond end of file (3 lines total)" }],
    details: {},
    isError: true,
  });
});

test("cuts at 2000 lines", async () => {
  put("many", numbered(3000));
  const result = await bench.call(readTool, { path: "many" });
  const text = textOfResult(result);
  expect(text.endsWith("line 2000\n\n[Showing lines 1-2000 of 3001. Use offset=2001 to continue.]")).toBe(true);
  expect(result.details).toMatchObject({
    truncation: {
      truncated: true,
      truncatedBy: "lines",
      totalLines: 3000,
      outputLines: 2000,
      lastLinePartial: false,
      firstLineExceedsLimit: false,
    },
  });
  expect(await read({ path: "many", offset: 500, limit: 2200 })).toContain(
    "[Showing lines 500-2499 of 3001. Use offset=2500 to continue.]",
  );
});

test("cuts at 50 KiB, at whole lines", async () => {
  put("wide", `${"é".repeat(100)}\n`.repeat(2000));
  const result = await bench.call(readTool, { path: "wide" });
  const shown = Math.floor((50 * 1024 + 1) / 201);
  expect(textOfResult(result)).toContain(`[Showing lines 1-${shown} of 2001 (50.0KB limit). Use offset=${shown + 1} to continue.]`);
  expect(result.details).toMatchObject({ truncation: { truncatedBy: "bytes", totalBytes: 402_000, outputBytes: shown * 201 - 1 } });
});

test("a first line longer than the limit names the command that gets at it", async () => {
  put("long line", `short\n${"x".repeat(200_000)}\nend`);
  expect(await read({ path: "long line", offset: 2 })).toBe(
    "[Line 2 is 195.3KB, exceeds 50.0KB limit. Use bash: sed -n '2p' 'long line' | head -c 51200]",
  );
});

test("agrees with a plain reference over many offsets and chunk borders", async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => "y".repeat((index * 7919) % 61));
  put("ref", lines.join("\n"));
  for (const [offset, limit] of [
    [1, 1],
    [2345, 10],
    [3000, 1500],
    [4999, 5],
    [5000, 1],
  ] as const) {
    const expected = lines.slice(offset - 1, offset - 1 + limit).join("\n");
    expect((await read({ path: "ref", offset, limit })).split("\n\n[")[0]).toBe(expected);
  }
});

test("what is no text file is a clear error", async () => {
  mkdirSync(join(bench.directory, "dir"));
  execFileSync("mkfifo", [join(bench.directory, "fifo")]);
  put("binary", new Uint8Array([1, 0, 2]));
  put("utf16", new Uint8Array([0xff, 0xfe, 65, 0]));
  put("readme.md", "x");
  expect(await read({ path: "dir" })).toMatch(/^EISDIR: illegal operation on a directory, read/);
  expect(await read({ path: "fifo" })).toMatch(/Not a regular file/);
  expect(await read({ path: "/dev/zero" })).toMatch(/Not a regular file/);
  expect(await read({ path: "binary" })).toMatch(/binary file/);
  expect(await read({ path: "utf16" })).toMatch(/UTF-16/);
  const missing = await read({ path: "readme.mdx" });
  expect(missing).toContain(`ENOENT: no such file or directory, access '${join(bench.directory, "readme.mdx")}'`);
  expect(missing).toContain('"readme.md"');
});

test("understands @path, ~ and absolute paths", async () => {
  put("t", "x");
  expect(await read({ path: "@t" })).toBe("x");
  expect(await read({ path: join(bench.directory, "t") })).toBe("x");
  mkdirSync(bench.context.homeDir);
  writeFileSync(join(bench.context.homeDir, "h"), "home");
  expect(await read({ path: "~/h" })).toBe("home");
});

test("of an endless file only as much is read as is needed", async () => {
  let bytes = 0;
  const line = new TextEncoder().encode(`${"z".repeat(127)}\n`.repeat(8192));
  const files = {
    ...bench.context.files,
    stat: async () => ({ kind: "file" as const, size: 1e12 }),
    async *readChunks() {
      for (;;) {
        bytes += line.length;
        yield line;
      }
    },
  };
  const text = textOfResult(await bench.call(readTool, { path: "huge", limit: 3 }, { files }));
  expect(text).toMatch(/\n\n\[More than \d+ more lines in file\. Use offset=4 to continue\.]$/);
  expect(bytes).toBeLessThan(300e6);
});
