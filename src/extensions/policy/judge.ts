// What the policy says to a call: the worst of what its rows say to each part of it. Called by the policy's interceptor and `pi inspect --tool`.
// Invariant: of all rows that match, deny beats ask beats allow; a part that no row matches is as the mode says.

import { basename, dirname, resolve } from "node:path";
import { type PermissionMode, type PolicyAction, type PolicyRow, readingTools } from "../../contracts/policy.ts";
import { expandHome, isInside } from "../../platform/paths.ts";
import { type CommandPattern, commandPattern, isExactly, mayBe } from "./match-command.ts";
import { nameOf, pathGlob, wordMatcher } from "./rows.ts";
import { type LineCommand, programName, readShellLine, type ShellLine } from "./shell-line.ts";

export interface Places {
  cwd: string;
  homeDir: string;
  /** With links followed, also where the file itself is not there. */
  canonical(path: string): Promise<string>;
}

export interface Judged {
  action: PolicyAction;
  /** Which row decides; nothing where none matches. */
  row: PolicyRow | undefined;
  /** The row, or the mode, for people. */
  reason: string;
}

const severity: Record<PolicyAction, number> = { allow: 0, ask: 1, deny: 2 };

export type Judge = (tool: string, args: Record<string, unknown>) => Promise<Judged>;

/** One call alone. */
export function judge(
  tool: string,
  args: Record<string, unknown>,
  rows: readonly PolicyRow[],
  mode: PermissionMode,
  places: Places,
): Promise<Judged> {
  return createJudge(rows, mode, places)(tool, args);
}

/** For many calls: rows are read once. */
export function createJudge(rows: readonly PolicyRow[], mode: PermissionMode, places: Places): Judge {
  const readRows = rows.map(readRow);
  const known = new Map<string, ToolRows>();
  return (tool, args) => {
    let of = known.get(tool);
    if (of === undefined) {
      of = toolRows(readRows.filter((one) => one.isFor(tool)));
      known.set(tool, of);
    }
    return judgeCall(tool, args, of, mode, places);
  };
}

/** The rows about one tool, each list in their order. */
interface ToolRows {
  all: readonly ReadRow[];
  /** Those that a command of another name than the ones they write out may fit. */
  open: readonly ReadRow[];
  /** By program: the open ones, and its own. */
  byProgram: ReadonlyMap<string, readonly ReadRow[]>;
}

function toolRows(all: readonly ReadRow[]): ToolRows {
  const programs = new Set(all.flatMap(({ command }) => command?.program ?? []));
  const fitting = (program?: string): ReadRow[] =>
    all.filter(({ command }) => command?.program === undefined || command.program === program);
  return { all, open: fitting(), byProgram: new Map([...programs].map((program) => [program, fitting(program)])) };
}

interface ReadRow {
  row: PolicyRow;
  isFor(tool: string): boolean;
  command: CommandPattern | undefined;
}

function readRow(row: PolicyRow): ReadRow {
  // Names with blanks or commas between them.
  const names = row.tool?.split(/[\s,]+/).filter((glob) => glob !== "");
  const tools = names?.map(wordMatcher);
  return {
    row,
    isFor: (tool) => tools === undefined || tools.some((fits) => fits(tool)),
    command: row.command === undefined ? undefined : commandPattern(row.command),
  };
}

async function judgeCall(tool: string, args: Record<string, unknown>, of: ToolRows, mode: PermissionMode, places: Places): Promise<Judged> {
  if (mode === "plan" && !readingTools.includes(tool)) return { action: "deny", row: undefined, reason: "the permission mode plan" };
  const line = tool === "bash" && typeof args.command === "string" ? readShellLine(args.command) : undefined;
  const hasPaths = of.all.some(({ row }) => row.path !== undefined);
  const real = hasPaths ? { ...places, cwd: await places.canonical(places.cwd) } : places;
  const paths = hasPaths ? await pathsOf(args, line, places) : [];
  const parts: (LineCommand | undefined)[] = line === undefined || line.commands.length === 0 ? [undefined] : line.commands;
  let worst: Judged | undefined;
  for (const part of parts) {
    const about = { part, line, paths, places };
    const first = line?.isAnything === true ? undefined : part?.words[0];
    const program = first === undefined || first.isComputed ? undefined : programName(first.text);
    const rows = program === undefined ? of.all : (of.byProgram.get(program) ?? of.open);
    const judged = judgePart(
      rows,
      mode,
      (one) => matches(one, about) || (real.cwd !== places.cwd && matches(one, { ...about, places: real })),
    );
    if (worst === undefined || severity[judged.action] > severity[worst.action]) worst = judged;
  }
  return worst ?? { action: "allow", row: undefined, reason: `the permission mode ${mode}` };
}

function judgePart(rows: readonly ReadRow[], mode: PermissionMode, isMatch: (row: ReadRow) => boolean): Judged {
  let decided: PolicyRow | undefined;
  for (const one of rows) {
    if (decided !== undefined && severity[one.row.action] <= severity[decided.action]) continue;
    if (isMatch(one)) decided = one.row;
  }
  if (decided !== undefined) return { action: decided.action, row: decided, reason: nameOf(decided) };
  return { action: mode === "ask" ? "ask" : "allow", row: undefined, reason: `the permission mode ${mode}` };
}

interface CallPath {
  /** As written and resolved; absolute. Nothing: it may be any. */
  forms: readonly string[] | undefined;
  /** A pattern of file names. */
  isPattern: boolean;
}

interface About {
  part: LineCommand | undefined;
  line: ShellLine | undefined;
  paths: readonly CallPath[];
  places: Places;
}

function matches({ row, command }: ReadRow, { part, line, paths, places }: About): boolean {
  const isAllow = row.action === "allow";
  if (isAllow && (line?.isAnything === true || part?.isPlain === false)) return false;
  if (command !== undefined) {
    if (line === undefined) return false;
    if (isAllow) return part !== undefined && isExactly(command, part.words);
    if (!line.isAnything && (part === undefined || !mayBe(command, part.words))) return false;
  }
  if (row.path !== undefined) {
    if (!isAllow && line?.isAnything === true) return true;
    const { path } = row;
    // What a command does to files no path says.
    if (isAllow && line !== undefined && row.command === undefined) return false;
    if (isAllow)
      return paths.length > 0 && paths.every((one) => one.forms?.every((form) => isIn(path, form, false, places)) && !one.isPattern);
    return paths.some((one) => one.forms === undefined || one.forms.some((form) => isIn(path, form, true, places, one.isPattern)));
  }
  return true;
}

/** `reaches`: also what lies below what is named. */
function isIn(pattern: string, path: string, reaches: boolean, { cwd, homeDir }: Places, isPattern = false): boolean {
  const isName = !pattern.includes("/") && !pattern.startsWith("~");
  // What is meant of all that lies in a folder is meant of the folder, too, where it forbids.
  const whole = reaches ? pattern.replace(/(?<=.)\/(?:\*\*)?$/, "") : pattern;
  const glob = pathGlob(isName ? pattern : resolve(cwd, expandHome(whole, homeDir)));
  if (isPattern) return mayMeet(pattern, isName, path, { cwd, homeDir });
  for (let at = path; ; at = dirname(at)) {
    if (glob.test(isName ? basename(at) : at)) return true;
    if (!reaches || at === dirname(at)) return false;
    // A name alone is meant of files here, not of the folders above the working directory.
    if (isName && (at === cwd || !isInside(at, cwd))) return false;
  }
}

/** Whether a pattern of a shell's could name what a row's names: name by name. */
function mayMeet(pattern: string, isName: boolean, shellPattern: string, { cwd, homeDir }: Pick<Places, "cwd" | "homeDir">): boolean {
  const file = basename(shellPattern);
  if (isName) return /[*?]/.test(pattern) || couldName(file, pattern);
  const wanted = resolve(cwd, expandHome(pattern, homeDir)).split("/");
  for (const [at, segment] of shellPattern.split("/").entries()) {
    const other = wanted[at];
    if (other === undefined || other.includes("**")) return true;
    const meets = /[*?[]/.test(segment) ? /[*?]/.test(other) || couldName(segment, other) : pathGlob(other).test(segment);
    if (!meets) return false;
  }
  return true;
}

/**
 * Whether a shell's pattern could name it: `*` is anything, `?` and `[…]` one character each. Not by a RegExp, which tries each way to share a long
 * name among many stars. Hidden files are met only by a pattern that begins with the dot.
 */
function couldName(glob: string, name: string): boolean {
  if (/^[*?[]/.test(glob) && name.startsWith(".")) return false;
  const parts: readonly string[] = glob.match(/\[[^\]]*\]|[\s\S]/gu) ?? [];
  // What does not end may be anything.
  if (parts.includes("[")) return true;
  const letters = [...name];
  let part = 0;
  let star = -1;
  let afterStar = 0;
  for (let letter = 0; letter < letters.length; ) {
    const wanted = parts[part];
    if (wanted === "*") {
      star = part++;
      afterStar = letter;
    } else if (wanted === "?" || wanted === letters[letter] || (wanted?.startsWith("[") ?? false)) {
      part++;
      letter++;
    } else if (star >= 0) {
      part = star + 1;
      letter = ++afterStar;
    } else return false;
  }
  return parts.slice(part).every((one) => one === "*");
}

async function pathsOf(args: Record<string, unknown>, line: ShellLine | undefined, places: Places): Promise<CallPath[]> {
  if (line === undefined) {
    const named = Object.entries(args).flatMap(([name, value]) =>
      /(^|_)(path|file|dir|directory|filename)s?$|Path$/.test(name) ? [value].flat() : [],
    );
    const texts = named.filter((value) => typeof value === "string");
    // Without one, tools that look into folders look into this one.
    if (texts.length === 0) texts.push(".");
    return Promise.all(texts.map(async (text) => ({ forms: await formsOf(text, places.cwd, places), isPattern: false })));
  }
  const found: CallPath[] = [];
  for (const { word, isTarget, directories } of line.paths) {
    if (word === undefined) {
      found.push({ forms: undefined, isPattern: false });
      continue;
    }
    // The words of a command are judged in each folder that it may be in.
    let at = places.cwd;
    const bases = [at];
    for (const directory of directories) {
      at = resolve(at, expandHome(directory, places.homeDir));
      bases.push(at);
    }
    if (isTarget && word.text === "/dev/null") continue;
    for (const base of bases) found.push({ forms: await formsOf(word.text, base, places), isPattern: word.isPattern });
  }
  return found;
}

async function formsOf(text: string, base: string, { homeDir, canonical }: Places): Promise<string[]> {
  const written = resolve(base, expandHome(text, homeDir));
  return [...new Set([written, await canonical(written)])];
}
