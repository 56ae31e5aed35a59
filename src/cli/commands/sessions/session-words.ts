// Sessions and entries as a shell offers them. Called by cli/complete.

import type { Host } from "../../../platform/host.ts";
import { listSessions, sessionIds } from "../../../session/list-sessions.ts";
import { idShortener } from "../../../session/short-ids.ts";
import { labelsOf } from "../../../session/tree.ts";
import { ageInWords, cutToWidth, plainLine } from "../../terminal-text.ts";
import { entryLine } from "./entry-line.ts";
import { openForReading } from "./open-session.ts";
import { sessionPlaces } from "./session-places.ts";

export interface CompletedWord {
  word: string;
  help: string;
}

interface Flags {
  cwd: string | undefined;
  sessionDir: string | undefined;
}

/** More than a screen of them helps nobody. */
const mostSessions = 100;
const helpColumns = 60;

/** `last`, names that are one word, and short ids, newest first: of this project, or of all where it has none. */
export async function sessionWords(host: Host, flags: Flags): Promise<CompletedWord[]> {
  const places = await sessionPlaces(host, givenOnly(flags));
  const own = await wordsIn(places.scope(false), host);
  return own.length > 0 ? [{ word: "last", help: "the newest" }, ...own] : wordsIn(places.scope(true), host);
}

async function wordsIn(request: Parameters<typeof listSessions>[0], host: Host): Promise<CompletedWord[]> {
  const shorten = idShortener(sessionIds(request));
  const words: CompletedWord[] = [];
  for (const { id, name, firstPrompt, modifiedMs } of listSessions(request)) {
    const about = plainLine(name ?? firstPrompt ?? "");
    const help = cutToWidth(`${ageInWords(modifiedMs, host.now())}: ${about}`, helpColumns);
    if (name !== undefined && /^[\w.@%+-]+$/.test(name)) words.push({ word: name, help });
    words.push({ word: shorten(id), help });
    if (words.length >= mostSessions) break;
  }
  return words;
}

/** Labels, and what was said on the branch in use, newest first. */
export async function entryWords(host: Host, ref: string, flags: Flags): Promise<CompletedWord[]> {
  const places = await sessionPlaces(host, givenOnly(flags));
  const session = await openForReading(await places.find(ref), host);
  try {
    const labels = [...labelsOf(session.entries())].map(([id, { text }]) => ({ word: text, help: id }));
    const entries = session
      .branch()
      .reverse()
      .map((entry) => ({ id: entry.id, ...entryLine(entry) }))
      .filter(({ isAside }) => !isAside)
      .slice(0, mostSessions);
    return [...labels, ...entries.map(({ id, who, text }) => ({ word: id, help: cutToWidth(`${who}: ${text}`, helpColumns) }))];
  } finally {
    session.close();
  }
}

function givenOnly({ cwd, sessionDir }: Flags): { cwd?: string; sessionDir?: string } {
  return { ...(cwd === undefined ? {} : { cwd }), ...(sessionDir === undefined ? {} : { sessionDir }) };
}
