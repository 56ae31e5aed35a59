// Which session of ours a run of a host goes on with, and where it lies. Called by pi-runtime. Invariant: what a host says is an id, never a path;
// one that is not there is no failure, the run begins afresh.

import { join } from "node:path";
import type { SessionChoice } from "../../harness/launch/run-options.ts";
import { isValidSessionId, sessionDirectory, sessionRoot } from "../../session/lines/locate.ts";
import { groupDirectory, requireRealDirectory } from "../sessions/group-folder.ts";

export interface PiPlace {
  session: SessionChoice;
  /** Where its file lies; absent: where sessions always lie. */
  sessionDir?: string;
  isPresent: boolean;
}

interface Asked {
  workspaceDir: string;
  sessionKey: string;
  sessionId?: string | undefined;
  isFresh?: boolean | undefined;
}

interface Where {
  agentDir: string;
  dataDir?: string | undefined;
  /** Of the configuration. */
  sessionDir?: string | undefined;
}

/** Rejects with `usage.group`. */
export async function piPlace(
  { workspaceDir, sessionKey, sessionId, isFresh }: Asked,
  { agentDir, dataDir, sessionDir }: Where,
): Promise<PiPlace> {
  const own = dataDir === undefined ? sessionDir : join(groupDirectory(join(dataDir, "sessions"), sessionKey), ".pi");
  if (dataDir !== undefined && own !== undefined) requireRealDirectory(own, sessionKey);
  const found = { ...(own !== undefined && { sessionDir: own }) };
  const fresh: PiPlace = { session: { kind: "new" }, isPresent: false, ...found };
  if (sessionId === undefined || isFresh === true || !isValidSessionId(sessionId)) return fresh;
  const { sessionFilesWithId } = await import("../../session/library/list-sessions.ts");
  const inOwn = sessionFilesWithId(sessionId, { directory: own ?? sessionDirectory({ cwd: workspaceDir, agentDir }) });
  const [file] =
    inOwn.length > 0 || own !== undefined ? inOwn : sessionFilesWithId(sessionId, { directory: sessionRoot(agentDir), isRoot: true });
  return file === undefined ? fresh : { session: { kind: "open", ref: file.path }, isPresent: true, ...found };
}
