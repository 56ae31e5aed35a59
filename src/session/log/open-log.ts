// From a path to a log that may be written: lease, version, migration. Called by session.

import { chmodSync } from "node:fs";
import { isPiError, PiError } from "../../contracts/error.ts";
import { type SessionHeader, sessionVersion } from "../../contracts/session-entry.ts";
import { AppendFile } from "../../platform/files/append-file.ts";
import { acquireLease, holderOf, type Lease, type LeaseOutcome } from "../../platform/locks/lease.ts";
import { requireKnownVersion, requireRegularFile, storageReason, unreadable } from "../lines/file-errors.ts";
import { isBlankFile } from "../lines/file-place.ts";
import { withTexts } from "../lines/line-codec.ts";
import { FileLog, type FileLogOptions } from "./file-log.ts";
import { MemoryLog } from "./memory-log.ts";
import { migratedEntries, migrateFile } from "./migrate.ts";
import type { SessionLog } from "./session-log.ts";

export interface OpenLogOptions extends FileLogOptions {
  onBusy: "fail" | "wait" | "fork";
  readOnly: boolean;
  signal?: AbortSignal | undefined;
  /** For a blank file, which becomes a session with its first message; without it a blank file is refused. */
  newHeader?: (() => SessionHeader) | undefined;
}

export interface OpenedLog {
  log: SessionLog;
  lease: Lease | undefined;
  /** Another process writes the session; the log is open for reading. Only with `onBusy: "fork"`. */
  isBusy: boolean;
}

/** Errors: `session.not_found`, `session.invalid`, `session.version`, `session.busy`, `session.unreadable`. */
export async function openLog(path: string, options: OpenLogOptions): Promise<OpenedLog> {
  requireRegularFile(path);
  if (options.readOnly) return { log: openForReading(path, options), lease: undefined, isBusy: false };
  const lease = await takeLease(path, options);
  if (lease === "busy") return { log: openForReading(path, options), lease: undefined, isBusy: true };
  try {
    return await openForWriting(path, options, lease);
  } catch (error) {
    lease?.release();
    throw error;
  }
}

async function openForWriting(path: string, options: OpenLogOptions, lease: Lease | undefined): Promise<OpenedLog> {
  const { file, refusal } = openFile(path);
  if (refusal === undefined && options.newHeader !== undefined && isBlankFile(path)) {
    if (file.size > 0) file.cut(0);
    file.close();
    makePrivate(path);
    return { log: FileLog.create(path, options.newHeader(), options), lease, isBusy: false };
  }
  const log = FileLog.load(file, refusal === undefined ? "append" : { refusal: storageReason(refusal) }, options);
  const version = log.header.version ?? 1;
  if (version === sessionVersion) return { log, lease, isBusy: false };
  log.close();
  requireKnownVersion(path, { version }, "Update pi, or look at it with `pi sessions show`.");
  if (refusal !== undefined) return { log: oldVersion(path, refusal, options), lease, isBusy: false };
  try {
    migrateFile(path);
  } catch (error) {
    // An old conversation can be gone on with all the same; only it cannot be kept.
    if (!isPiError(error) || error.code !== "session.unwritable") throw error;
    return { log: oldVersion(path, error.cause, options), lease, isBusy: false };
  }
  // The file is another one now, and so is its lease.
  lease?.release();
  return openLog(path, options);
}

/** Made by somebody else for a conversation that may hold secrets. */
function makePrivate(path: string): void {
  try {
    chmodSync(path, 0o600);
  } catch {
    // Another user's file: its owner says who may read it.
  }
}

/** A log that is never written: old versions are brought up to date in memory only. */
function openForReading(path: string, options: FileLogOptions): SessionLog {
  const refusal = "it is open for reading only";
  const log = FileLog.load(openForAccess(path, "read"), { refusal }, options);
  if ((log.header.version ?? 1) >= sessionVersion) return log;
  log.close();
  return oldVersion(path, new PiError("session.read_only", refusal), options);
}

/** `cause`: why its file is not brought up to date. */
function oldVersion(path: string, cause: unknown, { onStorageLost }: FileLogOptions): SessionLog {
  const { header, entries, lines } = migratedEntries(path);
  return new MemoryLog(withTexts(header), entries, { path, lines, cause, onStorageLost });
}

async function takeLease(path: string, options: OpenLogOptions): Promise<Lease | "busy" | undefined> {
  let outcome = await leaseOn(path, "fail", options);
  if (outcome === "busy" && options.onBusy === "wait") {
    // Whoever waits for something that may take hours should know for what.
    options.onWarning?.(`Waiting for ${holderOf(path)} to let go of session file ${path}`);
    outcome = await leaseOn(path, "wait", options);
  }
  if (outcome === "unsupported") return undefined;
  if (outcome !== "busy" || options.onBusy === "fork") return outcome;
  throw new PiError("session.busy", `Session file ${path} is in use by ${holderOf(path)}`, {
    hint: "Use --on-busy wait to wait for it, or --on-busy fork to go on in a copy.",
  });
}

async function leaseOn(path: string, how: "fail" | "wait", { signal }: OpenLogOptions): Promise<LeaseOutcome> {
  try {
    return await acquireLease(path, how, signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw unreadable(path, error);
  }
}

/** Where the file may not be written, reading it is still worth something: the run goes on unsaved, for the reason given. */
function openFile(path: string): { file: AppendFile; refusal: unknown } {
  try {
    return { file: AppendFile.open(path, "append"), refusal: undefined };
  } catch (error) {
    if (!["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "")) throw unreadable(path, error);
    return { file: openForAccess(path, "read"), refusal: error };
  }
}

function openForAccess(path: string, access: "append" | "read"): AppendFile {
  try {
    return AppendFile.open(path, access);
  } catch (error) {
    throw unreadable(path, error);
  }
}
