// What `find` does. Loaded on first use by find.ts.

import { messageOf } from "../../contracts/error.ts";
import { errorResult, type ToolContext, type ToolResult, textResult } from "../../contracts/tool.ts";
import { limitedText } from "../shared/limited-text.ts";
import { errorCode, resolvePath } from "../shared/resolve-path.ts";
import { runRipgrep } from "../shared/run-ripgrep.ts";

export async function executeFind(
  args: Record<string, unknown>,
  context: ToolContext,
  ripgrep: () => Promise<string>,
): Promise<ToolResult> {
  const path = resolvePath((args.path as string | undefined) ?? ".", context);
  const limit = Math.max(1, Math.floor((args.limit as number | undefined) ?? 1000));
  try {
    const info = await context.files.stat(path);
    if (info.kind !== "directory") return errorResult(`Not a directory: ${path}`);
    const matches = await globMatcher(args.pattern as string, path);
    const found = new Set<string>();
    const outcome = await runRipgrep(
      {
        program: await ripgrep(),
        args: ["--files", "--null", "--hidden", "--no-require-git", "--no-messages", "--sort=path", "--glob=!.git", "./"],
        cwd: path,
        separator: "\0",
        onRecord: (record) => {
          for (const entry of withDirectories(record.replace(/^\.\//, ""))) if (!found.has(entry) && matches(entry)) found.add(entry);
          return found.size <= limit;
        },
      },
      context,
    );
    if (outcome.aborted) return errorResult("Operation aborted");
    if (found.size === 0) {
      const failed = outcome.exitCode !== 0 && outcome.exitCode !== 1 && outcome.messages !== "";
      return failed ? errorResult(outcome.messages) : textResult("No files found matching pattern");
    }
    const isCut = found.size > limit;
    const notes = isCut ? [`${limit} results limit reached. Use limit=${limit * 2} for more, or refine pattern`] : [];
    const text = [...found].slice(0, limit).sort().join("\n");
    return limitedText(text, notes, isCut ? { resultLimitReached: limit } : {});
  } catch (error) {
    return errorResult(errorCode(error) === "ENOENT" ? `Path not found: ${path}` : messageOf(error));
  }
}

/** `a/b/c` gives `a/`, `a/b/`, `a/b/c`. */
function withDirectories(path: string): string[] {
  const entries: string[] = [];
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) entries.push(path.slice(0, slash + 1));
  entries.push(path);
  return entries;
}

/** As fd's `--glob`: without a slash it fits names at any depth, with one whole paths; case counts only where the pattern has capitals. */
async function globMatcher(pattern: string, root: string): Promise<(entry: string) => boolean> {
  const { default: picomatch } = await import("picomatch");
  const relative = pattern.startsWith(`${root}/`) ? pattern.slice(root.length + 1) : pattern.replace(/^(\.?\/)+/, "");
  const isPath = relative.replace(/\/$/, "").includes("/");
  const onlyDirectories = relative.endsWith("/");
  const glob = relative.replace(/\/$/, "");
  const options = { dot: true, nocase: glob === glob.toLowerCase(), nonegate: true };
  const fits = picomatch(isPath && !glob.startsWith("**/") ? [glob, `**/${glob}`] : glob, options);
  return (entry) => {
    const isDirectory = entry.endsWith("/");
    if (onlyDirectories && !isDirectory) return false;
    const bare = isDirectory ? entry.slice(0, -1) : entry;
    return fits(isPath ? bare : bare.slice(bare.lastIndexOf("/") + 1));
  };
}
