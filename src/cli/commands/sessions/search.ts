// `pi sessions search`: grep over conversations. Called through cli/commands/sessions. Exit status as grep: 0 found, 1 nothing found, 2 a mistake.

import type { Command } from "commander";
import { plainText } from "../../../contracts/text/plain.ts";
import { cutToWidth, plainLine, type TextForm, textForm } from "../../../contracts/text/terminal-text.ts";
import type { Host } from "../../../platform/host.ts";
import { filesOf, idsOf, type SessionFile, sessionFiles } from "../../../session/library/list-sessions.ts";
import { parsePattern } from "../../../session/library/search-pattern.ts";
import { type SearchMatch, searchSession } from "../../../session/library/search-session.ts";
import { idShortener } from "../../../session/library/short-ids.ts";
import { searchedTexts } from "../../../transcript/searched-texts.ts";
import { RecordOutput, recordForm } from "../../record-output.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";
import { parseSince } from "./since.ts";

interface Flags extends PlaceFlags {
  all?: boolean;
  since?: string;
  ignoreCase?: boolean;
  fixedStrings?: boolean;
  sessionsWithMatches?: boolean;
  json?: boolean;
  jsonl?: boolean;
}

export function define(command: Command, { host, exit }: SubcommandContext): void {
  addPlaceOptions(command.argument("<text>", "a text, or a /regular expression/ with flags behind it"))
    .option("-a, --all", "in the sessions of every project")
    .option("--since <when>", "only in sessions changed since then: 7d, 12h, or a day such as 2026-11-01")
    .option("-i, --ignore-case", "upper and lower case are the same")
    .option("-F, --fixed-strings", "a text, even between slashes")
    .option("-l, --sessions-with-matches", "only the sessions, not the lines")
    .option("--json", "as one JSON array")
    .option("--jsonl", "as JSON lines")
    .addHelpText(
      "after",
      "\nA line is SESSION:ENTRY:WHO:LINE. Searched are prompts, answers, thinking, tool calls and their results, summaries, names and labels. Exit status: 0 found, 1 nothing found, 2 a mistake.",
    )
    .action(async (text: string, flags: Flags) => exit(await search(host, text, flags)));
}

async function search(host: Host, text: string, flags: Flags): Promise<number> {
  const pattern = parsePattern(text, { ignoreCase: flags.ignoreCase === true, isFixed: flags.fixedStrings === true });
  const sinceMs = flags.since === undefined ? undefined : parseSince(flags.since, host.now());
  const form = recordForm(flags);
  const scope = (await sessionPlaces(host, flags)).scope(flags.all === true);
  const files = filesOf(scope);
  const shorten = idShortener(idsOf(files));
  const output = new RecordOutput(host, form);
  const inText = textForm(host);
  for (const file of sessionFiles({ ...scope, files })) {
    if (sinceMs !== undefined && file.modifiedMs < sinceMs) break;
    if (file.header === undefined) continue;
    const { id } = file.header;
    for (const match of matchesOf(file, pattern, host)) {
      if (form !== "text") await output.add(JSON.stringify(described(match, file)));
      else if (flags.sessionsWithMatches) await output.add(inText.paint(plainLine(shorten(id)), "yellow"));
      else await output.add(matchLine(match, plainLine(shorten(id)), inText));
      if (host.stdout.isClosed || flags.sessionsWithMatches) break;
    }
    if (!(await output.turn())) break;
  }
  const status = output.count > 0 ? 0 : 1;
  return output.end(status);
}

/** A file that vanishes or cannot be read is told and passed over, as grep does. */
function* matchesOf(file: SessionFile, pattern: ReturnType<typeof parsePattern>, host: Host): Generator<SearchMatch> {
  try {
    yield* searchSession(file.path, pattern, searchedTexts);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    void host.stderr.write(`Warning: Session file ${file.path} cannot be read: ${code}\n`);
  }
}

function described({ entryId, role, where, timestamp, line, start, length }: SearchMatch, { path, header }: SessionFile): unknown {
  return {
    sessionId: header?.id,
    path,
    cwd: header?.cwd,
    entryId: entryId ?? null,
    role,
    where,
    timestamp: timestamp ?? null,
    line,
    start,
    length,
  };
}

function matchLine({ entryId, role, where, line, start, length }: SearchMatch, shortId: string, { paint, width }: TextForm): string {
  const who = where === "text" ? role : where;
  const place = `${shortId}:${entryId ?? "-"}:${who}:`;
  const room = width === undefined ? undefined : Math.max(20, width - place.length);
  const { before, found, after } = around(line, start, length, room);
  return `${paint(shortId, "yellow")}:${paint(entryId ?? "-", "green")}:${who}:${before}${paint(found, "red", "bold")}${after}`;
}

/** The line, or on a terminal as much of it around the match as there is room for. */
function around(line: string, start: number, length: number, room: number | undefined): { before: string; found: string; after: string } {
  const found = printable(line.slice(start, start + length));
  let before = printable(line.slice(0, start)).trimStart();
  let after = printable(line.slice(start + length)).trimEnd();
  if (room === undefined) return { before, found, after };
  const shownBefore = Math.max(Math.floor((room - found.length) / 3), room - found.length - after.length);
  if (before.length > shownBefore) before = shownBefore > 1 ? `…${before.slice(1 - shownBefore)}` : "";
  const shownFound = cutToWidth(found, room - before.length);
  after = cutToWidth(after, Math.max(0, room - before.length - shownFound.length));
  return { before, found: shownFound, after };
}

function printable(text: string): string {
  return plainText(text).replace(/[\t\n]/g, " ");
}
