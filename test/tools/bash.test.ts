import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { plainArtifacts } from "../../src/artifacts/plain-directory.ts";
import type { ShellOperations, ToolResult } from "../../src/contracts/tool.ts";
import { bashToolWith } from "../../src/tools/bash.ts";
import { readTool } from "../../src/tools/read.ts";
import { OutputCollector } from "../../src/tools/shared/output-collector.ts";
import { type ToolBench, textOfResult, toolBench } from "../support/tool-context.ts";

let bench: ToolBench;
beforeEach(() => {
  bench = toolBench();
});
afterEach(() => bench.close());

const bashTool = bashToolWith("end");
const bash = (command: string, more: Record<string, unknown> = {}): Promise<ToolResult> => bench.call(bashTool, { command, ...more });

test("gives output, and says when there is none", async () => {
  expect(await bash("echo out; echo err >&2")).toEqual({
    content: [{ type: "text", text: "out\nerr\n" }],
    structuredContent: { output: "out\nerr\n", truncated: false, exit_code: 0, wall_time_seconds: expect.any(Number) },
  });
  expect(textOfResult(await bash("true"))).toBe("(no output)");
});

test("an exit code other than 0 is an error with the output", async () => {
  const result = await bash("echo a; exit 7");
  expect(textOfResult(result)).toBe("a\n\n\nCommand exited with code 7");
  expect(result).toMatchObject({ isError: true, details: {}, structuredContent: { exit_code: 7 } });
  expect(textOfResult(await bash("exit 3"))).toBe("(no output)\n\nCommand exited with code 3");
});

test("a timeout keeps the output", async () => {
  for (let timeout = 0.2; ; timeout *= 2) {
    const result = await bash("echo hi; sleep 60", { timeout });
    expect(result).toMatchObject({ isError: true, details: {} });
    // It has to have got as far, which takes a busy machine longer.
    if (!textOfResult(result).startsWith("hi")) continue;
    expect(textOfResult(result)).toBe(`hi\n\n\nCommand timed out after ${timeout} seconds`);
    break;
  }
  expect(textOfResult(await bash("true", { timeout: -1 }))).toMatch(/Invalid timeout -1/);
});

test("an abort keeps the output", async () => {
  const abort = new AbortController();
  const pending = bench.call(
    bashTool,
    { command: "echo started; sleep 60" },
    {
      signal: abort.signal,
      onUpdate: ({ content }) => {
        if (content.length > 0) abort.abort();
      },
    },
  );
  const result = await pending;
  expect(textOfResult(result)).toBe("started\n\n\nCommand aborted");
  expect(result).toMatchObject({ isError: true, details: {} });
});

test("keeps the last 2000 lines and all of it in a file", async () => {
  const result = await bash("seq 5000");
  const { truncation, fullOutputPath } = result.details as { truncation: Record<string, unknown>; fullOutputPath: string };
  expect(fullOutputPath).toMatch(/\/\d+\.bash\.log$/);
  const { artifactId } = result.details as { artifactId: number };
  expect(
    textOfResult(result).endsWith(
      `4999\n5000\n\n[Showing lines 3001-5000 of 5000. Full output: ${fullOutputPath} (artifact://${artifactId})]`,
    ),
  ).toBe(true);
  const again = await bench.call(
    readTool(async () => new Uint8Array()),
    { path: `artifact://${artifactId}`, limit: 2 },
  );
  expect(textOfResult(again)).toMatch(/^1\n2\n/);
  expect(textOfResult(result).startsWith("3001\n")).toBe(true);
  expect(truncation).toMatchObject({
    truncated: true,
    truncatedBy: "lines",
    totalLines: 5000,
    totalBytes: 23_893,
    outputLines: 2000,
    outputBytes: 9999,
  });
  expect(readFileSync(fullOutputPath, "utf8").split("\n").length).toBe(5001);
  expect(statSync(fullOutputPath).mode & 0o777).toBe(0o600);
});

test("the file holds all that came, in its order, however it was cut and also what came while the file was made", async () => {
  const result = await bash("seq 200000");
  const { fullOutputPath } = result.details as { fullOutputPath: string };
  expect(readFileSync(fullOutputPath, "utf8") === Array.from({ length: 200_000 }, (_, at) => `${at + 1}\n`).join("")).toBe(true);
  const collector = new OutputCollector(bench.context.artifacts, "bash");
  const pieces = Array.from({ length: 40 }, (_, at) => `${at} ${"x".repeat(9000)}\n`);
  // Nobody waits for the pieces before.
  await Promise.all(pieces.map((piece) => collector.push(new TextEncoder().encode(piece))));
  const { fullOutputPath: path = "", text } = collector.finish();
  expect(readFileSync(path, "utf8") === pieces.join("")).toBe(true);
  expect(text.length > 40_000 && pieces.join("").trimEnd().endsWith(text)).toBe(true);
});

test("keeps 50 KiB of wide lines, and the end of one giant line", async () => {
  const wide = await bash(`yes ${"w".repeat(99)} | head -2000; exit 1`);
  expect(textOfResult(wide)).toMatch(
    /\n\n\[Showing lines 1489-2000 of 2000 \(50\.0KB limit\)\. Full output: .*\]\n\nCommand exited with code 1$/,
  );
  const giant = await bash("head -c 400000 /dev/zero | tr '\\0' g");
  expect(textOfResult(giant)).toMatch(/g\n\n\[Showing last 50\.0KB of line 1 \(line is 390\.6KB\)\. Full output: .*\]$/);
  expect(giant.details).toMatchObject({ truncation: { lastLinePartial: true, outputBytes: 51_200, totalLines: 1, totalBytes: 400_000 } });
});

test("what a terminal would show in the end is what the model gets", async () => {
  const command = String.raw`printf '\033[1;31mred\033[0m\r\n 10%%\r 50%%\r100%%\n\033]0;title\007ab\bc\0d\n'`;
  expect(textOfResult(await bash(command))).toBe("red\n100%\nacd\n");
});

test("a progress bar of any length is one line and leaves no file", async () => {
  const result = await bash(String.raw`for i in $(seq 1 9000); do printf '\rstep %05d of 9000' $i; done; echo`);
  expect(textOfResult(result)).toBe("step 09000 of 9000\n");
  expect(result.details).toBeUndefined();
  expect(await bench.context.artifacts.list()).toEqual([]);
});

test("updates replace each other, begin empty, and come at most every 100 ms", async () => {
  const times: number[] = [];
  const shell: ShellOperations = {
    run: async ({ onData }) => {
      while (times.length < 5) {
        await onData(new TextEncoder().encode("tick\n"));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return { exitCode: 0, timedOut: false, cancelled: false };
    },
  };
  const texts: string[] = [];
  const onUpdate = (update: Pick<ToolResult, "content">): void => {
    times.push(performance.now());
    texts.push(textOfResult(update));
  };
  await bench.call(bashTool, { command: "x" }, { shell, onUpdate });
  expect(texts[0]).toBe("");
  expect(times.length).toBeGreaterThanOrEqual(5);
  const gaps = times.slice(2).map((time, index) => time - (times[index + 1] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(95);
  expect(texts.slice(1).every((text, index) => text.startsWith(texts[index] ?? "") && text.startsWith("tick\n"))).toBe(true);
});

test("a full disk costs the file, not the command", async () => {
  const result = await bench.call(
    bashTool,
    { command: "seq 5000" },
    { artifacts: plainArtifacts(async () => join(bench.directory, "none")) },
  );
  expect(textOfResult(result)).toMatch(/5000\n\n\[Showing lines 3001-5000 of 5000\. Full output could not be kept: ENOENT/);
  expect(existsSync(join(bench.directory, "none"))).toBe(false);
});

test("a missing working directory is an error result", async () => {
  const result = await bench.call(bashTool, { command: "true" }, { cwd: join(bench.directory, "gone") });
  expect(textOfResult(result)).toContain("Working directory does not exist");
  expect(result.isError).toBe(true);
});
