// `pi sessions diff`: what a session, or one of its runs, has changed in files, as git shows it. Called through cli/commands/sessions.

import { relative } from "node:path";
import type { Command } from "commander";
import { PiError } from "../../../contracts/error.ts";
import { plainLine } from "../../../contracts/text/terminal-text.ts";
import { anyMode, type FileState, type StateStore } from "../../../journal/file-state.ts";
import { changesOf, type FileChange, missedIn, runsIn } from "../../../journal/journal.ts";
import type { Host } from "../../../platform/host.ts";
import { isInside } from "../../../platform/paths.ts";
import { renderDiff } from "../../../tools/shared/unified-diff.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { journalToRead, missedText, unseenText } from "./journal-of.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";

interface Flags extends PlaceFlags {
  stat?: boolean;
  run?: string;
}

export function define(command: Command, { host }: SubcommandContext): void {
  addPlaceOptions(command.argument("[ref]", "the session; else the last one of this directory"))
    .option("--stat", "only how many lines of which file, run by run")
    .option("--run <n>", "one run: the first that changed files is 1")
    .addHelpText("after", "\nChanges by commands are seen in git work trees. pi undo puts a run back.")
    .action((ref: string | undefined, flags: Flags) => diff(host, ref ?? "last", flags));
}

async function diff(host: Host, ref: string, flags: Flags): Promise<void> {
  const places = await sessionPlaces(host, flags);
  const journal = await journalToRead(await places.find(ref), host);
  const lines = journal.lines();
  const shownOf = (run?: string): FileChange[] => inFiles(changesOf(lines, run));
  const runs = runsIn(lines);
  const number = flags.run === undefined ? undefined : Number(flags.run);
  if (number !== undefined && runs[number - 1] === undefined)
    throw new PiError("usage.bad_value", `--run ${JSON.stringify(flags.run)} is none of the ${runs.length} runs that have changed files`, {
      hint: "pi sessions diff --stat shows them",
    });
  const name = (path: string): string => (isInside(path, places.cwd) ? relative(places.cwd, path) : path);
  if (flags.stat) {
    for (const [index, run] of runs.entries()) {
      if (number !== undefined && index !== number - 1) continue;
      await host.stdout.write(`run ${index + 1}\n`);
      for (const change of shownOf(run)) await host.stdout.write(`  ${statLine(change, journal.store, name)}\n`);
    }
  } else {
    const changes = shownOf(number === undefined ? undefined : runs[number - 1]);
    for (const change of changes.flatMap(steps)) await host.stdout.write(patchOf(change, journal.store, name));
  }
  await host.stderr.write(missedText(missedIn(lines, number === undefined ? undefined : runs[number - 1])));
  if (runs.length === 0) await host.stderr.write(`No run of this session has changed files.\n${unseenText(places.cwd)}`);
}

/** By name; a directory counts by the files in it. */
function inFiles(changes: readonly FileChange[]): FileChange[] {
  const asFile = (state: FileState): FileState => (state.kind === "directory" ? { kind: "absent" } : state);
  const files = changes.map((change) => ({ ...change, before: asFile(change.before), after: asFile(change.after) }));
  return files
    .filter(({ before, after }) => before.kind !== "absent" || after.kind !== "absent")
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

function statLine({ path, before, after }: FileChange, store: StateStore, name: (path: string) => string): string {
  const what = before.kind === "absent" ? "new" : after.kind === "absent" ? "deleted" : "changed";
  const texts = [textOf(before, store), textOf(after, store)];
  const shown = plainLine(name(path));
  if (texts.includes(undefined)) return `${what.padEnd(8)} ${shown}  binary`;
  const patch = renderChange(texts[0] ?? "", texts[1] ?? "");
  const count = (sign: string): number => patch.split("\n").filter((line, index) => index > 1 && line.startsWith(sign)).length;
  return `${what.padEnd(8)} ${shown}  +${count("+")} −${count("-")}`;
}

/** A link in the place of a file is another file: git has no patch that makes one the other. */
function steps(change: FileChange): FileChange[] {
  const kinds = [change.before.kind, change.after.kind];
  if (kinds[0] === kinds[1] || kinds.includes("absent")) return [change];
  return [
    { ...change, after: { kind: "absent" } },
    { ...change, before: { kind: "absent" } },
  ];
}

/** In the form of git, so that `git apply` takes it. */
function patchOf({ path, before, after }: FileChange, store: StateStore, nameOf: (path: string) => string): string {
  const name = nameOf(path).replace(/^\//, "");
  const [from, to] = [quoted(`a/${name}`), quoted(`b/${name}`)];
  const head = [`diff --git ${from} ${to}`];
  if (before.kind === "absent") head.push(`new file mode ${modeOf(after)}`);
  else if (after.kind === "absent") head.push(`deleted file mode ${modeOf(before)}`);
  else if (modeOf(before) !== modeOf(after)) head.push(`old mode ${modeOf(before)}`, `new mode ${modeOf(after)}`);
  const [old, now] = [textOf(before, store), textOf(after, store)];
  const ends = [before.kind === "absent" ? "/dev/null" : from, after.kind === "absent" ? "/dev/null" : to];
  if (old === undefined || now === undefined) return `${head.join("\n")}\nBinary files ${ends.join(" and ")} differ\n`;
  if (old === now) return `${head.join("\n")}\n`;
  const body = renderChange(old, now).split("\n").slice(2);
  if (body.length === 0) return `${head.join("\n")}\nThe change is too long to be shown\n`;
  return `${[...head, `--- ${ends[0]}`, `+++ ${ends[1]}`, ...body].join("\n")}`;
}

/** As git quotes a name: one with what moves a cursor or ends a line, byte by byte. */
function quoted(name: string): string {
  if (!/["\\]|\s$/.test(name) && plainLine(name) === name) return name;
  const bytes = [...Buffer.from(name)].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return `"${bytes.join("")}"`;
}

/** Two lines for the names, and what has changed. */
function renderChange(old: string, now: string): string {
  const ends = (text: string): boolean => text === "" || text.endsWith("\n");
  const oldLines = linesOf(old);
  const at = { line: (index: number) => oldLines[index]?.replace("\0", ""), endsWithNewline: ends(old), lineCount: oldLines.length };
  return renderDiff("", at, [{ at: 0, oldLines, newLines: linesOf(now) }], ends(now)).patch.replaceAll("\0", "");
}

/** A last line without an end is another one than the same with it: a NUL, which no text has, tells them apart. */
function linesOf(text: string): string[] {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  return last === "" ? lines : [...lines, `${last}\0`];
}

function modeOf(state: FileState): string {
  if (state.kind === "link") return "120000";
  return state.kind === "file" && state.mode !== anyMode && (state.mode & 0o100) !== 0 ? "100755" : "100644";
}

/** Nothing for what is no text, or was not kept. */
function textOf(state: FileState, store: StateStore): string | undefined {
  if (state.kind === "absent") return "";
  if (state.kind === "link") return state.target;
  const bytes = store.bytesOf(state);
  if (bytes === undefined || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
