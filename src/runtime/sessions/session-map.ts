// Which session each group has with each runtime: `sessions.json` of a host. Read and written by the router, and by hosts themselves.
// Invariant: whole or not at all, one writer at a time; what is not ours in it stays as it is.

import { closeSync, openSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { defined } from "../../contracts/defined.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";
import { makeDirectory } from "../../platform/files/make-directory.ts";
import { replaceFile } from "../../platform/files/replace-file.ts";
import { type ClaimWait, claim } from "../../platform/locks/claim.ts";
import { acquireLease, type Lease } from "../../platform/locks/lease.ts";
import { type RuntimeKind, runtimeKinds } from "../result.ts";

export type SessionIds = Record<RuntimeKind, string | null>;
type Entries = Record<string, unknown>;

interface Known {
  signature: string;
  text: string;
  entries: Entries;
}

interface Change {
  group: string;
  runtime: RuntimeKind;
  id: string;
}

const maxBytes = 16 * 1024 * 1024;

export function sessionMap(file: string) {
  let known: Known | undefined;
  /** A map of many groups is parsed anew only when it is another: not when the change was ours. */
  const read = (): Known => {
    const signature = signatureOf(file);
    if (known?.signature === signature) return known;
    const text = readMapText(file);
    known = { signature, text, entries: known?.text === text ? known.entries : parseMap(text, file) };
    return known;
  };
  const idIn = (group: string, runtime: RuntimeKind): string | null => {
    const { entries } = read();
    return Object.hasOwn(entries, group) ? idsOf(entries[group])[runtime] : null;
  };
  const write = async (changes: readonly Change[]): Promise<void> => {
    try {
      await inMap(file, async () => {
        const { signature, text: before, entries } = read();
        const text = changes.reduce((written, change) => put(entries, change, written), before);
        if (text === before) return;
        await replaceMap(file, text);
        known = { signature, text, entries };
      });
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
  /** What is to be written once the write under way is over, all at once. */
  let next: { changes: Change[]; written: Promise<void> } | undefined;
  let last: Promise<void> | undefined;
  const afterLast = (): { changes: Change[]; written: Promise<void> } => {
    const changes: Change[] = [];
    const written = (last ?? Promise.resolve()).then(() => {
      next = undefined;
      return write(changes);
    });
    const settled = written
      .catch(() => undefined)
      .then(() => {
        if (last === settled) last = undefined;
      });
    last = settled;
    return { changes, written };
  };
  return {
    /** Nothing where there is no map, or no session. Rejects with `io.session_map`. */
    get: async (group: string, runtime: RuntimeKind): Promise<string | undefined> => idIn(group, runtime) ?? undefined,
    /** Rejects with `io.session_map`. */
    set: async (group: string, runtime: RuntimeKind, id: string): Promise<void> => {
      if (last === undefined && idIn(group, runtime) === id) return;
      next ??= afterLast();
      next.changes.push({ group, runtime, id });
      await next.written;
    },
    /** Alone with it until it is let go of; nothing where that cannot be had. Rejects with the signal's reason. */
    begin: (group: string, runtime: RuntimeKind, how: ClaimWait): Promise<Lease | undefined> =>
      claim(join(dirname(file), `.${fileNameOf(group)}.${runtime}.claim`), how),
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

/** Of a group that a host may have called anything. */
function fileNameOf(group: string): string {
  return group.replace(/[^\w.-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`).slice(0, 200);
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
  return parseMap(readMapText(file), file);
}

/** @throws PiError `io.session_map` */
function readMapText(file: string): string {
  const found = readBoundedText(file, { maxBytes });
  if (found === undefined) return "";
  if ("leftOut" in found) throw broken(file, found.why);
  return found.text;
}

function textOfMap(entries: Readonly<Entries>): string {
  return `${JSON.stringify(entries, null, 2)}\n`;
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
export function changeMap(file: string, change: (entries: Readonly<Entries>) => Entries | undefined): Promise<void> {
  return inMap(file, async () => {
    const changed = change(readMap(file));
    if (changed !== undefined) await replaceMap(file, textOfMap(changed));
  });
}

/** Never by one that could not be read afterwards. */
async function replaceMap(file: string, text: string): Promise<void> {
  const size = Buffer.byteLength(text);
  if (size > maxBytes) throw broken(file, `it would have ${size} bytes, and at most ${maxBytes} are read`);
  await replaceFile(file, [text]);
}

/** Does what nobody else may do at the same time. Rejects with `io.session_map`. */
async function inMap(file: string, work: () => Promise<void>): Promise<void> {
  const lock = `${file}.lock`;
  try {
    makeDirectory(dirname(file), 0o700);
    closeSync(openSync(lock, "a", 0o600));
    const lease = await acquireLease(lock, "wait");
    try {
      await work();
    } finally {
      if (typeof lease === "object") lease.release();
    }
  } catch (error) {
    if (error instanceof PiError) throw error;
    throw broken(file, messageOf(error), error);
  }
}

/** The text of the map with the change, which is made in `entries` too. */
function put(entries: Entries, { group, runtime, id }: Change, text: string): string {
  const isKnown = Object.hasOwn(entries, group);
  const before = isKnown ? entries[group] : undefined;
  const ids = idsOf(before);
  if (ids[runtime] === id) return text;
  const value = { ...(isTable(before) ? before : {}), ...ids, [runtime]: id };
  // Also under a name that objects have of themselves.
  Object.defineProperty(entries, group, { value, enumerable: true, configurable: true, writable: true });
  // Of a thousand groups the others' texts are not made anew for one more.
  const end = "\n}\n";
  const others = text.endsWith(end) ? text.slice(0, -end.length) : "";
  return isKnown || !/[^\s{]$/.test(others) ? textOfMap(entries) : `${others},${textOfMap({ [group]: value }).slice(1)}`;
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
