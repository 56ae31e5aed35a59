// What `ls` does. Loaded on first use by ls.ts.

import { messageOf } from "../../contracts/error.ts";
import { errorResult, type ToolContext, type ToolResult, textResult } from "../../contracts/tool.ts";
import { limitedText } from "../shared/limited-text.ts";
import { errorCode, resolvePath } from "../shared/resolve-path.ts";

export async function executeLs(args: { path?: string; limit?: number }, context: ToolContext): Promise<ToolResult> {
  const path = await resolvePath(args.path ?? ".", context);
  const limit = Math.max(1, Math.floor(args.limit ?? 500));
  if (context.signal.aborted) return errorResult("Operation aborted");
  try {
    const info = await context.files.stat(path);
    if (info.kind !== "directory") return errorResult(`Not a directory: ${path}`);
    const entries = await context.files.list(path);
    if (entries.length === 0) return textResult("(empty directory)");
    const names = entries.map((entry) => (entry.kind === "directory" ? `${entry.name}/` : entry.name)).sort(byNameIgnoringCase);
    const isCut = names.length > limit;
    const notes = isCut ? [`${limit} entries limit reached. Use limit=${limit * 2} for more`] : [];
    return limitedText(names.slice(0, limit).join("\n"), notes, isCut ? { entryLimitReached: limit } : {});
  } catch (error) {
    return errorResult(errorCode(error) === "ENOENT" ? `Path not found: ${path}` : messageOf(error));
  }
}

function byNameIgnoringCase(a: string, b: string): number {
  const [lowerA, lowerB] = [a.toLowerCase(), b.toLowerCase()];
  if (lowerA === lowerB) return a < b ? -1 : 1;
  return lowerA < lowerB ? -1 : 1;
}
