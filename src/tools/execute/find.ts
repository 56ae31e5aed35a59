// What `find` does. Loaded on first use by find.ts.

import { messageOf } from "../../contracts/error.ts";
import { errorResult, type ToolContext, type ToolResult } from "../../contracts/tool.ts";
import { limitedText } from "../shared/limited-text.ts";
import { PassedOver } from "../shared/passed-over.ts";
import { errorCode, resolvePath } from "../shared/resolve-path.ts";
import { incomplete, runRipgrep } from "../shared/run-ripgrep.ts";

export async function executeFind(
  args: { pattern: string; path?: string; limit?: number },
  context: ToolContext,
  ripgrep: () => Promise<string>,
): Promise<ToolResult> {
  const path = await resolvePath(args.path ?? ".", context);
  const limit = Math.max(1, Math.floor(args.limit ?? 1000));
  try {
    const info = await context.files.stat(path);
    if (info.kind !== "directory") return errorResult(`Not a directory: ${path}`);
    const { fits, isNamed } = await globMatchers(args.pattern, path);
    const fitting = new Set<string>();
    const named = new Set<string>();
    let passedOver = new PassedOver();
    let records = 0;
    const outcome = await runRipgrep(
      {
        program: await ripgrep(),
        args: ["--files", "--null", "--hidden", "--no-require-git", "--sort=path", "--glob=!.git", "./"],
        cwd: path,
        separator: "\0",
        restart: () => {
          records = 0;
          fitting.clear();
          named.clear();
          passedOver = new PassedOver();
        },
        onRecord: (record) => {
          records++;
          for (const entry of withDirectories(record.replace(/^\.\//, ""))) {
            passedOver.see(entry);
            if (fitting.size <= limit && fits(entry)) fitting.add(entry);
            if (isNamed?.(entry)) named.add(entry);
          }
          return named.size <= limit && (isNamed !== undefined || fitting.size <= limit);
        },
      },
      context,
    );
    if (outcome.aborted) return errorResult("Operation aborted");
    const { exitCode, messages } = outcome;
    const failed = exitCode !== undefined && (exitCode > 2 || (exitCode === 2 && records === 0));
    if (failed) return errorResult(messages || `ripgrep exited with code ${exitCode}`);
    // Where the run was ended early there are enough without.
    const others = exitCode === undefined ? [] : await passedOver.find(path, (entry) => fits(entry) || isNamed?.(entry) === true, context);
    for (const entry of others) (isNamed?.(entry) ? named : fitting).add(entry);
    const notesOnRun = messages === "" ? [] : [incomplete(messages)];
    const found = named.size > 0 ? named : fitting;
    if (found.size === 0) return limitedText("No files found matching pattern", notesOnRun, {});
    const isCut = found.size > limit;
    const notes = isCut ? [`${limit} results limit reached. Use limit=${limit * 2} for more, or refine pattern`] : [];
    notes.push(...notesOnRun);
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

interface GlobMatchers {
  fits(entry: string): boolean;
  /** For a pattern with brackets: whether it is the very name, as folders of web frameworks are called `[slug]`. One that is there is meant. */
  isNamed?: (entry: string) => boolean;
}

/** Without a slash a pattern fits names at any depth, with one the path from the directory searched; case counts only where it has capitals. */
async function globMatchers(pattern: string, root: string): Promise<GlobMatchers> {
  const { default: picomatch } = await import("picomatch");
  const relative = pattern.startsWith(`${root}/`) ? pattern.slice(root.length + 1) : pattern.replace(/^(\.?\/)+/, "");
  const isPath = relative.replace(/\/$/, "").includes("/");
  const onlyDirectories = relative.endsWith("/");
  // Parentheses are part of a name unless a sign before them makes them a choice.
  const glob = relative.replace(/\/$/, "").replace(/(^|[^@!?*+\\])\(([^()]*)\)/g, "$1\\($2\\)");
  const options = { dot: true, nocase: glob === glob.toLowerCase(), nonegate: true };
  const matcher = (one: string): GlobMatchers["fits"] => {
    const isMatch = picomatch(one, options);
    return (entry) => {
      const isDirectory = entry.endsWith("/");
      if (onlyDirectories && !isDirectory) return false;
      const bare = isDirectory ? entry.slice(0, -1) : entry;
      return isMatch(isPath ? bare : bare.slice(bare.lastIndexOf("/") + 1));
    };
  };
  const named = glob.replace(/[[\]]/g, "\\$&");
  return { fits: matcher(glob), ...(named !== glob && { isNamed: matcher(named) }) };
}
