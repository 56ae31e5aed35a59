// What `grep` does. Loaded on first use by grep.ts.

import { basename, dirname, join } from "node:path";
import { messageOf } from "../../contracts/error.ts";
import { errorResult, type FileInfo, type ToolContext, type ToolResult, textResult } from "../../contracts/tool.ts";
import { fileGlobs } from "../shared/file-globs.ts";
import { notIgnored } from "../shared/ignore-lists.ts";
import { limitedText } from "../shared/limited-text.ts";
import { notRegularText, readablePath } from "../shared/readable-path.ts";
import { errorCode } from "../shared/resolve-path.ts";
import { incomplete, runRipgrep } from "../shared/run-ripgrep.ts";

const maxCharacters = 500;
/** Enough bytes for that many characters of any kind; the rest of a line never reaches us. */
const maxColumns = 4 * maxCharacters + 48;

interface Search {
  pattern: string;
  path?: string;
  glob?: string;
  ignoreCase?: boolean;
  literal?: boolean;
  context?: number;
  limit?: number;
}

export async function executeGrep(args: Search, context: ToolContext, ripgrep: () => Promise<string>): Promise<ToolResult> {
  const where = await readablePath(args.path ?? ".", context);
  if ("refusal" in where) return errorResult(where.refusal);
  const { path } = where;
  const limit = Math.max(1, Math.floor(args.limit ?? 100));
  const contextLines = Math.max(0, Math.floor(args.context ?? 0));
  let info: FileInfo;
  try {
    info = await context.files.stat(path);
  } catch (error) {
    return errorResult(errorCode(error) === "ENOENT" ? `Path not found: ${path}` : messageOf(error));
  }
  if (info.kind === "other") return errorResult(notRegularText(path));
  const isDirectory = info.kind === "directory";
  try {
    const globs = args.glob && isDirectory ? await fileGlobs(args.glob, path) : undefined;
    const within = globs && (await isSearched(globs.directory, path, context)) ? globs.directory : "";
    const collecting = (): MatchCollector => new MatchCollector(limit, contextLines, globs?.fits);
    let collector = collecting();
    const outcome = await runRipgrep(
      {
        program: await ripgrep(),
        args: grepArguments(args, contextLines, globs?.words ?? [], isDirectory ? within : basename(path)),
        cwd: isDirectory ? path : dirname(path),
        separator: "\n",
        onRecord: (record) => collector.add(record),
        restart: () => {
          collector = collecting();
        },
      },
      context,
    );
    if (outcome.aborted) return errorResult("Operation aborted");
    if (collector.matches === 0) {
      const failed = outcome.exitCode !== 0 && outcome.exitCode !== 1;
      if (failed) return errorResult(outcome.messages || `ripgrep exited with code ${outcome.exitCode}`);
      return outcome.messages === "" ? textResult("No matches found") : limitedText("No matches found", [incomplete(outcome.messages)], {});
    }
    return collector.result(outcome.messages);
  } catch (error) {
    return errorResult(messageOf(error));
  }
}

function grepArguments(args: Search, contextLines: number, globs: readonly string[], within: string): string[] {
  const words = ["--line-number", "--no-heading", "--with-filename", "--null", "--color=never", "--no-context-separator", "--hidden"];
  words.push("--no-require-git", "--sort=path", `--max-columns=${maxColumns}`, "--max-columns-preview", "--glob=!.git");
  if (args.ignoreCase) words.push("--ignore-case");
  if (args.literal) words.push("--fixed-strings");
  if (contextLines > 0) words.push(`--context=${contextLines}`);
  // With it `$` stands before CR LF; but then there is no CR to search for.
  if (args.literal || !/\\(r|x0d|x\{0*d\}|u000d)|\r/i.test(args.pattern)) words.push("--crlf");
  words.push(...globs, `--regexp=${args.pattern}`, "--", `./${within}`);
  return words;
}

/** Whether it is a directory of the one searched that ripgrep would go into by itself. */
async function isSearched(directory: string, root: string, context: ToolContext): Promise<boolean> {
  const path = join(root, directory);
  const { kind } = await context.files.stat(path).catch((): Partial<FileInfo> => ({}));
  if (directory === "" || kind !== "directory") return false;
  if ((await context.files.canonical(path)) !== join(await context.files.canonical(root), directory)) return false;
  return (await notIgnored([`${directory}/`], root, context)).length > 0;
}

class MatchCollector {
  readonly #limit: number;
  readonly #contextLines: number;
  readonly #fits: ((path: string) => boolean) | undefined;
  readonly #lines: string[] = [];
  #linesTruncated = false;
  #limitReached = false;
  #last: { path: string; lineNumber: number } | undefined;
  matches = 0;

  constructor(limit: number, contextLines: number, fits?: (path: string) => boolean) {
    this.#limit = limit;
    this.#contextLines = contextLines;
    this.#fits = fits;
  }

  /** False once a match beyond the limit turned up. */
  add(record: string): boolean {
    const [, path, number, sign, text] = /^(?:\.\/)?([^\0]*)\0(\d+)([:-])(.*)$/s.exec(record) ?? [];
    if (path === undefined || text === undefined) return this.#addBinary(record);
    if (this.#fits?.(path) === false) return true;
    const lineNumber = Number(number);
    if (sign === ":") {
      if (this.matches === this.#limit) {
        this.#limitReached = true;
        return false;
      }
      this.matches++;
      this.#last = { path, lineNumber };
    } else if (this.matches === this.#limit) {
      // Behind the last match only what belongs to it.
      const belongs = this.#last?.path === path && lineNumber <= this.#last.lineNumber + this.#contextLines;
      if (!belongs) return true;
    }
    const isMatch = sign === ":";
    this.#lines.push(`${path}${isMatch ? ":" : "-"}${number}${isMatch ? ":" : "-"} ${this.#cut(text)}`);
    return true;
  }

  /** Of a binary file ripgrep says only that it matches. */
  #addBinary(record: string): boolean {
    const path = /^(?:\.\/)?(.*)[:\0] ?binary file matches/.exec(record)?.[1];
    if (path === undefined || this.#fits?.(path) === false) return true;
    if (this.matches === this.#limit) {
      this.#limitReached = true;
      return false;
    }
    this.matches++;
    this.#lines.push(`${path}: binary file matches`);
    return true;
  }

  #cut(text: string): string {
    const line = text.replace(/\r$/, "");
    if (line.length <= maxCharacters) return line;
    this.#linesTruncated = true;
    return `${line.slice(0, maxCharacters).replace(/[\ud800-\udbff]$/, "")}... [truncated]`;
  }

  result(messages: string): ToolResult {
    const notes: string[] = [];
    const details: Record<string, unknown> = {};
    if (this.#limitReached) {
      notes.push(`${this.#limit} matches limit reached. Use limit=${this.#limit * 2} for more, or refine pattern`);
      details.matchLimitReached = this.#limit;
    }
    if (this.#linesTruncated) {
      notes.push(`Some lines truncated to ${maxCharacters} chars. Use read tool to see full lines`);
      details.linesTruncated = true;
    }
    if (messages !== "") notes.push(incomplete(messages));
    return limitedText(this.#lines.join("\n"), notes, details);
  }
}
