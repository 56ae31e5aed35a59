// A session's entry tree for callers of the library; names follow the npm agent's. Exported by `pi` and `pi/session`.
// Invariant: `Session` does the work; nothing is kept here beside it but where the caller says it is at home.

import { dirname, resolve } from "node:path";
import { defined } from "../../contracts/defined.ts";
import type { AnyEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { inSlices } from "../../platform/in-slices.ts";
import { findSession, listSessions, mostRecentSession } from "../../session/library/list-sessions.ts";
import type { SessionSummary } from "../../session/library/session-summary.ts";
import { sessionDirectory, sessionRoot } from "../../session/lines/locate.ts";
import { newHeader } from "../../session/lines/new-header.ts";
import { contextEntries } from "../../session/tree/context-entries.ts";
import { type OpenOptions, Session, type SessionContext, type TreeNode } from "../../session/tree/session.ts";
import { SessionWriter } from "../../session/tree/session-writer.ts";
import { checkCalls, requireGiven } from "./checked-calls.ts";
import { ownStores } from "./own-stores.ts";
import { surroundings } from "./places.ts";
import { projection, type SessionProjection } from "./session-views.ts";

export interface NewSessionOptions {
  id?: string;
  /** Path of the session it comes from. */
  parentSession?: string;
}

export interface SessionInfo {
  path: string;
  id: string;
  cwd: string;
  name?: string;
  parentSessionPath?: string;
  created: Date;
  modified: Date;
  /** 0 where the file is too long to count. */
  messageCount: number;
  /** One line; empty where there is none. */
  firstMessage: string;
}

/** How far a listing has come: sessions read, of how many, and these themselves. */
export type SessionListProgress = (loaded: number, total: number, sessions?: readonly SessionInfo[]) => void;

export class SessionManager extends SessionWriter {
  readonly #place: { cwd?: string; directory?: string };

  /** `place`: in place of what the session's header and file say. Absolute. */
  constructor(session: Session, place: { cwd?: string; directory?: string } = {}) {
    super(session);
    this.#place = place;
  }

  /** A new session; its file is made with the first message. `sessionDir` holds the file directly. */
  static create(cwd?: string, sessionDir?: string, options: NewSessionOptions = {}): SessionManager {
    const place = sessionPlace(cwd, sessionDir);
    return new SessionManager(Session.create({ ...place, ...options }, ownStores()), { directory: place.directory });
  }

  /**
   * `cwdOverride`: where a session goes on that was made in another directory. Errors: `session.not_found`, `session.invalid`,
   * `session.version`, `session.busy`.
   */
  static async open(path: string, sessionDir?: string, cwdOverride?: string, options: OpenOptions = {}): Promise<SessionManager> {
    const { cwd } = surroundings();
    return new SessionManager(await Session.open(resolve(cwd, path), { ...ownStores(), ...options }), {
      ...(sessionDir === undefined ? {} : { directory: resolve(cwd, sessionDir) }),
      ...(cwdOverride === undefined ? {} : { cwd: resolve(cwd, cwdOverride) }),
    });
  }

  /** The session of this directory that was changed last; a new one where there is none. Errors: as for `open`. */
  static async continueRecent(cwd?: string, sessionDir?: string): Promise<SessionManager> {
    const path = await mostRecentSession(sessionPlace(cwd, sessionDir));
    return path === undefined ? SessionManager.create(cwd, sessionDir) : new SessionManager(await Session.open(path, ownStores()));
  }

  /** Nothing touches the disk. `entries`: a history to go on from; a header among them gives the session its id. */
  static inMemory(cwd?: string, options: NewSessionOptions = {}, entries: readonly (SessionHeader | AnyEntry)[] = []): SessionManager {
    const place = surroundings(cwd === undefined ? {} : { cwd });
    const given = entries.find((entry): entry is SessionHeader => entry.type === "session");
    const header = { ...(given ?? newHeader({ cwd: place.cwd }, { clock: surroundings().now })), ...defined({ id: options.id }) };
    return new SessionManager(
      Session.fromEntries(
        { ...header, cwd: place.cwd, ...defined({ parentSession: options.parentSession }) },
        entries.filter((entry): entry is AnyEntry => entry.type !== "session"),
        ownStores(),
      ),
    );
  }

  /** A copy of another session's branch, for another directory. Errors: `session.not_found`, `session.invalid`. */
  static async forkFrom(
    sourcePath: string,
    targetCwd: string,
    sessionDir?: string,
    options: NewSessionOptions = {},
  ): Promise<SessionManager> {
    const place = sessionPlace(targetCwd, sessionDir);
    const source = await Session.open(resolve(sourcePath), { readOnly: true, ...ownStores() });
    try {
      return new SessionManager(source.fork({ ...place, ...defined({ id: options.id }) }));
    } finally {
      source.close();
    }
  }

  /** Path of the session with this very id. */
  static findById(cwd: string, id: string, sessionDir?: string): string | undefined {
    return findSession(id, { directory: sessionPlace(cwd, sessionDir).directory });
  }

  /** Newest change first. A signal ends the listing with its reason. */
  static list(cwd?: string, sessionDir?: string, onProgress?: SessionListProgress, signal?: AbortSignal): Promise<SessionInfo[]> {
    return collected(listSessions({ ...sessionPlace(cwd, sessionDir), names: true }), onProgress, signal);
  }

  /** Of all directories. */
  static listAll(onProgress?: SessionListProgress, signal?: AbortSignal): Promise<SessionInfo[]>;
  static listAll(sessionDir?: string, onProgress?: SessionListProgress, signal?: AbortSignal): Promise<SessionInfo[]>;
  static listAll(
    first?: string | SessionListProgress,
    second?: SessionListProgress | AbortSignal,
    third?: AbortSignal,
  ): Promise<SessionInfo[]> {
    const { cwd, agentDir } = surroundings();
    const place = typeof first === "string" ? { directory: resolve(cwd, first) } : { directory: sessionRoot(agentDir), isRoot: true };
    const onProgress = [first, second].find((one) => typeof one === "function");
    return collected(listSessions({ ...place, names: true }), onProgress, third ?? (second instanceof AbortSignal ? second : undefined));
  }

  isPersisted(): boolean {
    return this.session.filePath !== undefined;
  }

  getCwd(): string {
    return this.#place.cwd ?? this.session.header.cwd;
  }

  /** Empty for a session in memory. */
  getSessionDir(): string {
    return this.#place.directory ?? (this.session.filePath === undefined ? "" : dirname(this.session.filePath));
  }

  /** Whether the session lies where sessions of its directory lie when nothing else is said. */
  usesDefaultSessionDir(): boolean {
    return this.getSessionDir() === sessionPlace(this.getCwd()).directory;
  }

  getSessionId(): string {
    return this.session.id;
  }

  getSessionFile(): string | undefined {
    return this.session.filePath;
  }

  getHeader(): SessionHeader {
    return this.session.header;
  }

  getSessionName(): string | undefined {
    return this.session.name;
  }

  getEntryCount(): number {
    return this.session.entryCount;
  }

  getEntries(): AnyEntry[] {
    return this.session.entries();
  }

  getEntry(id: string): AnyEntry | undefined {
    return this.session.entry(id);
  }

  getLeafId(): string | null {
    return this.session.leafId;
  }

  getLeafEntry(): AnyEntry | undefined {
    return this.session.leafId === null ? undefined : this.session.entry(this.session.leafId);
  }

  getChildren(parentId: string): AnyEntry[] {
    return this.session.children(parentId).flatMap((id) => this.session.entry(id) ?? []);
  }

  getLabel(id: string): string | undefined {
    return this.session.label(id);
  }

  /** Root to `fromId`, or to the leaf. */
  getBranch(fromId?: string): AnyEntry[] {
    return fromId === undefined ? this.session.branch() : this.session.branch(fromId);
  }

  getTree(): TreeNode[] {
    return this.session.tree();
  }

  /** The entries of the branch in force that count for a model: the latest compaction, what it kept, what came after. */
  buildContextEntries(): AnyEntry[] {
    return contextEntries(this.session.branch());
  }

  /** The same, each with what a model is shown of it. */
  buildSessionProjection(): SessionProjection {
    return projection(this.session.branch(), this.session.context());
  }

  /** What a model is shown of the branch in force. */
  buildSessionContext(): SessionContext {
    return this.session.context();
  }

  /** Lets go of the file, at once for writing; resolves when it may be opened again, also by this very process. */
  close(): Promise<void> {
    this.session.close();
    return this.session.released();
  }
}

checkCalls(SessionManager, "SessionManager", {
  values: {
    create: ["cwd?: string", "sessionDir?: string", "options?: object"],
    inMemory: ["cwd?: string", "options?: object", "entries?: objects"],
    findById: ["cwd: string", "id: string", "sessionDir?: string"],
  },
  promises: {
    open: ["path: string", "sessionDir?: string", "cwdOverride?: string", "options?: object"],
    continueRecent: ["cwd?: string", "sessionDir?: string"],
    forkFrom: ["sourcePath: string", "targetCwd: string", "sessionDir?: string", "options?: object"],
    list: ["cwd?: string", "sessionDir?: string", "onProgress?: function", "signal?: signal"],
  },
});
checkCalls(SessionManager.prototype, "SessionManager", {
  values: {
    getEntry: ["id: string"],
    getChildren: ["parentId: string"],
    getLabel: ["id: string"],
    appendMessage: ["message: message"],
    appendModelChange: ["provider: string", "modelId: string"],
    appendCompaction: ["summary: string", "firstKeptEntryId: string"],
    appendCustomEntry: ["customType: string"],
    appendCustomMessageEntry: ["customType: string", "content: content"],
    appendContextEdit: ["targetId: string"],
    appendSessionInfo: ["name: string"],
    appendLabelChange: ["targetId: string", "label?: string"],
    branch: ["branchFromId: string"],
  },
  promises: {},
});

/** What a model is shown of the branch that ends at `leafId`, the last entry by default. */
export function buildSessionContext(entries: readonly AnyEntry[], leafId?: string | null): SessionContext {
  requireGiven("buildSessionContext", ["entries: objects"], entries);
  return Session.fromEntries(newHeader({ cwd: "/" }, {}), entries, ownStores()).context(leafId);
}

/** Entries of the branch that ends at `leafId`, the last entry by default, that count for a model. */
export function buildContextEntries(entries: readonly AnyEntry[], leafId?: string | null): AnyEntry[] {
  requireGiven("buildContextEntries", ["entries: objects"], entries);
  return contextEntries(Session.fromEntries(newHeader({ cwd: "/" }, {}), entries, ownStores()).branch(leafId));
}

/** The same, each with what a model is shown of it. */
export function buildSessionProjection(entries: readonly AnyEntry[], leafId?: string | null): SessionProjection {
  requireGiven("buildSessionProjection", ["entries: objects"], entries);
  const session = Session.fromEntries(newHeader({ cwd: "/" }, {}), entries, ownStores());
  return projection(session.branch(leafId), session.context(leafId));
}

function sessionPlace(cwd: string | undefined, sessionDir?: string): { cwd: string; directory: string } {
  const place = surroundings(cwd === undefined ? {} : { cwd });
  const override = sessionDir === undefined ? undefined : resolve(place.cwd, sessionDir);
  return { cwd: place.cwd, directory: sessionDirectory({ ...place, override }) };
}

async function collected(
  summaries: Iterable<SessionSummary>,
  onProgress?: SessionListProgress,
  signal?: AbortSignal,
): Promise<SessionInfo[]> {
  signal?.throwIfAborted();
  // In between others have their turn, and so has whoever calls it off.
  const found = (await inSlices(sessionInfos(summaries), { isWanted: () => signal?.aborted !== true })) ?? [];
  signal?.throwIfAborted();
  onProgress?.(found.length, found.length, found);
  return found;
}

function* sessionInfos(summaries: Iterable<SessionSummary>): Generator<undefined, SessionInfo[]> {
  const found: SessionInfo[] = [];
  for (const one of summaries) {
    found.push({
      path: one.path,
      id: one.id,
      cwd: one.cwd,
      ...defined({ name: one.name, parentSessionPath: one.parentSession }),
      created: new Date(Date.parse(one.timestamp) || one.modifiedMs),
      modified: new Date(one.modifiedMs),
      messageCount: one.messageCount ?? 0,
      firstMessage: one.firstPrompt ?? "",
    });
    yield;
  }
  return found;
}
