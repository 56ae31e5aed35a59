// Lists, removes and takes in stored sessions for whoever drives us. Called by commands.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { PiError } from "../../contracts/error.ts";
import { sessionNameOf } from "../../contracts/text/session-name.ts";
import { kindOfPath } from "../../platform/files/path-kind.ts";
import {
  findSession,
  type ListRequest,
  listSessions,
  type SessionSummary,
  sessionFiles,
  sessionSummary,
} from "../../session/library/list-sessions.ts";
import { sessionDirectory, sessionRoot } from "../../session/lines/locate.ts";
import type { ImportRequest } from "../../session/repair/repair-session.ts";
import { Session } from "../../session/tree/session.ts";
import type { Launch } from "../launch/launch.ts";
import { sessionPlace } from "../launch/open-session.ts";
import type { SessionHost } from "./session-host.ts";

/** The one changed last first. `all`: of every working directory. */
export async function storedSessions({ options, config }: Launch, how: { all: boolean; limit: number }): Promise<SessionSummary[]> {
  const { directory } = sessionPlace(options, config);
  const place = how.all ? allSessions({ options, config }) : { directory, cwd: options.cwd };
  const found: SessionSummary[] = [];
  if (how.limit === 0) return found;
  for (const summary of listSessions({ ...place, names: true })) if (found.push(summary) >= how.limit) break;
  return found;
}

function allSessions({ options, config }: Pick<Launch, "options" | "config">): ListRequest {
  const { directory, override } = sessionPlace(options, config);
  return override === undefined ? { directory: sessionRoot(options.agentDir), isRoot: true } : { directory };
}

export interface FoundSession {
  path: string;
  entryId: string | null;
  /** `text`, `thinking`, `tool call`, … */
  where: string;
  /** The line that holds it, cut around it. */
  line: string;
}

const excerptBefore = 30;
const excerptLength = 200;

/** The first match of each session that holds the text, upper and lower case alike; the one changed last first. Others have their turn between two files. */
export async function searchStored(
  { options, config }: Launch,
  { text, all, limit }: { text: string; all: boolean; limit: number },
): Promise<FoundSession[]> {
  const [{ parsePattern }, { searchSession }, { searchedTexts }] = await Promise.all([
    import("../../session/library/search-pattern.ts"),
    import("../../session/library/search-session.ts"),
    import("../../transcript/searched-texts.ts"),
  ]);
  const pattern = parsePattern(text, { ignoreCase: true, isFixed: true });
  const { directory } = sessionPlace(options, config);
  const found: FoundSession[] = [];
  for (const { path, header } of sessionFiles(all ? allSessions({ options, config }) : { directory, cwd: options.cwd })) {
    if (found.length >= limit) break;
    if (header === undefined) continue;
    await new Promise((resolve) => setImmediate(resolve));
    try {
      for (const { entryId = null, where, line, start } of searchSession(path, pattern, searchedTexts)) {
        const from = Math.max(0, start - excerptBefore);
        found.push({ path, entryId, where, line: line.slice(from, from + excerptLength).trim() });
        break;
      }
    } catch {
      // Gone or unreadable meanwhile: it holds nothing that could be opened.
    }
  }
  return found;
}

/**
 * Removes the file and its artifacts, those apart that a fork still reads; the session in force gives way to a new one. The path that was removed, if there was one.
 * @throws PiError `session.not_found`, `session.invalid`, `session.busy`: what is no session, or another process writes, is left alone.
 */
export async function deleteSession(sessions: SessionHost, sessionPath?: string): Promise<string | undefined> {
  const current = sessions.coding.session.filePath;
  const path = sessionPath === undefined ? current : resolve(sessions.launch.options.cwd, sessionPath);
  if (path === undefined || path === current) {
    await sessions.changes.newSession();
    if (path === undefined || !existsSync(path)) return undefined;
  }
  const { options, config } = sessions.launch;
  await removeStored(path, { agentDir: options.agentDir, override: sessionPlace(options, config).override });
  return path;
}

/** The same of one that is not in force. `override`: a directory of session files beside the usual ones, in which forks may lie. */
export async function removeStored(
  path: string,
  { agentDir, override }: { agentDir: string; override: string | undefined },
): Promise<void> {
  // Opening it proves that it is a session and that nobody else writes it.
  const session = await Session.open(path, { onBusy: "fail" });
  try {
    const { everywhere, removeSessionFiles } = await import("./remove-session.ts");
    removeSessionFiles(path, everywhere(agentDir, override));
  } finally {
    session.close();
  }
}

/** @throws PiError as `deleteSession`, and `usage.empty_name`. */
export async function renameStored(sessions: SessionHost, sessionPath: string, name: string): Promise<void> {
  const text = sessionNameOf(name);
  const { session, conversation } = sessions.coding;
  const path = resolve(sessions.launch.options.cwd, sessionPath);
  if (path === session.filePath) {
    conversation.setName(text);
    return;
  }
  const stored = await Session.open(path, { onBusy: "fail" });
  try {
    if (stored.name !== text) stored.append({ type: "session_info", name: text });
  } finally {
    stored.close();
  }
}

/**
 * Takes over a session file from elsewhere: a copy with its id and its working directory, where sessions lie. One whose directory is not on this machine
 * becomes a session of this one. @throws PiError `session.not_found`, those of `importSession`.
 */
export async function importStored(sessions: SessionHost, givenPath: string): Promise<{ path: string; changes: string[] }> {
  const { options, config } = sessions.launch;
  const source = resolve(options.cwd, givenPath);
  if (!existsSync(source)) throw new PiError("session.not_found", `Session file not found: ${source}`, { hint: "Name a .jsonl file" });
  const [{ importSession }, { BroughtAlong }] = await Promise.all([
    import("../../session/repair/repair-session.ts"),
    import("./brought-along.ts"),
  ]);
  const stores = new BroughtAlong(options.agentDir);
  const { override } = sessionPlace(options, config);
  const home = sessionSummary(source)?.cwd;
  const keepsProject = home !== undefined && kindOfPath(home) === "directory";
  let there: string | undefined;
  const request: ImportRequest = {
    cwd: options.cwd,
    directoryFor: (cwd) => sessionDirectory({ cwd, agentDir: options.agentDir, override }),
    keepsProject,
    bring: ({ path, lines }) => stores.bring(source, path, lines),
  };
  const imported = importSession(source, request, (id, directory) => {
    there = findSession(id, { directory });
    return there !== undefined;
  });
  if (imported === undefined) return { path: there ?? source, changes: ["it was here already"] };
  const moved = keepsProject || !home ? [] : [`it was made in ${home}, which is not here: it is one of ${options.cwd} now`];
  return { path: imported.path, changes: [...imported.changes, ...stores.told(), ...moved] };
}
