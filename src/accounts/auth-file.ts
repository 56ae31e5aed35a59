// auth.json in the agent directory, shared with the npm agent: what is stored of each account. Read by the credential sources, changed by
// sign-in, sign-out and refresh. Invariants: providers and fields we do not know survive every write; a damaged file is never written over;
// the file and its directory are the user's alone (0600, 0700).

import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { PiError } from "../contracts/error.ts";
import { isLiteral } from "../contracts/text/secret-text.ts";
import { readBoundedText } from "../platform/files/bounded-file.ts";
import { makeDirectory } from "../platform/files/make-directory.ts";
import { ownUserId } from "../platform/files/user-id.ts";
import { liveSecrets } from "../platform/secrets.ts";

/** A key as it was written: a literal, `$VARIABLE`, or `!command`. */
export interface StoredKey {
  type: "api_key";
  key?: string;
  /** Variables that the key's text may name. */
  env?: Record<string, string>;
}

/** A sign-in. `expires` is Unix ms, with the margin of its flow taken off already. Flows keep fields of their own beside these. */
export interface StoredToken {
  type: "oauth";
  access: string;
  refresh: string;
  expires: number;
  [field: string]: unknown;
}

export type StoredAccounts = Record<string, unknown>;

/** The npm agent writes in place: a reader that meets half a file looks again for so long. */
const settleMs = 1000;
const lookAgainMs = 20;

export function authFilePath(agentDir: string): string {
  return join(agentDir, "auth.json");
}

/** `undefined`: there is none. `isLocked`: nobody can be writing it. @throws PiError `auth.damaged_file`, `auth.unreadable_file`. */
export function readAuthFile(path: string, { isLocked = false } = {}): StoredAccounts | undefined {
  const untilMs = isLocked ? 0 : Date.now() + settleMs;
  for (;;) {
    const found = readBoundedText(path);
    if (found === undefined) return undefined;
    if ("leftOut" in found)
      throw new PiError("auth.unreadable_file", `${path} cannot be used: ${found.why}`, { hint: "It must be a file of yours (0600)." });
    const accounts = parseAccounts(found.text);
    if (accounts !== undefined) {
      learnSecrets(accounts);
      return accounts;
    }
    // Only while somebody may be writing: a file that is simply damaged is told at once.
    if (Date.now() >= untilMs || statSync(`${path}.lock`, { throwIfNoEntry: false }) === undefined) throw damaged(path);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookAgainMs);
  }
}

export function isStoredToken(entry: unknown): entry is StoredToken {
  const token = entry as Partial<StoredToken> | null | undefined;
  return (
    token?.type === "oauth" && typeof token.access === "string" && typeof token.refresh === "string" && typeof token.expires === "number"
  );
}

/** The provider of an account: `openai#work` is another account at `openai`. */
export function providerOfAccount(accountId: string): string {
  return accountId.split("#", 1)[0] ?? accountId;
}

/**
 * Changes the file under its lock: `change` gets what is stored now and gives what is to be stored; nothing: it stays as it is. What `change`
 * waits for happens under the lock too. Rejects with `auth.damaged_file`, `auth.lock_busy`, `auth.lock_lost`, `auth.foreign_directory`.
 */
export async function changeAuthFile(
  path: string,
  change: (accounts: StoredAccounts) => Promise<StoredAccounts | undefined> | StoredAccounts | undefined,
  signal?: AbortSignal,
): Promise<void> {
  makeDirectory(dirname(path), 0o700);
  const target = realPath(path);
  requireOwnDirectory(dirname(target));
  const { withSharedLock } = await import("../platform/locks/shared-lock.ts");
  await withSharedLock(target, { area: "auth", signal }, async (lock) => {
    const changed = await change(readAuthFile(target, { isLocked: true }) ?? noAccounts());
    if (changed === undefined) return;
    lock.requireHeld();
    writeWhole(target, `${JSON.stringify(changed, null, 2)}\n`);
  });
}

/** Also of accounts that this run does not use: commands can read the file. */
function learnSecrets(accounts: StoredAccounts): void {
  for (const account of Object.values(accounts)) {
    const { key, access, refresh } = (account ?? {}) as Record<string, unknown>;
    if (typeof key === "string" && isLiteral(key)) liveSecrets.add(key);
    for (const token of [access, refresh]) if (typeof token === "string") liveSecrets.add(token);
  }
}

/** Whatever an account is called, it is not there until it is stored. */
function noAccounts(): StoredAccounts {
  return Object.create(null) as StoredAccounts;
}

function parseAccounts(text: string): StoredAccounts | undefined {
  try {
    const json: unknown = JSON.parse(text.replace(/^\uFEFF/, "").trim() || "{}");
    if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
    return Object.assign(noAccounts(), json);
  } catch {
    return undefined;
  }
}

/** Of a file that a link names, where it lies. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return join(realpathSync(dirname(path)), basename(path));
  }
}

function requireOwnDirectory(directory: string): void {
  const us = ownUserId();
  if (us === undefined || us === 0 || statSync(directory).uid === us) return;
  throw new PiError("auth.foreign_directory", `${directory} belongs to another user, so no credential is stored there`, {
    hint: "Set PI_CODING_AGENT_DIR to a directory of yours.",
  });
}

function writeWhole(path: string, text: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID().slice(0, 8)}`);
  try {
    const descriptor = openSync(temporary, "wx", 0o600);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new PiError("auth.unwritable_file", `${path} cannot be written: ${(error as NodeJS.ErrnoException).code ?? error}`, {
      hint: "Nothing was changed.",
    });
  }
}

function damaged(path: string): PiError {
  return new PiError("auth.damaged_file", `${path} is damaged: it is no JSON object`, {
    hint: "Mend it by hand, or move it away and sign in again; it is not written over.",
  });
}
