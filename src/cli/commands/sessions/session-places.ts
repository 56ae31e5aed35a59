// Where a command's sessions lie, from its options, the environment and the configuration. Called by the files beside it.

import type { Command } from "commander";
import { loadConfig } from "../../../config/load-config.ts";
import { PiError } from "../../../contracts/error.ts";
import { kindOfPath } from "../../../platform/files/path-kind.ts";
import type { Host } from "../../../platform/host.ts";
import { absolutePath, agentDirectory } from "../../../platform/paths.ts";
import { type ListRequest, type RefPlaces, resolveSessionRef } from "../../../session/library/list-sessions.ts";
import { sessionDirectory, sessionRoot } from "../../../session/lines/locate.ts";

export interface PlaceFlags {
  cwd?: string;
  sessionDir?: string;
}

export interface SessionPlaces {
  /** The project's directory. */
  cwd: string;
  agentDir: string;
  /** A directory that was given for session files. */
  override: string | undefined;
  /** Where sessions of a working directory are kept. */
  directoryFor(cwd: string): string;
  /** What a list of this project, or of all, looks at. */
  scope(isAll: boolean): ListRequest;
  /** Path of the session that is meant. */
  find(ref: string): Promise<string>;
}

export function addPlaceOptions(command: Command): Command {
  return command
    .option("--cwd <dir>", "as if started there")
    .option("--session-dir <dir>", "where the files lie; else PI_CODING_AGENT_SESSION_DIR, session_dir of the configuration");
}

export async function sessionPlaces(host: Host, flags: PlaceFlags): Promise<SessionPlaces> {
  const cwd = flags.cwd === undefined ? host.cwd : absolutePath(flags.cwd, host.cwd, host.homeDir);
  const agentDir = agentDirectory(host.env, host.homeDir, cwd);
  const override = await sessionDirOverride(host, flags, agentDir, cwd);
  const directoryFor = (of: string): string => sessionDirectory({ cwd: of, agentDir, override });
  const directory = directoryFor(cwd);
  // A project that is gone is known by its sessions.
  if (flags.cwd !== undefined && kindOfPath(directory) !== "directory") existingDirectory(flags.cwd, host);
  const warn = (line: string): void => void host.stderr.write(`Warning: ${line}\n`);
  const places: RefPlaces = { directory, cwd, warn, ...(override === undefined ? { root: sessionRoot(agentDir) } : {}) };
  return {
    cwd,
    agentDir,
    override,
    directoryFor,
    scope: (isAll) => {
      if (!isAll) return { directory, cwd };
      return override === undefined ? { directory: sessionRoot(agentDir), isRoot: true } : { directory };
    },
    find: (ref) => resolveSessionRef(ref, places),
  };
}

/** An absolute path of a directory that is there. @throws PiError `usage.bad_cwd` */
export function existingDirectory(text: string, host: Host): string {
  const path = absolutePath(text, host.cwd, host.homeDir);
  if (kindOfPath(path) === "directory") return path;
  throw new PiError("usage.bad_cwd", `--cwd ${path} is not a directory`, { hint: "Name one that exists" });
}

async function sessionDirOverride(host: Host, flags: PlaceFlags, agentDir: string, cwd: string): Promise<string | undefined> {
  if (flags.sessionDir !== undefined) return absolutePath(flags.sessionDir, host.cwd, host.homeDir);
  const config = await loadConfig({ agentDir, cwd, homeDir: host.homeDir, env: host.env });
  return config.values.sessionDir;
}
