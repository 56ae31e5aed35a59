// Lists and removes stored sessions for a program that drives us. Called by RPC mode.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { PiError } from "../../contracts/error.ts";
import { type ListRequest, listSessions, type SessionSummary } from "../../session/library/list-sessions.ts";
import { sessionRoot } from "../../session/lines/locate.ts";
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
  // Opening it proves that it is a session and that nobody else writes it.
  const session = await Session.open(path, { onBusy: "fail" });
  try {
    const { everywhere, removeSessionFiles } = await import("./remove-session.ts");
    const { options, config } = sessions.launch;
    removeSessionFiles(path, everywhere(options.agentDir, sessionPlace(options, config).override));
  } finally {
    session.close();
  }
  return path;
}

/** @throws PiError as `deleteSession`, and `usage.empty_name`. */
export async function renameStored(sessions: SessionHost, sessionPath: string, name: string): Promise<void> {
  const text = name.trim();
  if (text === "") throw new PiError("usage.empty_name", "Session name cannot be empty");
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
