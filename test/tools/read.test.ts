import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { imageWasmLoader } from "../../src/platform/files/image-wasm.ts";
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
  put("-e", "x".repeat(200_000));
  expect(await read({ path: "-e" })).toContain("sed -n '1p' ./-e |");
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

  put("readme.md", "x");
  expect(await read({ path: "dir" })).toMatch(/^EISDIR: illegal operation on a directory, read/);
  expect(await read({ path: "" })).toMatch(/^EISDIR: .*\n\/.+ is a directory: list it with ls\.$/);
  expect(await read({ path: "fifo" })).toMatch(/Not a regular file/);
  expect(await read({ path: "/dev/zero" })).toMatch(/Not a regular file/);
  expect(await read({ path: "binary" })).toMatch(/binary file/);

  const missing = await read({ path: "readme.mdx" });
  expect(missing).toContain(`ENOENT: no such file or directory, access '${join(bench.directory, "readme.mdx")}'`);
  expect(missing).toContain('"readme.md"');
});

test("text in other encodings is read as its characters, by lines", async () => {
  put("utf16", Buffer.from("\ufeffeins\r\nzwölf 😀\r\ndrei", "utf16le"));
  expect(await read({ path: "utf16" })).toBe("eins\r\nzwölf 😀\r\ndrei");
  expect(await read({ path: "utf16", offset: 2, limit: 1 })).toBe("zwölf 😀\r\n\n[1 more lines in file. Use offset=3 to continue.]");
  put("utf16be", Buffer.from("\ufeffeins", "utf16le").swap16());
  expect(await read({ path: "utf16be" })).toBe("eins");
  put("latin1", Buffer.from("caf\xe9\nm\xfcde\n", "latin1"));
  expect(await read({ path: "latin1" })).toBe("café\nmüde\n");
  put("marked", "\ufeffeins\n");
  expect(await read({ path: "marked" })).toBe("eins\n");
  // A character on the border of what is shown does not make it another encoding.
  put("wide", `${"é".repeat(30_000)}`);
  expect(await read({ path: "wide" })).toMatch(/^\[Line 1 is 58\.6KB/);
});

test("a file is found as it was meant", async () => {
  put("Shot at 9.41\u202fPM.txt", "narrow");
  mkdirSync(join(bench.directory, "Re\u0301sume\u0301"));
  put("Re\u0301sume\u0301/it\u2019s \u2013 new.txt", "decomposed");
  put("plain.txt", "plain");
  expect(await read({ path: "Shot at 9.41 PM.txt" })).toBe("narrow");
  expect(await read({ path: "R\u00e9sum\u00e9/it's - new.txt" })).toBe("decomposed");
  for (const path of [" plain.txt\n", '"plain.txt"', "`plain.txt`", `file://${bench.directory}/plain.txt`, "@plain.txt"]) {
    expect(await read({ path })).toBe("plain");
  }
  put("@plain.txt", "with its at");
  put(" plain.txt", "with its blank");
  expect(await read({ path: "@plain.txt" })).toBe("with its at");
  expect(await read({ path: " plain.txt" })).toBe("with its blank");
  // Two that look the same: neither is guessed.
  put("a\u00a0b", "1");
  put("a\u2009b", "2");
  expect(await read({ path: "a b" })).toMatch(/^ENOENT/);
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
