// Owns the session in force of a program and makes the next one with a factory of the program's; names follow the npm agent's. Exported by
// `pi`. Invariant: there is one session at a time; what belonged to the one before (subscriptions, extensions) ends with it.

import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { Cancellable, WithSession } from "../../contracts/extension.ts";
import type { SessionStartEvent } from "../../contracts/extension-event.ts";
import { textOf } from "../../contracts/message.ts";
import type { EntryOf } from "../../contracts/session-entry.ts";
import { copyWhole } from "../../platform/files/copy-whole.ts";
import { makeDirectory } from "../../platform/files/make-directory.ts";
import { kindOfPath } from "../../platform/files/path-kind.ts";
import { Session } from "../../session/tree/session.ts";
import type { AgentSession } from "./agent-session.ts";
import type { CreateAgentSessionResult } from "./create-agent-session.ts";
import { ownStores } from "./own-stores.ts";
import { SessionManager } from "./session-manager.ts";
import type { AgentSessionRuntimeDiagnostic, AgentSessionServices } from "./session-services.ts";

export interface CreateAgentSessionRuntimeResult extends CreateAgentSessionResult {
  services: AgentSessionServices;
  diagnostics: AgentSessionRuntimeDiagnostic[];
}

/** Called for the first session and for each that takes its place: services are made anew for its working directory. */
export type CreateAgentSessionRuntimeFactory = (options: {
  cwd: string;
  agentDir: string;
  sessionManager: SessionManager;
  sessionStartEvent?: SessionStartEvent;
}) => Promise<CreateAgentSessionRuntimeResult>;

export interface CreateAgentSessionRuntimeOptions {
  cwd: string;
  agentDir: string;
  sessionManager: SessionManager | Promise<SessionManager>;
  sessionStartEvent?: SessionStartEvent;
}

export async function createAgentSessionRuntime(
  createRuntime: CreateAgentSessionRuntimeFactory,
  options: CreateAgentSessionRuntimeOptions,
): Promise<AgentSessionRuntime> {
  const first = await createRuntime({ ...options, sessionManager: await options.sessionManager });
  return new AgentSessionRuntime(first, createRuntime);
}

interface Next extends WithSession {
  reason: "new" | "resume" | "fork";
  /** Made while the session before is still there, where that can fail. */
  manager?: SessionManager;
  /** Else made when the session before has gone. */
  open?: () => Promise<SessionManager>;
  targetSessionFile?: string;
  cwdOverride?: string;
  setup?: (sessionManager: SessionManager) => Promise<void> | void;
}

export class AgentSessionRuntime {
  readonly #create: CreateAgentSessionRuntimeFactory;
  #now: CreateAgentSessionRuntimeResult;
  #rebind: ((session: AgentSession) => Promise<void>) | undefined;
  #beforeInvalidate: (() => void) | undefined;

  constructor(first: CreateAgentSessionRuntimeResult, create: CreateAgentSessionRuntimeFactory) {
    this.#create = create;
    this.#now = first;
    this.#control();
  }

  /** Of now; ask again after a replacement. */
  get session(): AgentSession {
    return this.#now.session;
  }

  get services(): AgentSessionServices {
    return this.#now.services;
  }

  get cwd(): string {
    return this.services.cwd;
  }

  get diagnostics(): readonly AgentSessionRuntimeDiagnostic[] {
    return this.#now.diagnostics;
  }

  get modelFallbackMessage(): string | undefined {
    return this.#now.modelFallbackMessage;
  }

  /** Called with each session that takes the place of another: the time to subscribe and to bind extensions. */
  setRebindSession(rebind?: (session: AgentSession) => Promise<void>): void {
    this.#rebind = rebind;
  }

  /** Called when the handlers of `session_shutdown` are through and the session is about to go. */
  setBeforeSessionInvalidate(beforeInvalidate?: () => void): void {
    this.#beforeInvalidate = beforeInvalidate;
  }

  /** `setup` may put entries into the new session before anybody sees it. */
  async newSession(
    options: { parentSession?: string; setup?: (sessionManager: SessionManager) => Promise<void> | void } & WithSession = {},
  ): Promise<Cancellable> {
    if (await this.#isCancelled({ reason: "new" })) return { cancelled: true };
    const { parentSession, ...how } = options;
    const given = parentSession === undefined ? {} : { parentSession };
    const { sessionManager } = this.session;
    const manager = sessionManager.isPersisted()
      ? SessionManager.create(this.cwd, sessionManager.getSessionDir(), given)
      : SessionManager.inMemory(this.cwd, given);
    return this.#replace({ reason: "new", manager, ...how });
  }

  /** A path where nothing is becomes the file of a new session. Errors: as of `SessionManager.open`, `session.cwd_gone`. */
  async switchSession(sessionPath: string, options: { cwdOverride?: string } & WithSession = {}): Promise<Cancellable> {
    const path = resolve(this.cwd, sessionPath);
    if (await this.#isCancelled({ reason: "resume", targetSessionFile: path })) return { cancelled: true };
    return this.#resume(path, options);
  }

  /** A new session that ends before a message of the user's, or, with `at`, behind any entry. Errors: `session.invalid_fork`, `session.unsaved`. */
  async fork(
    entryId: string,
    { position = "before", ...how }: { position?: "before" | "at" } & WithSession = {},
  ): Promise<Cancellable & { selectedText?: string }> {
    const { extensionHost, sessionManager } = this.session;
    if (await extensionHost.isCancelled({ type: "session_before_fork", entryId, position })) return { cancelled: true };
    const { session } = sessionManager;
    const entry = session.entry(entryId);
    if (position === "at" ? entry === undefined : !isUserMessage(entry)) {
      throw new PiError("session.invalid_fork", "Invalid entry ID for forking", { hint: `${entryId} is no message of yours` });
    }
    if (session.filePath !== undefined && !session.isPersisted) {
      throw new PiError("session.unsaved", "This session has not been saved yet. Send a message before forking it.");
    }
    const leafId = position === "at" ? entryId : (session.branchIds(entryId).at(-2) ?? null);
    const directory = session.filePath === undefined ? undefined : dirname(session.filePath);
    // Before the first message there is only what every session begins with, and a new one does that by itself.
    const isEmpty = leafId === null || session.context(leafId).messages.every((message) => message.role === "system");
    const manager = new SessionManager(session.fork({ leafId: isEmpty ? null : leafId, directory }));
    const done = await this.#replace({ reason: "fork", manager, ...how });
    return position === "at" || !isUserMessage(entry) ? done : { ...done, selectedText: textOf(entry.message.content) };
  }

  /** Takes over a session file from elsewhere: it is copied to where sessions lie. Errors: `session.not_found`, and those of `switchSession`. */
  async importFromJsonl(inputPath: string, cwdOverride?: string): Promise<Cancellable> {
    const source = resolve(this.cwd, inputPath);
    if (!existsSync(source)) throw new PiError("session.not_found", `There is no session file ${source}`);
    const directory = this.session.sessionManager.getSessionDir() || SessionManager.create(this.cwd).getSessionDir();
    const target = dirname(source) === directory ? source : join(directory, basename(source));
    if (await this.#isCancelled({ reason: "resume", targetSessionFile: target })) return { cancelled: true };
    if (target !== source) {
      // What is no session never gets there.
      (await Session.open(source, { readOnly: true })).close();
      makeDirectory(directory, 0o700);
      if (existsSync(target))
        throw new PiError("session.exists", `${target} is there already`, { hint: "Switch to it, or rename the file" });
      copyWhole(source, target);
    }
    return this.#resume(target, cwdOverride === undefined ? {} : { cwdOverride });
  }

  /** Tells extensions that the program ends, and lets go of the session. */
  async dispose(): Promise<void> {
    try {
      await this.session.extensionHost.shutdown({ reason: "quit" });
      this.#beforeInvalidate?.();
    } finally {
      await this.session.dispose();
    }
  }

  #isCancelled(about: { reason: "new" | "resume"; targetSessionFile?: string }): Promise<boolean> | undefined {
    return this.session.extensionHost.isCancelled({ type: "session_before_switch", ...about });
  }

  async #resume(path: string, how: { cwdOverride?: string } & WithSession): Promise<Cancellable> {
    const open = async (): Promise<SessionManager> => {
      if (!existsSync(path))
        return new SessionManager(Session.create({ cwd: this.cwd, directory: dirname(path), filePath: path }, ownStores()));
      const manager = await SessionManager.open(path);
      const cwd = how.cwdOverride ?? manager.getCwd();
      if (kindOfPath(cwd) === "directory") return manager;
      manager.close();
      throw new PiError("session.cwd_gone", `Stored session working directory does not exist: ${cwd}`, { hint: `Session file: ${path}` });
    };
    const isOwn = this.session.sessionFile !== undefined && resolve(this.session.sessionFile) === path;
    return this.#replace({ reason: "resume", targetSessionFile: path, ...(isOwn ? { open } : { manager: await open() }), ...how });
  }

  async #replace(next: Next): Promise<Cancellable> {
    const { reason, targetSessionFile, setup, withSession, cwdOverride } = next;
    const { session } = this;
    const previousSessionFile = session.sessionFile;
    let { manager } = next;
    const target = targetSessionFile ?? manager?.getSessionFile();
    try {
      await session.extensionHost.shutdown({ reason, ...defined({ targetSessionFile: target }) });
      this.#beforeInvalidate?.();
      await session.dispose();
      manager ??= await next.open?.();
      if (manager === undefined) throw new Error("a replacement without a session");
      await setup?.(manager);
      this.#now = await this.#create({
        cwd: cwdOverride === undefined ? manager.getCwd() : resolve(this.cwd, cwdOverride),
        agentDir: this.services.agentDir,
        sessionManager: manager,
        sessionStartEvent: { type: "session_start", reason, ...defined({ previousSessionFile }) },
      });
    } catch (error) {
      // Nobody else would let go of its file.
      await manager?.close();
      throw error;
    }
    this.#control();
    await this.#rebind?.(this.session);
    await this.session.extensionHost.enter(withSession);
    return { cancelled: false };
  }

  /** Commands of extensions that ask for another session mean this runtime's. */
  #control(): void {
    this.session.extensionHost.control = {
      newSession: (how) => this.newSession(how),
      fork: (entryId, how) => this.fork(entryId, how),
      switchSession: (path, how) => this.switchSession(path, how),
    };
  }
}

function isUserMessage(entry: { type: string } | undefined): entry is EntryOf<"message"> & { message: { role: "user" } } {
  return entry?.type === "message" && (entry as EntryOf<"message">).message.role === "user";
}
