// Puts another session in force: new, another file, a fork, a clone, a fresh start. Owned by session-host, called by commands, the library and
// extensions. Invariant: a change that fails leaves the session before it in force; changes never overlap.

import { dirname, resolve } from "node:path";
import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { Cancellable, NewSessionHow, WithSession } from "../../contracts/extension.ts";
import type { ExtensionEventOf, SessionStartEvent } from "../../contracts/extension-event.ts";
import { kindOfPath } from "../../platform/files/path-kind.ts";
import { freePlace } from "../../session/lines/file-place.ts";
import { Session, type SessionOptions } from "../../session/tree/session.ts";
import { type Launch, launchAgain, prepareLaunch } from "../launch/launch.ts";
import { sessionPlace, sessionWatch } from "../launch/open-session.ts";
import type { RunOptions } from "../launch/run-options.ts";
import type { HostedExtensions } from "./extension-host.ts";
import { isFileOf, letGo, stillActive } from "./session-handover.ts";
import { type CreatedSession, type StartDeps, type StartOptions, startSession } from "./start-session.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

export interface ChangeDeps extends StartDeps {
  /** The configuration of another working directory, for sessions that were made there; without it all run with the first one's. */
  configFor?(cwd: string): Promise<Config>;
}

/** What is in force, as who changes it sees it. */
export interface InForce {
  readonly created: CreatedSession;
  readonly workspace: Workspace;
  readonly isDisposed: boolean;
  install(workspace: Workspace, created: CreatedSession): Promise<void>;
  /** Resolves when the file of a closed session may be opened again. */
  released(session: Session): Promise<void>;
}

/** How one session takes the place of another. */
interface Replacement extends WithSession {
  /** What extensions are told. */
  reason: Exclude<SessionStartEvent["reason"], "startup">;
  targetSessionFile?: string;
}

/** What takes the place of a session, before it does. */
interface Made {
  session: Session;
  workspace: Workspace;
  created: CreatedSession;
}

export class SessionChanges {
  readonly #now: InForce;
  readonly #deps: ChangeDeps;
  readonly #extensions: HostedExtensions;
  #changing: Promise<unknown> | undefined;
  /** Of the change that may be waiting for another process. */
  #waiting: AbortController | undefined;
  #isEnding = false;
  readonly #unqueued = new Set<(texts: readonly string[]) => void>();

  constructor(now: InForce, deps: ChangeDeps, extensions: HostedExtensions) {
    this.#now = now;
    this.#deps = deps;
    this.#extensions = extensions;
  }

  newSession({ withSession, setup, ...given }: { id?: string } & NewSessionHow = {}): Promise<Cancellable> {
    const open = async (): Promise<Session> => {
      const { filePath } = this.#now.created.coding.session;
      const directory = filePath === undefined ? undefined : this.#directory();
      const session = Session.create({ cwd: this.#now.created.launch.options.cwd, directory, ...given }, this.#watch());
      if (setup === undefined) return session;
      try {
        await setup((await import("../../session/tree/session-writer.ts")).writableView(session));
        return session;
      } catch (error) {
        await letGo(session);
        throw error;
      }
    };
    const how = { reason: "new", ...defined({ withSession }) } as const;
    return this.#replaceIfWanted({ type: "session_before_switch", reason: "new" }, open, how);
  }

  /** A path where nothing is becomes the file of a new session. */
  switchSession(
    sessionPath: string,
    { onBusy = this.#now.created.launch.options.onBusy, ...how }: { onBusy?: RunOptions["onBusy"] } & WithSession = {},
  ): Promise<Cancellable> {
    const path = resolve(this.#now.created.launch.options.cwd, sessionPath);
    const open = async (signal: AbortSignal): Promise<Session> => {
      const { cwd } = this.#now.created.launch.options;
      const free = freePlace(path);
      if (free !== undefined) return Session.create({ cwd, directory: dirname(free), filePath: free }, this.#watch());
      // The lease is ours: two descriptors of one process would exclude each other.
      if (isFileOf(this.#now.created.coding.session, path)) await letGo(this.#now.created.coding.session);
      const session = await Session.open(path, { ...this.#watch(), onBusy, signal });
      // Without one told, it is that of now.
      if (session.header.cwd === "" || kindOfPath(session.header.cwd) === "directory") return session;
      session.close();
      throw new PiError("session.cwd_gone", `Stored session working directory does not exist: ${session.header.cwd}`, {
        hint: `Session file: ${path}. Current working directory: ${cwd}`,
      });
    };
    const to = { reason: "resume", targetSessionFile: path } as const;
    return this.#replaceIfWanted({ type: "session_before_switch", ...to }, open, { ...to, ...how });
  }

  /** A new session that ends before a user message, whose text is given back for another try; with `at`, behind any entry. */
  async fork(
    entryId: string,
    { position = "before", ...how }: { position?: "before" | "at" } & WithSession = {},
  ): Promise<{ text: string } & Cancellable> {
    const { leafId, text } = position === "at" ? { leafId: entryId, text: "" } : this.#now.created.coding.forkPoint(entryId);
    this.#requireSaved();
    // Before the first message there is only what every session begins with, and a new one does that by itself.
    const { session } = this.#now.created.coding;
    const isEmpty = leafId === null || session.context(leafId).messages.every((message) => message.role === "system");
    const asked = { type: "session_before_fork", entryId, position } as const;
    const open = async (): Promise<Session> => this.#copy(isEmpty ? null : leafId);
    return { text, ...(await this.#replaceIfWanted(asked, open, { reason: "fork", ...how })) };
  }

  /** A new session with all of the branch in force. */
  async clone(): Promise<Cancellable> {
    this.#requireSaved();
    const { leafId } = this.#now.created.coding.session;
    const asked = leafId === null ? undefined : ({ type: "session_before_fork", entryId: leafId, position: "at" } as const);
    return this.#replaceIfWanted(asked, async () => this.#copy(this.#now.created.coding.session.leafId), { reason: "fork" });
  }

  /** The same session with configuration, credentials, context files and catalogue read anew. */
  reload(): Promise<void> {
    return this.#replace(
      async (signal) => {
        const { session } = this.#now.created.coding;
        if (session.filePath === undefined || !session.isPersisted) return session;
        await letGo(session);
        return Session.open(session.filePath, { ...this.#watch(), onBusy: this.#now.created.launch.options.onBusy, signal });
      },
      { reason: "reload" },
    );
  }

  /** Called with the texts that a change takes out of the queue: nobody will send them. Returns the remover. */
  onUnqueued(listener: (texts: readonly string[]) => void): () => void {
    this.#unqueued.add(listener);
    return () => this.#unqueued.delete(listener);
  }

  /** Ends waiting for a session that another process writes; the change fails with `session.busy`. */
  stopWaiting(): void {
    this.#waiting?.abort(new PiError("session.busy", "The session is in use by another process, and waiting for it was stopped"));
  }

  /** The process is about to end: nothing is waited for any more. Queued messages stay queued. */
  end(): Promise<void> {
    this.#isEnding = true;
    this.stopWaiting();
    return this.#stopWork();
  }

  /** Resolves when the change under way has ended, however. */
  async settled(): Promise<void> {
    await this.#changing?.catch(() => undefined);
  }

  /** Ends the run, the compaction and the user's commands under way. Queued messages stay queued. */
  async #stopWork(): Promise<void> {
    const { coding } = this.#now.created;
    coding.compaction.abort();
    coding.shell.abort();
    await Promise.all([coding.abort(), coding.shell.settled()]);
  }

  #requireSaved(): void {
    const { session } = this.#now.created.coding;
    if (session.filePath !== undefined && !session.isPersisted) {
      throw new PiError("session.unsaved", "This session has not been saved yet. Send a message before cloning or forking it.");
    }
  }

  #copy(leafId: string | null): Session {
    const { session } = this.#now.created.coding;
    return session.fork({ leafId, directory: session.filePath === undefined ? undefined : this.#directory() });
  }

  #directory(): string {
    return sessionPlace(this.#now.created.launch.options, this.#now.created.launch.config).directory;
  }

  /** Extensions are asked first; one may call it off. Nobody has to wait for a failure: it may come while all is being disposed of. */
  #replaceIfWanted(
    asked: ExtensionEventOf<"session_before_switch" | "session_before_fork"> | undefined,
    open: (signal: AbortSignal) => Promise<Session>,
    how: Replacement,
  ): Promise<Cancellable> {
    const replace = async (isCancelled: boolean): Promise<Cancellable> => {
      if (!isCancelled) await this.#replace(open, how);
      return { cancelled: isCancelled };
    };
    const asking = asked && this.#extensions.isCancelled(asked);
    const done = asking === undefined ? replace(false) : asking.then(replace);
    done.catch(() => undefined);
    return done;
  }

  /** One after another: a second replacement starts from what the first one has made. */
  #replace(open: (signal: AbortSignal) => Promise<Session>, how: Replacement): Promise<void> {
    const before = this.#changing ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => this.#replaceNow(open, how));
    this.#changing = mine;
    const done = (): void => {
      if (this.#changing === mine) this.#changing = undefined;
    };
    mine.then(done, done);
    return mine;
  }

  async #replaceNow(
    open: (signal: AbortSignal) => Promise<Session>,
    { reason, targetSessionFile, withSession }: Replacement,
  ): Promise<void> {
    if (this.#now.isDisposed) throw new PiError("session.closed", "The session is being closed");
    const before = this.#now.created;
    // Queued messages would vanish with the session: they are taken out first, which is announced.
    if (this.#now.created.coding.queue.count > 0) {
      const { steering, followUp } = this.#now.created.coding.queue.clear();
      for (const listener of this.#unqueued) listener([...steering, ...followUp]);
    }
    await this.#stopWork();
    const keep = { model: this.#now.created.coding.conversation.model, thinkingLevel: this.#now.created.coding.conversation.thinkingLevel };
    const { filePath } = before.coding.session;
    const wasPersisted = before.coding.session.isPersisted;
    // While the session can still be written to.
    await this.#extensions.shutdown({ reason, ...defined({ targetSessionFile }) });
    let made: Made;
    try {
      made = await this.#make(open, reason === "reload", keep);
    } catch (error) {
      await this.#restore(filePath, wasPersisted);
      await this.#extensions.started({ reason: "resume" });
      throw error;
    }
    const { session, workspace, created } = made;
    // Another session has its own, of its file or as at a start: whoever changed them did so for the one before.
    if (reason === "reload") created.coding.conversation.setActiveToolNames(stillActive(before, created));
    await this.#now.install(workspace, created);
    before.extensions?.invalidate();
    if (session !== before.coding.session) {
      await before.close();
      await this.#now.released(before.coding.session);
    }
    const previousSessionFile = reason === "reload" || filePath === undefined ? {} : { previousSessionFile: filePath };
    await this.#extensions.started({ reason, ...previousSessionFile }, withSession);
  }

  #watch(): SessionOptions {
    return sessionWatch(this.#deps, this.#now.created.launch);
  }

  /** Whatever fails on the way, the session opened for it does not keep its file. */
  async #make(open: (signal: AbortSignal) => Promise<Session>, reload: boolean, keep: StartOptions["keep"]): Promise<Made> {
    const waiting = new AbortController();
    this.#waiting = waiting;
    if (this.#isEnding) this.stopWaiting();
    const session = await open(waiting.signal);
    this.#waiting = undefined;
    try {
      const { launch, workspace } = await this.#next(session.header.cwd || this.#now.created.launch.options.cwd, reload);
      const extensionHost = this.#extensions.lent();
      return {
        session,
        workspace,
        created: await startSession(launch, workspace, session, this.#deps, { ...(keep && { keep }), isReload: reload, extensionHost }),
      };
    } catch (error) {
      if (session !== this.#now.created.coding.session) await letGo(session);
      throw error;
    }
  }

  /** The file of the session before may have been let go of already: it is taken up again. */
  async #restore(filePath: string | undefined, wasPersisted: boolean): Promise<void> {
    const { session } = this.#now.created.coding;
    if (filePath === undefined || !wasPersisted || !session.isClosed) return;
    const keep = { model: this.#now.created.coding.conversation.model, thinkingLevel: this.#now.created.coding.conversation.thinkingLevel };
    const reopened = await Session.open(filePath, { ...this.#watch(), onBusy: "fail" }).catch(() => undefined);
    if (reopened === undefined) return;
    const launch = await launchAgain(this.#now.created.launch, this.#deps);
    const created = await startSession(launch, this.#now.workspace, reopened, this.#deps, { keep, extensionHost: this.#extensions.lent() });
    this.#now.created.extensions?.invalidate();
    await this.#now.install(this.#now.workspace, created);
  }

  /** What a session of this directory is started with, and acts with. */
  async #next(cwd: string, reload: boolean): Promise<{ launch: Launch; workspace: Workspace }> {
    const { options } = this.#now.created.launch;
    const config = reload || cwd !== options.cwd ? await this.#deps.configFor?.(cwd) : undefined;
    if (config === undefined)
      return { launch: await launchAgain(this.#now.created.launch, this.#deps, { reload }), workspace: this.#now.workspace };
    const launch = await prepareLaunch({ ...options, cwd }, { ...this.#deps, config }, { reload });
    return { launch, workspace: await createWorkspace(launch, this.#deps) };
  }
}
