// Opens the session and finds the entry that a command's arguments mean. Called by the files beside it.

import { statSync, utimesSync } from "node:fs";
import { sessionStores } from "../../../artifacts/session-stores.ts";
import { isPiError, PiError } from "../../../contracts/error.ts";
import { learnSecrets } from "../../../harness/models/known-secrets.ts";
import type { Host } from "../../../platform/host.ts";
import { agentDirectory } from "../../../platform/paths.ts";
import { unwritable } from "../../../session/lines/file-errors.ts";
import { sessionRoot } from "../../../session/lines/locate.ts";
import { Session, type SessionOptions } from "../../../session/tree/session.ts";
import { labelsOf } from "../../../session/tree/tree.ts";

/** Never writes and never waits; damages are told on stderr. */
export function openForReading(path: string, host: Host): Promise<Session> {
  // What is stored may be older than our keeping them out of it.
  learnSecrets(host);
  return Session.open(path, { readOnly: true, ...watchOf(host) });
}

function watchOf(host: Host): SessionOptions {
  const agentDir = agentDirectory(host.env, host.homeDir, host.cwd);
  return {
    // A label or a name has no picture.
    ...sessionStores(agentDir, sessionRoot(agentDir), () => false),
    clock: () => host.now(),
    onWarning: (text) => void host.stderr.write(`Warning: ${text}\n`),
  };
}

/**
 * Lets `change` append to a session that nobody else writes. The file keeps its date: a name or a label is no work on the session, and
 * must not make it the one that `-c` goes on with. Errors: `session.busy`, those of storing.
 */
export async function changeSession(path: string, host: Host, change: (session: Session) => void): Promise<void> {
  const session = await Session.open(path, watchOf(host)).catch(withoutBusyOptions);
  try {
    const { atime, mtime } = statSync(path);
    change(session);
    if (session.storageLost !== undefined) throw unwritable(path, session.storageLost.cause);
    utimesSync(path, atime, mtime);
  } finally {
    session.close();
  }
}

/** For a command that has no --on-busy. */
export function withoutBusyOptions(error: unknown): never {
  if (!isPiError(error) || error.code !== "session.busy") throw error;
  throw new PiError(error.code, error.message, { hint: "Try again when it has ended.", cause: error });
}

/** Id of the entry meant by an id, an unambiguous prefix of one, or a label. Errors: `session.entry_not_found`, `usage.ambiguous_entry`. */
export function findEntry(session: Session, ref: string): string {
  if (session.entry(ref) !== undefined) return ref;
  const rows = session.survey(() => (entry) => ({ id: entry.id, label: entry.type === "label" ? entry : undefined }));
  const ids = rows.map(({ taken }) => taken.id);
  const labelled = [...labelsOf(rows.map(({ taken }) => taken.label))].filter(([, label]) => label.text === ref).map(([id]) => id);
  const matches = labelled.length > 0 ? labelled : ids.filter((id) => ref !== "" && id.startsWith(ref));
  const [first, ...others] = matches;
  if (first === undefined) {
    throw new PiError("session.entry_not_found", `No entry found matching '${ref}' in session ${session.id}`, {
      hint: `\`pi sessions show ${session.id} --tree\` shows them.`,
      exitStatus: 2,
    });
  }
  if (others.length > 0) {
    throw new PiError("usage.ambiguous_entry", `Entry '${ref}' is ambiguous: ${matches.length} entries match`, {
      hint: `Candidates: ${matches.slice(0, 10).join(", ")}${matches.length > 10 ? ` and ${matches.length - 10} more` : ""}`,
    });
  }
  return first;
}
