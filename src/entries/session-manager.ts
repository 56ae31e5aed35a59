// A session's entry tree for callers of the library; names follow the npm agent's. Exported by `pi` and `pi/session`.
// Invariant: `Session` does the work; nothing is kept here beside it.

import { dirname, resolve } from "node:path";
import { PiError } from "../contracts/error.ts";
import type { Message, UserContent } from "../contracts/message.ts";
import { isThinkingLevel } from "../contracts/model.ts";
import type { AnyEntry, NewEntry, SessionHeader } from "../contracts/session-entry.ts";
import { sessionVersion } from "../contracts/session-entry.ts";
import type { Usage } from "../contracts/usage.ts";
import { listSessions, mostRecentSession } from "../session/list-sessions.ts";
import { sessionDirectory, sessionRoot } from "../session/locate.ts";
import { newSessionId } from "../session/new-id.ts";
import { type OpenOptions, Session, type SessionContext, type TreeNode } from "../session/session.ts";
import type { SessionSummary } from "../session/session-summary.ts";
import { surroundings } from "./places.ts";

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

export class SessionManager {
  /** For what this class has no name for. */
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** A new session; its file is made with the first message. `sessionDir` holds the file directly. */
  static create(cwd?: string, sessionDir?: string, options: NewSessionOptions = {}): SessionManager {
    const place = surroundings(cwd === undefined ? {} : { cwd });
    const directory = sessionDirectory({ ...place, override: sessionDir === undefined ? undefined : resolve(place.cwd, sessionDir) });
    return new SessionManager(Session.create({ cwd: place.cwd, directory, ...options }));
  }

  /** Errors: `session.not_found`, `session.invalid`, `session.version`, `session.busy`. */
  static async open(path: string, _sessionDir?: string, _cwdOverride?: string, options: OpenOptions = {}): Promise<SessionManager> {
    return new SessionManager(await Session.open(resolve(surroundings().cwd, path), options));
  }

  /** The session of this directory that was changed last; a new one where there is none. */
  static async continueRecent(cwd?: string, sessionDir?: string): Promise<SessionManager> {
    const place = surroundings(cwd === undefined ? {} : { cwd });
    const directory = sessionDirectory({ ...place, override: sessionDir === undefined ? undefined : resolve(place.cwd, sessionDir) });
    const path = await mostRecentSession({ directory, cwd: place.cwd });
    return path === undefined ? SessionManager.create(cwd, sessionDir) : new SessionManager(await Session.open(path));
  }

  /** Nothing touches the disk. `entries`: a history to go on from; a header among them gives the session its id. */
  static inMemory(cwd?: string, options: NewSessionOptions = {}, entries: readonly (SessionHeader | AnyEntry)[] = []): SessionManager {
    const place = surroundings(cwd === undefined ? {} : { cwd });
    const given = entries.find((entry): entry is SessionHeader => entry.type === "session");
    const header = { ...(given ?? newHeader(place.cwd)), ...(options.id === undefined ? {} : { id: options.id }) };
    return new SessionManager(
      Session.fromEntries(
        { ...header, cwd: place.cwd, ...(options.parentSession === undefined ? {} : { parentSession: options.parentSession }) },
        entries.filter((entry): entry is AnyEntry => entry.type !== "session"),
      ),
    );
  }

  /** A copy of another session's branch, for another directory. */
  static async forkFrom(
    sourcePath: string,
    targetCwd: string,
    sessionDir?: string,
    options: NewSessionOptions = {},
  ): Promise<SessionManager> {
    const place = surroundings({ cwd: targetCwd });
    const source = await Session.open(resolve(sourcePath), { readOnly: true });
    try {
      const directory = sessionDirectory({ ...place, override: sessionDir === undefined ? undefined : resolve(place.cwd, sessionDir) });
      return new SessionManager(source.fork({ directory, cwd: place.cwd, ...(options.id === undefined ? {} : { id: options.id }) }));
    } finally {
      source.close();
    }
  }

  /** Newest change first. */
  static async list(cwd?: string, sessionDir?: string): Promise<SessionInfo[]> {
    const place = surroundings(cwd === undefined ? {} : { cwd });
    const directory = sessionDirectory({ ...place, override: sessionDir === undefined ? undefined : resolve(place.cwd, sessionDir) });
    return collected(listSessions({ directory, cwd: place.cwd }));
  }

  /** Of all directories. */
  static listAll(sessionDir?: string): Promise<SessionInfo[]> {
    const place = surroundings();
    if (sessionDir !== undefined) return collected(listSessions({ directory: resolve(place.cwd, sessionDir) }));
    return collected(listSessions({ directory: sessionRoot(place.agentDir), isRoot: true }));
  }

  isPersisted(): boolean {
    return this.session.filePath !== undefined;
  }

  getCwd(): string {
    return this.session.header.cwd;
  }

  getSessionDir(): string {
    return this.session.filePath === undefined ? "" : dirname(this.session.filePath);
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

  /** What a model is shown of the branch in force. */
  buildSessionContext(): SessionContext {
    return this.session.context();
  }

  appendMessage(message: Message): string {
    return this.#append({ type: "message", message });
  }

  appendThinkingLevelChange(thinkingLevel: string): string {
    return this.#append({ type: "thinking_level_change", thinkingLevel: isThinkingLevel(thinkingLevel) ? thinkingLevel : "off" });
  }

  appendModelChange(provider: string, modelId: string): string {
    return this.#append({ type: "model_change", provider, modelId });
  }

  appendUsage(kind: string, provider: string, model: string, usage: Usage): string {
    return this.#append({ type: "usage", kind, provider, model, usage });
  }

  appendCompaction(
    summary: string,
    firstKeptEntryId: string,
    tokensBefore: number,
    details?: unknown,
    fromHook?: boolean,
    usage?: Usage,
  ): string {
    return this.#append({
      type: "compaction",
      summary,
      firstKeptEntryId,
      tokensBefore,
      ...(details === undefined ? {} : { details }),
      ...(fromHook === undefined ? {} : { fromHook }),
      ...(usage === undefined ? {} : { usage }),
    });
  }

  appendCustomEntry(customType: string, data?: unknown): string {
    return this.#append({ type: "custom", customType, ...(data === undefined ? {} : { data }) });
  }

  appendCustomMessageEntry(customType: string, content: string | UserContent[], display: boolean, details?: unknown): string {
    return this.#append({ type: "custom_message", customType, content, display, ...(details === undefined ? {} : { details }) });
  }

  appendContextEdit(targetId: string, replacement: { content: string | UserContent[] } | null): string {
    return this.#append({ type: "context_edit", targetId, replacement });
  }

  appendSessionInfo(name: string): string {
    return this.#append({ type: "session_info", name });
  }

  appendLabelChange(targetId: string, label: string | undefined): string {
    return this.#append({ type: "label", targetId, ...(label === undefined ? {} : { label }) });
  }

  /** The next entry hangs on this one. */
  branch(branchFromId: string): void {
    this.session.navigate(branchFromId);
  }

  /** The next entry is a root. */
  resetLeaf(): void {
    this.session.navigate(null);
  }

  branchWithSummary(branchFromId: string | null, summary: string, details?: unknown, fromHook?: boolean, usage?: Usage): string {
    const fromId = this.session.leafId;
    this.session.navigate(branchFromId);
    return this.#append({
      type: "branch_summary",
      fromId,
      summary,
      ...(details === undefined ? {} : { details }),
      ...(fromHook === undefined ? {} : { fromHook }),
      ...(usage === undefined ? {} : { usage }),
    });
  }

  /** Lets go of the file. */
  close(): void {
    this.session.close();
  }

  #append(entry: NewEntry): string {
    // The file is let go of: what is appended now would be in nobody's record.
    if (this.session.isClosed)
      throw new PiError("session.closed", `The session has been closed: ${this.session.filePath ?? this.session.id}`);
    return this.session.append(entry).id;
  }
}

/** What a model is shown of the branch that ends at `leafId`, the last entry by default. */
export function buildSessionContext(entries: readonly AnyEntry[], leafId?: string | null): SessionContext {
  const session = Session.fromEntries(newHeader("/"), entries);
  return leafId === undefined ? session.context() : session.context(leafId);
}

function newHeader(cwd: string): SessionHeader {
  const nowMs = surroundings().now();
  return { type: "session", version: sessionVersion, id: newSessionId(nowMs), timestamp: new Date(nowMs).toISOString(), cwd };
}

async function collected(summaries: AsyncIterable<SessionSummary>): Promise<SessionInfo[]> {
  const found: SessionInfo[] = [];
  for await (const one of summaries) {
    found.push({
      path: one.path,
      id: one.id,
      cwd: one.cwd,
      ...(one.name === undefined ? {} : { name: one.name }),
      ...(one.parentSession === undefined ? {} : { parentSessionPath: one.parentSession }),
      created: new Date(one.timestamp),
      modified: new Date(one.modifiedMs),
      messageCount: one.messageCount ?? 0,
      firstMessage: one.firstPrompt ?? "",
    });
  }
  return found;
}
