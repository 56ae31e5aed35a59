// Which session each group has with each runtime: `sessions.json` of a host. Read and written by the router, and by hosts themselves.
// Invariant: whole or not at all, one writer at a time; what is not ours in it stays as it is.

import { closeSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { defined } from "../../contracts/defined.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";
import { makeDirectory } from "../../platform/files/make-directory.ts";
import { replaceFile } from "../../platform/files/replace-file.ts";
import { acquireLease } from "../../platform/locks/lease.ts";
import { type RuntimeKind, runtimeKinds } from "../result.ts";

export type SessionIds = Record<RuntimeKind, string | null>;
type Entries = Record<string, unknown>;

const maxBytes = 16 * 1024 * 1024;

export function sessionMap(file: string) {
  let known: { signature: string; entries: Entries } | undefined;
  /** A map of many groups is read anew only when it is another. */
  const read = (): Entries => {
    const signature = signatureOf(file);
    if (known === undefined || known.signature !== signature) known = { signature, entries: readMap(file) };
    return known.entries;
  };
  return {
    /** Nothing where there is no map, or no session. Rejects with `io.session_map`. */
    get: async (group: string, runtime: RuntimeKind): Promise<string | undefined> => {
      const entries = read();
      return (Object.hasOwn(entries, group) ? idsOf(entries[group])[runtime] : undefined) ?? undefined;
    },
    /** Rejects with `io.session_map`. */
    set: (group: string, runtime: RuntimeKind, id: string): Promise<void> =>
      changeMap(
        file,
        (entries) => {
          const before = Object.hasOwn(entries, group) ? entries[group] : undefined;
          const ids = idsOf(before);
          if (ids[runtime] === id) return undefined;
          const kept = isTable(before) ? before : {};
          return withEntry(entries, group, { ...kept, ...ids, [runtime]: id });
        },
        read,
      ),
  };
}

export type SessionMap = ReturnType<typeof sessionMap>;

/** A text is Claude's: so maps were before there were two. */
export function idsOf(entry: unknown): SessionIds {
  if (typeof entry === "string") return { claude: entry, pi: null };
  const table = isTable(entry) ? entry : {};
  return Object.fromEntries(
    runtimeKinds.toReversed().map((kind) => [kind, typeof table[kind] === "string" ? table[kind] : null]),
  ) as SessionIds;
}

function signatureOf(file: string): string {
  try {
    const { mtimeNs, ctimeNs, size, ino } = statSync(file, { bigint: true });
    return `${mtimeNs}.${ctimeNs}.${size}.${ino}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "-";
  }
}

/** @throws PiError `io.session_map` */
export function readMap(file: string): Entries {
  const found = readBoundedText(file, { maxBytes });
  if (found === undefined) return {};
  if ("leftOut" in found) throw broken(file, found.why);
  return parseMap(found.text, file);
}

/** @throws PiError `io.session_map` */
export function parseMap(text: string, file: string): Entries {
  if (text.trim() === "") return {};
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw broken(file, "it is no JSON");
  }
  if (!isTable(json)) throw broken(file, "it is no object");
  return json;
}

/** Under the lease; nothing is written where `change` gives nothing. Rejects with `io.session_map`. */
export async function changeMap(
  file: string,
  change: (entries: Readonly<Entries>) => Entries | undefined,
  read: () => Entries = () => readMap(file),
): Promise<void> {
  const lock = `${file}.lock`;
  try {
    makeDirectory(dirname(file), 0o700);
    closeSync(openSync(lock, "a", 0o600));
    const lease = await acquireLease(lock, "wait");
    try {
      const changed = change(read());
      if (changed !== undefined) await replaceFile(file, [`${JSON.stringify(changed, null, 2)}\n`]);
    } finally {
      if (typeof lease === "object") lease.release();
    }
  } catch (error) {
    if (error instanceof PiError) throw error;
    throw broken(file, messageOf(error), error);
  }
}

/** Also under a name that objects have of themselves. */
function withEntry(entries: Entries, group: string, entry: object): Entries {
  return Object.defineProperty({ ...entries }, group, { value: entry, enumerable: true, configurable: true, writable: true });
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function broken(file: string, why: string, cause?: unknown): PiError {
  return new PiError("io.session_map", `The map of sessions ${file} cannot be used: ${why}`, {
    hint: "Mend it, or move it away to begin anew",
    ...defined({ cause }),
  });
}
