// The result of a tool that bounds nothing itself: of a text too long to show the beginning, and all of it in a file. Called by the harness behind
// all who may change a result. Invariants: what a tool has bounded as ours do, its note included, passes as it is; pictures stay where they are.

import type { Artifacts, ArtifactWriter } from "../../contracts/artifact.ts";
import type { UserContent } from "../../contracts/message.ts";
import type { ToolResult } from "../../contracts/tool.ts";
import { whereKept } from "./output-collector.ts";
import { formatSize, maxBytes, maxLines, totalsOf, truncateHead } from "./truncate.ts";

/** For what a tool says of its own bounding. */
const spare = { bytes: 4096, lines: 100 };

export async function boundedResult(result: ToolResult, tool: string, artifacts: Artifacts): Promise<ToolResult> {
  const texts = result.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  const text = texts.join("\n");
  const totals = totalsOf(text);
  if (totals.bytes <= maxBytes + spare.bytes && totals.lines <= maxLines + spare.lines) return result;
  const { file, failure } = await keep(text, tool, artifacts);
  const truncation = truncateHead(text, totals);
  const isPart = truncation.firstLineExceedsLimit;
  const shown = isPart ? firstBytes(text, maxBytes) : truncation.content;
  const what = isPart
    ? `Showing the first ${formatSize(Buffer.byteLength(shown))} of ${formatSize(totals.bytes)}`
    : `Showing lines 1-${truncation.outputLines} of ${totals.lines}${truncation.truncatedBy === "bytes" ? ` (${formatSize(maxBytes)} limit)` : ""}`;
  const where = whereKept({ path: file?.path, id: file?.id, leftOutBytes: file?.leftOutBytes ?? 0 }, failure);
  const part: UserContent = { type: "text", text: `${shown}\n\n[${what}. ${where}]` };
  const first = result.content.findIndex((block) => block.type === "text");
  const content = result.content
    .map((block, at) => (at === first ? part : block))
    .filter((block) => block === part || block.type !== "text");
  const { content: _, ...about } = truncation;
  return { ...result, content, details: withPlace(result.details, about, file) };
}

async function keep(text: string, tool: string, artifacts: Artifacts): Promise<{ file: ArtifactWriter | undefined; failure: unknown }> {
  try {
    const file = await artifacts.create(tool);
    file.write(Buffer.from(text));
    file.close();
    return file.failure === undefined ? { file, failure: undefined } : { file: undefined, failure: file.failure };
  } catch (failure) {
    return { file: undefined, failure };
  }
}

/** Details that are no record have no place for it. */
function withPlace(details: unknown, truncation: object, file: ArtifactWriter | undefined): unknown {
  if (details !== undefined && (typeof details !== "object" || details === null || Array.isArray(details))) return details;
  return {
    truncation,
    ...details,
    ...(file !== undefined && { fullOutputPath: file.path }),
    ...(file?.id !== undefined && { artifactId: file.id }),
  };
}

function firstBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text.slice(0, limit));
  let end = Math.min(limit, bytes.length);
  // Not in the middle of a character.
  while (end > 0 && end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}
