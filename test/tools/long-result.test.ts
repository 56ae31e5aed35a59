// Results of tools that bound nothing themselves: what is too long is in a file, and the model is shown its beginning and where the rest is.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { plainArtifacts } from "../../src/artifacts/plain-directory.ts";
import type { ToolResult } from "../../src/contracts/tool.ts";
import { shownResult } from "../../src/harness/conversation/long-results.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const call = { type: "toolCall", id: "1", name: "search", arguments: {} } as const;

function bounded(result: ToolResult, of = call, directory = temporaryDirectory()): Promise<ToolResult> {
  return shownResult(
    of,
    result,
    plainArtifacts(async () => directory),
  );
}

const ofText = (...texts: string[]): ToolResult => ({ content: texts.map((text) => ({ type: "text", text })) });
const lines = (count: number, length = 8): string => Array.from({ length: count }, (_, at) => `${at + 1} ${"x".repeat(length)}`).join("\n");
const textOf = ({ content }: ToolResult): string =>
  content.map((block) => (block.type === "text" ? block.text : `<${block.type}>`)).join("|");
const fileOf = ({ details }: ToolResult): string => readFileSync((details as { fullOutputPath: string }).fullOutputPath, "utf8");

describe("is left as it is", () => {
  test.each<[string, ToolResult]>([
    ["a short one", ofText("hello")],
    ["one as long as ours are", ofText(`${lines(2000, 20)}\n\n[Showing lines 1-2000 of 9000. Full output: /somewhere]`)],
    ["one of 50 KB with a note", ofText(`${"y".repeat(50 * 1024)}\n\n[cut]`)],
    ["a picture", { content: [{ type: "image", data: "x".repeat(200_000), mimeType: "image/png" }] }],
    ["nothing", { content: [] }],
  ])("%s", async (_, result) => {
    expect(await bounded(result)).toBe(result);
  });

  test("what comes to another tool", async () => {
    const result = ofText(lines(9000));
    expect(await bounded(result, { ...call, parentToolCallId: "0" } as never)).toBe(result);
  });
});

test("many lines: the first of them, how many there are, and where they all are", async () => {
  const all = lines(9000);
  const result = await bounded({ ...ofText(all), isError: true, structuredContent: { a: 1 }, details: { of: "mine" } });
  expect(textOf(result).startsWith("1 xxxxxxxx\n2 xx")).toBe(true);
  expect(textOf(result)).toMatch(
    /\n2000 xxxxxxxx\n\n\[Showing lines 1-2000 of 9000\. Full output: \S+\/0\.search\.log \(artifact:\/\/0\)\]$/,
  );
  expect(fileOf(result)).toBe(all);
  expect(result).toMatchObject({ isError: true, structuredContent: { a: 1 }, details: { of: "mine", artifactId: 0 } });
});

test("one long line: its beginning, whole characters", async () => {
  const all = `{"text":"${"é".repeat(60_000)}"}`;
  const result = await bounded(ofText(all));
  const [shown = "", note] = textOf(result).split("\n\n");
  expect(all.startsWith(shown)).toBe(true);
  expect(Buffer.byteLength(shown)).toBeGreaterThan(50 * 1024 - 3);
  expect(note).toMatch(/^\[Showing the first 50\.0KB of 117\.2KB\. Full output: /);
  expect(fileOf(result)).toBe(all);
});

test("several texts are one, pictures stay, details that are no record too", async () => {
  const picture = { type: "image" as const, data: "AAAA", mimeType: "image/png" };
  const result = await bounded({
    content: [picture, ...ofText(lines(1500)).content, picture, ...ofText(lines(1500)).content],
    details: ["mine"],
  });
  expect(result.content.map(({ type }) => type)).toEqual(["image", "text", "image"]);
  expect(textOf(result)).toContain("of 3000. Full output:");
  expect(result.details).toEqual(["mine"]);
});

test("where nothing can be kept, the beginning is shown and that is said", async () => {
  const result = await bounded(ofText(lines(9000)), call, "/proc/nowhere");
  expect(textOf(result)).toMatch(/\[Showing lines 1-2000 of 9000\. Full output could not be kept: .*ENOENT/);
  expect(result.details).not.toHaveProperty("fullOutputPath");
});
