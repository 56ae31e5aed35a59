// Sessions and entries as a shell offers them. Called by cli/complete.

import { defined } from "../../../contracts/defined.ts";
import { ageInWords, cutToWidth, plainLine } from "../../../contracts/text/terminal-text.ts";
import type { Host } from "../../../platform/host.ts";
import { filesOf, idsOf, type ListRequest, listSessions } from "../../../session/library/list-sessions.ts";
import { idShortener } from "../../../session/library/short-ids.ts";
import { labelsOf } from "../../../session/tree/tree.ts";
import { builtinToolViews } from "../../../tools/registry.ts";
import { entryLine } from "../../../transcript/text/entry-line.ts";
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

/** `last`, names that are one session's, and short ids, newest first: of this project, or of all where it has none. */
export async function sessionWords(host: Host, flags: Flags): Promise<CompletedWord[]> {
  const places = await sessionPlaces(host, givenOnly(flags));
  const own = wordsIn(places.scope(false), host);
  return own.length > 0 ? [{ word: "last", help: "the newest" }, ...own] : wordsIn(places.scope(true), host);
}

function wordsIn(request: ListRequest, host: Host): CompletedWord[] {
  const files = filesOf(request);
  const shorten = idShortener(idsOf(files));
  const found: { name: string | undefined; id: string; help: string }[] = [];
  for (const { id, name, firstPrompt, modifiedMs } of listSessions({ ...request, files })) {
    const about = plainLine(name ?? firstPrompt ?? "");
    found.push({ name, id: shorten(id), help: cutToWidth(`${ageInWords(modifiedMs, host.now())}: ${about}`, helpColumns) });
    if (found.length >= mostSessions) break;
  }
  const count = new Map<string, number>();
  for (const { name } of found) if (name !== undefined) count.set(name.toLowerCase(), (count.get(name.toLowerCase()) ?? 0) + 1);
  const canBeTyped = (name: string): boolean => /^[^-\p{C}]\P{C}*$/u.test(name) && name !== "last" && count.get(name.toLowerCase()) === 1;
  return found.flatMap(({ name, id, help }) => [
    ...(name !== undefined && canBeTyped(name) ? [{ word: name, help }] : []),
    { word: id, help },
  ]);
}

/** Labels, and what was said on the branch in use, newest first. */
export async function entryWords(host: Host, ref: string, flags: Flags): Promise<CompletedWord[]> {
  const places = await sessionPlaces(host, givenOnly(flags));
  const session = await openForReading(await places.find(ref), host);
  try {
    const labels = [...labelsOf(session.entries())].map(([id, { text }]) => ({ word: text, help: id }));
    const toolViews = builtinToolViews();
    const entries = session
      .branch()
      .reverse()
      .map((entry) => ({ id: entry.id, ...entryLine(entry, toolViews) }))
      .filter(({ isAside }) => !isAside)
      .slice(0, mostSessions);
    return [...labels, ...entries.map(({ id, who, text }) => ({ word: id, help: cutToWidth(`${who}: ${text}`, helpColumns) }))];
  } finally {
    session.close();
  }
}

function givenOnly({ cwd, sessionDir }: Flags): { cwd?: string; sessionDir?: string } {
  return { ...defined({ cwd, sessionDir }) };
}
