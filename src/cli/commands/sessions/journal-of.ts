// The journal of a session's changes, with what a killed process has left open settled. Called by diff and undo.

import { isTrustedItself } from "../../../config/trust.ts";
import { isPiError } from "../../../contracts/error.ts";
import { plainLine } from "../../../contracts/text/terminal-text.ts";
import { workTreeOf } from "../../../journal/git-directory.ts";
import { Journal, type MissedLine, pendingIn } from "../../../journal/journal.ts";
import { settlePending } from "../../../journal/settle.ts";
import type { Host } from "../../../platform/host.ts";
import { agentDirectory } from "../../../platform/paths.ts";
import { Session } from "../../../session/tree/session.ts";
import { withoutBusyOptions } from "./open-session.ts";

/** While `use` runs nobody else works in the session. Errors: `session.busy`. */
export async function withJournal<T>(path: string, host: Host, use: (journal: Journal) => Promise<T>): Promise<T> {
  const session = await Session.open(path, { clock: () => host.now(), onWarning: () => {} }).catch(withoutBusyOptions);
  try {
    const journal = new Journal(path);
    const agentDir = agentDirectory(host.env, host.homeDir, host.cwd);
    await settlePending(journal, { env: host.env, trusts: (root) => isTrustedItself(root, agentDir) });
    return await use(journal);
  } finally {
    session.close();
  }
}

/** To look at, also while somebody works in the session: then without what a command is just doing. */
export async function journalToRead(path: string, host: Host): Promise<Journal> {
  const journal = new Journal(path);
  if (pendingIn(journal.lines()).length === 0) return journal;
  return withJournal(path, host, async (settled) => settled).catch((error: unknown) => {
    if (isPiError(error)) return journal;
    throw error;
  });
}

/** A line, with its end, where not all is known. */
export function missedText(missed: MissedLine | undefined): string {
  return missed === undefined ? "" : `Not known is what commands changed in ${plainLine(missed.root)}: ${missed.why}.\n`;
}

/** A line, with its end, where changes by commands are not seen at all. */
export function unseenText(cwd: string): string {
  return workTreeOf(cwd) === undefined ? "What commands change is seen in git work trees only, and this is none.\n" : "";
}
