// What can be wrong with the file of a session, each with its sentence. Called by everything in this folder that opens or writes one.

import { readdirSync, statSync } from "node:fs";
import { messageOf, PiError } from "../../contracts/error.ts";
import { type SessionHeader, sessionVersion } from "../../contracts/session-entry.ts";

/** Errors: `session.invalid` for what is no file: a pipe would be waited for, and a device read, for ever. Nothing is opened. */
export function requireRegularFile(path: string): void {
  let kind: string | undefined;
  try {
    const info = statSync(path);
    if (info.isFile()) return;
    kind = info.isDirectory() ? "a directory" : info.isFIFO() ? "a pipe" : info.isSocket() ? "a socket" : "a device";
  } catch (error) {
    throw unreadable(path, error);
  }
  throw notASession(path, `It is ${kind}.`);
}

export function notASession(path: string, hint = "If it was one, `pi sessions repair` saves what can be read of it."): PiError {
  return new PiError("session.invalid", `Session file is not a valid pi session: ${path}`, { hint, exitStatus: 2 });
}

/** Errors: `session.version`. What a newer version means is not known here: neither the file is written, nor a copy that would claim to be of ours. */
export function requireKnownVersion(path: string, { version = 1 }: Pick<SessionHeader, "version">, hint = "Update pi."): void {
  const said = `Session file ${path} has version ${version}; this program writes version ${sessionVersion}`;
  if (version > sessionVersion) throw new PiError("session.version", said, { hint });
}

function sessionNotFound(path: string): PiError {
  return new PiError("session.not_found", `Session file not found: ${path}`, { exitStatus: 2 });
}

/** Of an error of reading or opening; a PiError is passed on. */
export function unreadable(path: string, cause: unknown): PiError {
  if (cause instanceof PiError) return cause;
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return sessionNotFound(path);
  // A name that can be none is the user's to mend.
  const isBadName = code === "ENOTDIR" || code === "ELOOP" || code === "ENAMETOOLONG";
  return new PiError("session.unreadable", `Session file ${path} cannot be read: ${storageReason(cause)}`, {
    cause,
    ...(isBadName && { hint: "Name another path", exitStatus: 2 }),
  });
}

/** Errors: `session.unreadable` for a directory that is there and cannot be read. */
export function requireReadable(directory: string): void {
  try {
    readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    const reason = codeOf(error) === "ENOTDIR" ? "it is no directory" : storageReason(error);
    throw new PiError("session.unreadable", `Session directory ${directory} cannot be read: ${reason}`, { cause: error });
  }
}

/** Of a command that had to write, and wrote nothing. */
export function unwritable(path: string, cause: unknown): PiError {
  return new PiError("session.unwritable", `Session file ${path} cannot be written: ${storageReason(cause)}`, {
    cause,
    hint: "Nothing was changed.",
  });
}

/**
 * Of a run that goes on without its session being kept. `session.unsaved`: nothing could be stored from the start;
 * `session.storage_lost`: something the user counts on is missing in the file, or the disk is at fault.
 */
export function storageLoss(path: string, cause: unknown, hasWritten: boolean): PiError {
  const code = codeOf(cause);
  const isDisk = code === "ENOSPC" || code === "EDQUOT" || code === "EIO";
  return new PiError(
    hasWritten || isDisk ? "session.storage_lost" : "session.unsaved",
    `The session cannot be saved to ${path}: ${storageReason(cause)}`,
    { cause, hint: "The run goes on; what is not saved is only in its output." },
  );
}

export function storageReason(cause: unknown): string {
  switch (codeOf(cause)) {
    case "ENOSPC":
      return "the disk is full";
    case "EDQUOT":
      return "the disk quota is used up";
    case "EFBIG":
      return "it is as long as a file may be";
    case "EIO":
      return "the disk reports an error";
    case "EROFS":
      return "the file system is read-only";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOENT":
      return "its directory is gone";
    case "ENOTDIR":
      return "a part of its path is no directory";
    case "EISDIR":
      return "it is a directory";
    case "ELOOP":
      return "its name is a circle of links";
    case "ENAMETOOLONG":
      return "its name is too long";
    default:
      return messageOf(cause);
  }
}

function codeOf(cause: unknown): string {
  return String((cause as NodeJS.ErrnoException).code ?? "");
}
