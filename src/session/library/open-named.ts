// The session of an id that somebody chose (`--session-id`): the one that is there, or a new one. Called by the harness.
// Invariant: of however many that begin one id at once, one makes the file and has it; the others find it, and it is busy.

import { join } from "node:path";
import { isPiError, PiError } from "../../contracts/error.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { AppendFile } from "../../platform/files/append-file.ts";
import { claim } from "../../platform/locks/claim.ts";
import { isBlankFile } from "../lines/file-place.ts";
import { sessionFileName } from "../lines/locate.ts";
import { type OpenOptions, Session } from "../tree/session.ts";
import { ambiguousId, type SessionFile, sessionFilesWithId } from "./list-sessions.ts";

/** The holder of a name lets go of it in a moment, so this many is for ever. */
const maxAttempts = 50;

/** Errors: those of `Session.open`, and `usage.ambiguous_session` where several files have the id. */
export async function openNamed(id: string, where: { directory: string; cwd: string }, options: OpenOptions): Promise<Session> {
  for (let attempt = 1; ; attempt++) {
    try {
      const path = pathOf(id, where) ?? (await beginFile(id, where, options));
      if (path === undefined) return Session.create({ ...where, id }, options);
      if (options.onBusy === "fork" && isBlankFile(path)) return await openOrBegin(path, id, where, options);
      return await Session.open(path, { ...options, cwd: where.cwd, id, removesUnused: true });
    } catch (error) {
      // Whoever had it has ended without a word and taken the file along.
      if (attempt === maxAttempts || !isGone(error)) throw error;
    }
  }
}

/** Of a session in which nothing has been said yet there is nothing to copy: a fork of it is a new one. */
async function openOrBegin(path: string, id: string, where: { directory: string; cwd: string }, options: OpenOptions): Promise<Session> {
  try {
    return await Session.open(path, { ...options, onBusy: "fail", cwd: where.cwd, id, removesUnused: true });
  } catch (error) {
    if (!isPiError(error) || error.code !== "session.busy") throw error;
    return isBlankFile(path) ? Session.create(where, options) : Session.open(path, options);
  }
}

function pathOf(id: string, { directory, cwd }: { directory: string; cwd: string }): string | undefined {
  const found = sessionFilesWithId(id, { directory }).filter((file) => isOf(file, cwd));
  if (found.length > 1) throw ambiguousId(id, found);
  return found[0]?.path;
}

/** A copy under an id that nobody has yet. Rejects with `usage.session_exists`; of however many that make it at once, one does. */
export async function forkNamed(
  source: Session,
  id: string,
  where: { directory: string; cwd: string },
  options: Pick<OpenOptions, "signal">,
): Promise<Session> {
  const lease = await claim(claimOf(id, where.directory), { signal: options.signal });
  try {
    const found = lease === undefined ? undefined : pathOf(id, where);
    if (found !== undefined)
      throw new PiError("usage.session_exists", `There is a session ${id} already: ${found}`, {
        hint: `Go on with it with --session-id ${id}, or give the copy another id`,
      });
    return source.fork({ ...where, id });
  } finally {
    lease?.release();
  }
}

function claimOf(id: string, directory: string): string {
  return join(directory, `.${id}.claim`);
}

/** One that is empty still may become anybody's, and of one that is damaged at the start opening says so: there is no second one. */
function isOf({ header }: SessionFile, cwd: string): boolean {
  return header === undefined || header.cwd === cwd;
}

/** The path of an empty file of this id, made by us or by who was faster; nothing where none can be made. */
async function beginFile(id: string, where: { directory: string; cwd: string }, options: OpenOptions): Promise<string | undefined> {
  const lease = await claim(claimOf(id, where.directory), { signal: options.signal });
  if (lease === undefined) return undefined;
  try {
    const found = pathOf(id, where);
    if (found !== undefined) return found;
    const timestamp = isoTime((options.clock ?? Date.now)());
    const path = join(where.directory, sessionFileName({ id, timestamp }));
    AppendFile.create(path, "must be there").close();
    return path;
  } catch (error) {
    if (isPiError(error)) throw error;
    return undefined;
  } finally {
    lease.release();
  }
}

function isGone(error: unknown): boolean {
  const cause = isPiError(error) ? error.cause : error;
  return (isPiError(error) && error.code === "session.not_found") || (cause as { code?: unknown } | undefined)?.code === "ENOENT";
}
