// From what a user calls a session to its file. Called by the commands that read one.

import { loadConfig } from "../../../config/load-config.ts";
import type { Host } from "../../../platform/host.ts";
import { absolutePath, agentDirectory } from "../../../platform/paths.ts";
import { resolveSessionRef } from "../../../session/list-sessions.ts";
import { sessionDirectory, sessionRoot } from "../../../session/locate.ts";

/** `ref` is a path, an id or its beginning, a name or `last`. Errors: `session.not_found`, `usage.ambiguous_session`. */
export async function findSession(
  ref: string,
  host: Host,
  places: { cwd?: string; sessionDir?: string } = {},
): Promise<{ path: string; cwd: string }> {
  const cwd = places.cwd === undefined ? host.cwd : absolutePath(places.cwd, host.cwd, host.homeDir);
  const agentDir = agentDirectory(host.env, host.homeDir, cwd);
  const override =
    places.sessionDir === undefined
      ? (await loadConfig({ agentDir, cwd, homeDir: host.homeDir, env: host.env })).values.sessionDir
      : absolutePath(places.sessionDir, host.cwd, host.homeDir);
  const directory = sessionDirectory({ cwd, agentDir, override });
  const path = await resolveSessionRef(ref, { directory, cwd, ...(override === undefined && { root: sessionRoot(agentDir) }) });
  return { path, cwd };
}
