// Where sessions lie and what their files are called. Pure; called by the harness, the listing and session.

import { basename, join } from "node:path";
import type { SessionHeader } from "../../contracts/session-entry.ts";

/** Where sessions lie that no directory was given for. */
export function sessionRoot(agentDir: string): string {
  return join(agentDir, "sessions");
}

/** `--home-me-project--` for `/home/me/project`. */
export function projectFolderName(cwd: string): string {
  const path = cwd.startsWith("/") || cwd.startsWith("\\") ? cwd.slice(1) : cwd;
  return `--${path.replaceAll("/", "-").replaceAll("\\", "-").replaceAll(":", "-")}--`;
}

/** A directory that was given (`--session-dir`, environment, configuration; absolute) holds its files directly; the default root by project. */
export function sessionDirectory(where: { cwd: string; agentDir: string; override?: string | undefined }): string {
  return where.override ? where.override : join(sessionRoot(where.agentDir), projectFolderName(where.cwd));
}

export function sessionFileName(header: Pick<SessionHeader, "id" | "timestamp">): string {
  return `${header.timestamp.replaceAll(":", "-").replaceAll(".", "-")}_${header.id}.jsonl`;
}

/** What a file's name says of the session's id: the part behind the first `_`. */
export function idInFileName(path: string): string | undefined {
  return /^[^_]+_(.+)\.jsonl$/.exec(basename(path))?.[1];
}

/** With its time and ending a file's name has room for so many. */
const longestId = 200;

/** Letters, digits, `.`, `_` and `-`; the first and the last are letters or digits. */
export function isValidSessionId(id: string): boolean {
  return id.length <= longestId && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(id);
}
