// From what was said about the session to the session: new, in memory, another file, a copy. Called by session-host.

import { dirname, resolve } from "node:path";
import { sessionStores } from "../../artifacts/session-stores.ts";
import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { isPiError, lineOf, PiError } from "../../contracts/error.ts";
import { echoed } from "../../contracts/text/echoed.ts";
import type { Host } from "../../platform/host.ts";
import { freePlace, isBlankFile } from "../../session/lines/file-place.ts";
import { isValidSessionId, sessionDirectory, sessionRoot } from "../../session/lines/locate.ts";
import { Session, type SessionContext, type SessionOptions } from "../../session/tree/session.ts";
import type { Launch } from "./launch.ts";
import type { RunOptions } from "./run-options.ts";

interface OpenDeps {
  host: Pick<Host, "now">;
  warn(line: string): void;
  /** Ends waiting for a session that another process writes; opening rejects with its reason. */
  signal?: AbortSignal;
}

/** Where this run's session files lie. */
export function sessionPlace(options: RunOptions, config: Config): { directory: string; override: string | undefined } {
  const override = config.values.sessionDir;
  return { directory: sessionDirectory({ cwd: options.cwd, agentDir: options.agentDir, override }), override };
}

/** How a session tells what befalls its file, and where pictures are that it only refers to. */
export function sessionWatch({ host, warn }: OpenDeps, { options, config }: Pick<Launch, "options" | "config">): SessionOptions {
  return {
    ...sessionStores(options.agentDir, sessionRoot(options.agentDir), () => config.values.session.blobs),
    clock: () => host.now(),
    onWarning: warn,
    onStorageLost: (error: PiError) => warn(lineOf(error)),
  };
}

/** The file that a user's word for a session means, there or not, and the directory the session was begun in. Errors: as of `resolveSessionRef`. */
export async function namedSession(ref: string, { cwd, agentDir, override, warn }: SessionPlace): Promise<{ path: string; cwd?: string }> {
  const { looksLikePath, resolveSessionRef, storedDirectory } = await import("../../session/library/list-sessions.ts");
  const directory = sessionDirectory({ cwd, agentDir, override });
  const root = override === undefined ? { root: sessionRoot(agentDir) } : {};
  const path = await resolveSessionRef(ref, { directory, cwd, ...root, ...(warn && { warn }) }).catch((error: unknown) => {
    // A path where there is nothing yet is where a session is wanted.
    if (isPiError(error) && error.code === "session.not_found" && looksLikePath(ref)) return resolve(cwd, ref);
    throw error;
  });
  const stored = storedDirectory(path);
  return { path, ...(stored !== undefined && { cwd: stored }) };
}

interface SessionPlace {
  cwd: string;
  agentDir: string;
  /** A directory that was given for session files. */
  override: string | undefined;
  /** Hears which of several sessions of one name was taken. */
  warn?(line: string): void;
}

export async function openSession({ options, config }: Pick<Launch, "options" | "config">, deps: OpenDeps): Promise<Session> {
  const { session: choice, cwd } = options;
  const { directory, override } = sessionPlace(options, config);
  const watch = sessionWatch(deps, { options, config });
  const open = (path: string): Promise<Session> => Session.open(path, { ...watch, onBusy: options.onBusy, signal: deps.signal, cwd });
  const find = async (ref: string): Promise<string> => {
    const { resolveSessionRef } = await import("../../session/library/list-sessions.ts");
    const root = override === undefined ? { root: sessionRoot(options.agentDir) } : {};
    return resolveSessionRef(ref, { directory, cwd, ...root, warn: deps.warn });
  };
  switch (choice.kind) {
    case "memory": {
      const id = choice.id === undefined ? undefined : validId(choice.id);
      return Session.create({ cwd, directory: undefined, ...defined({ id }) }, watch);
    }
    case "open": {
      const { path } = await namedSession(choice.ref, { cwd, agentDir: options.agentDir, override, warn: deps.warn });
      const free = freePlace(path);
      return free === undefined ? open(path) : Session.create({ cwd, directory: dirname(free), filePath: free }, watch);
    }
    case "continue": {
      const { mostRecentSession } = await import("../../session/library/list-sessions.ts");
      const path = await mostRecentSession({ directory, cwd });
      return path === undefined ? Session.create({ cwd, directory }, watch) : open(path);
    }
    case "named": {
      const id = validId(choice.id);
      const { openNamed } = await import("../../session/library/open-named.ts");
      return openNamed(id, { directory, cwd }, { ...watch, onBusy: options.onBusy, signal: deps.signal });
    }
    case "fork": {
      const source = await Session.open(await find(choice.ref), { ...watch, readOnly: true });
      try {
        if (choice.id === undefined) return source.fork({ directory, cwd });
        const { forkNamed } = await import("../../session/library/open-named.ts");
        return await forkNamed(source, validId(choice.id), { directory, cwd }, { signal: deps.signal });
      } finally {
        source.close();
      }
    }
    default:
      return Session.create({ cwd, directory }, { ...watch, defersLease: true });
  }
}

export interface ContinuedSession {
  path: string;
  context: SessionContext;
}

/** The session that a launch goes on with or copies, only looked at: it is neither held nor changed. Nothing where a new one would begin. */
export async function continuedSession(launch: Pick<Launch, "options" | "config">, deps: OpenDeps): Promise<ContinuedSession | undefined> {
  const path = await continuedPath(launch, deps);
  if (path === undefined || isBlankFile(path)) return undefined;
  const session = await Session.open(path, { ...sessionWatch(deps, launch), readOnly: true });
  try {
    return session.leafId === null ? undefined : { path, context: session.context() };
  } finally {
    session.close();
  }
}

async function continuedPath({ options, config }: Pick<Launch, "options" | "config">, { warn }: OpenDeps): Promise<string | undefined> {
  const { session: choice, cwd, agentDir } = options;
  if (choice.kind === "memory" || choice.kind === "new") return undefined;
  const { directory, override } = sessionPlace(options, config);
  const { mostRecentSession, sessionFilesWithId } = await import("../../session/library/list-sessions.ts");
  if (choice.kind === "continue") return mostRecentSession({ directory, cwd });
  if (choice.kind === "named") return sessionFilesWithId(choice.id, { directory }).find(({ header }) => header?.cwd === cwd)?.path;
  const { path } = await namedSession(choice.ref, { cwd, agentDir, override, warn });
  return freePlace(path) === undefined ? path : undefined;
}

function validId(id: string): string {
  if (isValidSessionId(id)) return id;
  const shown = echoed(id, 100);
  throw new PiError(
    "usage.bad_session_id",
    "Session id must be non-empty, contain only alphanumeric characters, '-', '_', and '.', and start and end with an alphanumeric character, and have at most 200 of them",
    { hint: `Got ${JSON.stringify(shown)}` },
  );
}
