// Owns the session in force and replaces it: new, another file, a fork, a clone, a fresh start. The only way to a session: made for each mode by cli, and by the library.
// Invariant: listeners outlive replacements; a replacement that fails leaves the session before it in force; replacements never overlap.

import { lstatSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Config } from "../../config/load-config.ts";
import { PiError } from "../../contracts/error.ts";
import type { Cancellable, WithSession } from "../../contracts/extension.ts";
import type { ExtensionEventOf, SessionStartEvent } from "../../contracts/extension-event.ts";
import type { Model } from "../../contracts/model.ts";
import { Session } from "../../session/tree/session.ts";
import type { Navigation } from "../compaction/navigate.ts";
import { Listeners } from "../conversation/listeners.ts";
import type { Intake } from "../intake/intake.ts";
import { noModel } from "../launch/choose-model.ts";
import { type Launch, launchAgain, prepareLaunch } from "../launch/launch.ts";
import { openSession, sessionPlace, sessionWatch } from "../launch/open-session.ts";
import type { ModelRegistry } from "../models/model-registry.ts";
import { resolveModelScope, type ScopedModel } from "../models/model-scope.ts";
import { storageLostCode } from "../recovery/run-outcome.ts";
import type { CodingSession, SessionListener } from "../run/coding-session.ts";
import { HostedExtensions } from "./extension-host.ts";
import { carryModes, isDirectory, isFileOf, letGo, stillActive } from "./session-handover.ts";
import { type CreatedSession, type StartDeps, type StartOptions, startSession } from "./start-session.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

export interface SessionHostDeps extends StartDeps {
  /** What extensions hear of the first session's start. Default: that the program has started. */
  sessionStart?: Omit<SessionStartEvent, "type">;
  /** Ends waiting for a session that another process writes; the creation rejects with its reason. */
  signal?: AbortSignal;
  /** The configuration of another working directory, for sessions that were made there; without it all run with the first one's. */
  configFor?(cwd: string): Promise<Config>;
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

export class SessionHost {
  /** Of the session in force. */
  readonly extensions: HostedExtensions;
  readonly #deps: SessionHostDeps;
  #workspace: Workspace;
  #created: CreatedSession;
  #name: string | undefined;
  #scope: ScopedModel[] | undefined;
  readonly #listeners = new Listeners();
  readonly #replaced = new Set<() => void>();
  #unsubscribe: () => void;
  #replacing: Promise<unknown> | undefined;
  /** Of the replacement that may be waiting for another process. */
  #waiting: AbortController | undefined;
  #isEnding = false;
  #isDisposed = false;
  #hasLostStorage = false;

  private constructor(workspace: Workspace, created: CreatedSession, deps: SessionHostDeps, extensions: HostedExtensions) {
    this.extensions = extensions;
    extensions.owner = this;
    this.#deps = deps;
    this.#workspace = workspace;
    this.#created = created;
    this.#name = created.coding.session.name;
    this.#unsubscribe = this.#listenTo(created.coding);
  }

  /** `opened`: the session to begin with, in place of the one that the launch means. */
  static async create(launch: Launch, deps: SessionHostDeps, opened?: Session): Promise<SessionHost> {
    const workspace = await createWorkspace(launch, deps);
    const session = opened ?? (await openSession(launch, deps));
    try {
      const extensions = new HostedExtensions(deps.sessionStart, () => deps.host.now(), deps.extensions);
      const created = await startSession(launch, workspace, session, deps, { extensionHost: extensions.lent() });
      extensions.install(created);
      return new SessionHost(workspace, created, deps, extensions);
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Of now; ask again after a replacement. */
  get coding(): CodingSession {
    return this.#created.coding;
  }

  /** The way in for words to the session in force. */
  get intake(): Intake {
    return this.#created.intake;
  }

  /** What the session in force was started with: what is in force beside the conversation. */
  get launch(): Launch {
    return this.#created.launch;
  }

  get registry(): ModelRegistry {
    return this.launch.registry;
  }

  /** Why the model in force was chosen at the start of the session. */
  get modelWhy(): string {
    return this.#created.modelWhy;
  }

  /** Of the session in force; known without looking into its file. */
  get sessionName(): string | undefined {
    return this.#name;
  }

  /** Whether there is a model to ask; else `coding.model` is a stand-in. */
  get hasModel(): boolean {
    return this.coding.conversation.model !== noModel;
  }

  /** Whether `dispose` has been called. */
  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** The model as a request needs it; as it is where the caller of the library brings the way to it. */
  async readyModel(model: Model): Promise<Model> {
    return this.#deps.custom?.access === undefined ? this.registry.ready(model) : model;
  }

  /** Settles when the replacement under way has ended; nothing when none is. */
  get replacing(): Promise<unknown> | undefined {
    return this.#replacing;
  }

  /** Whether a session of this process is not in its file as the user must think it is. Right once all are closed. */
  get hasLostStorage(): boolean {
    return this.#hasLostStorage;
  }

  /** What cycling goes through; empty: all models that can be called. */
  get scope(): readonly ScopedModel[] {
    if (this.#scope === undefined) {
      const { models, warnings } = resolveModelScope(this.launch.config.values.models, this.registry);
      for (const line of warnings) this.#deps.warn(line);
      this.#scope = models;
    }
    return this.#scope;
  }

  set scope(scope: readonly ScopedModel[]) {
    this.#scope = [...scope];
  }

  /** Of whatever session is in force. Returns the remover. */
  subscribe(listener: SessionListener): () => void {
    return this.#listeners.add(listener);
  }

  /** Called when another session has come into force. Returns the remover. */
  onReplaced(listener: () => void): () => void {
    this.#replaced.add(listener);
    return () => this.#replaced.delete(listener);
  }

  newSession({ withSession, ...given }: { parentSession?: string; id?: string } & WithSession = {}): Promise<Cancellable> {
    const open = async (): Promise<Session> => {
      const { filePath } = this.coding.session;
      const directory = filePath === undefined ? undefined : this.#directory();
      return Session.create({ cwd: this.launch.options.cwd, directory, ...given }, sessionWatch(this.#deps));
    };
    const how = { reason: "new", ...(withSession === undefined ? {} : { withSession }) } as const;
    return this.#replaceIfWanted({ type: "session_before_switch", reason: "new" }, open, how);
  }

  /** A path where nothing is becomes the file of a new session. */
  switchSession(sessionPath: string, how: WithSession = {}): Promise<Cancellable> {
    const path = resolve(this.launch.options.cwd, sessionPath);
    const open = async (signal: AbortSignal): Promise<Session> => {
      const { cwd } = this.launch.options;
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined)
        return Session.create({ cwd, directory: dirname(path), filePath: path }, sessionWatch(this.#deps));
      // The lease is ours: two descriptors of one process would exclude each other.
      if (isFileOf(this.coding.session, path)) await letGo(this.coding.session);
      const session = await Session.open(path, { ...sessionWatch(this.#deps), onBusy: this.launch.options.onBusy, signal });
      // Without one told, it is that of now.
      if (session.header.cwd === "" || isDirectory(session.header.cwd)) return session;
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
    const { leafId, text } = position === "at" ? { leafId: entryId, text: "" } : this.coding.forkPoint(entryId);
    this.#requireSaved();
    // Before the first message there is only what every session begins with, and a new one does that by itself.
    const { session } = this.coding;
    const isEmpty = leafId === null || session.context(leafId).messages.every((message) => message.role === "system");
    const asked = { type: "session_before_fork", entryId, position } as const;
    const open = async (): Promise<Session> => this.#copy(isEmpty ? null : leafId);
    return { text, ...(await this.#replaceIfWanted(asked, open, { reason: "fork", ...how })) };
  }

  /** A new session with all of the branch in force. */
  async clone(): Promise<Cancellable> {
    this.#requireSaved();
    const { leafId } = this.coding.session;
    const asked = leafId === null ? undefined : ({ type: "session_before_fork", entryId: leafId, position: "at" } as const);
    return this.#replaceIfWanted(asked, async () => this.#copy(this.coding.session.leafId), { reason: "fork" });
  }

  /** Another place in the tree of the session in force; `null`: before all entries. */
  async navigateTree(
    targetId: string | null,
    { label, ...how }: { summarize?: boolean; customInstructions?: string; label?: string } = {},
  ): Promise<Navigation> {
    const result = await this.coding.navigate(targetId, how);
    if (label !== undefined && targetId !== null && !result.cancelled) this.coding.setLabel(targetId, label);
    return result;
  }

  /** The same session with configuration, credentials, context files and catalogue read anew. */
  reload(): Promise<void> {
    return this.#replace(
      async (signal) => {
        const { session } = this.coding;
        if (session.filePath === undefined || !session.isPersisted) return session;
        await letGo(session);
        return Session.open(session.filePath, { ...sessionWatch(this.#deps), onBusy: this.launch.options.onBusy, signal });
      },
      { reason: "reload" },
    );
  }

  /** Ends the run, the compaction and the user's commands under way. Queued messages stay queued. */
  async stopWork(): Promise<void> {
    const { coding } = this;
    coding.compaction.abort();
    coding.shell.abort();
    await Promise.all([coding.abort(), coding.shell.settled()]);
  }

  /** Ends waiting for a session that another process writes; the replacement fails with `session.busy`. */
  stopWaiting(): void {
    this.#waiting?.abort(new PiError("session.busy", "The session is in use by another process, and waiting for it was stopped"));
  }

  /** The process is about to end: the same as `stopWork`, and nothing is waited for any more. */
  end(): Promise<void> {
    this.#isEnding = true;
    this.stopWaiting();
    return this.stopWork();
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#replacing?.catch(() => undefined);
    await this.extensions.shutdown({ reason: "quit" });
    await this.#created.close();
    await this.#workspace.shell.killAll();
    await this.#released(this.coding.session);
    this.#unsubscribe();
    this.#listeners.clear();
  }

  /** For a second signal: KILL to all that commands have started. */
  killAllNow(): void {
    this.#workspace.shell.killAllNow();
  }

  #requireSaved(): void {
    const { session } = this.coding;
    if (session.filePath !== undefined && !session.isPersisted) {
      throw new PiError("session.unsaved", "This session has not been saved yet. Send a message before cloning or forking it.");
    }
  }

  #copy(leafId: string | null): Session {
    const { session } = this.coding;
    return session.fork({ leafId, directory: session.filePath === undefined ? undefined : this.#directory() });
  }

  #directory(): string {
    return sessionPlace(this.launch.options, this.launch.config).directory;
  }

  /** A closed session has tried for the last time to store what it could not. */
  async #released(session: Session): Promise<void> {
    this.#hasLostStorage ||= session.storageLost?.code === storageLostCode;
    await session.released();
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
    const asking = asked && this.extensions.isCancelled(asked);
    const done = asking === undefined ? replace(false) : asking.then(replace);
    done.catch(() => undefined);
    return done;
  }

  /** One after another: a second replacement starts from what the first one has made. */
  #replace(open: (signal: AbortSignal) => Promise<Session>, how: Replacement): Promise<void> {
    const before = this.#replacing ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => this.#replaceNow(open, how));
    this.#replacing = mine;
    const done = (): void => {
      if (this.#replacing === mine) this.#replacing = undefined;
    };
    mine.then(done, done);
    return mine;
  }

  async #replaceNow(
    open: (signal: AbortSignal) => Promise<Session>,
    { reason, targetSessionFile, withSession }: Replacement,
  ): Promise<void> {
    if (this.#isDisposed) throw new PiError("session.closed", "The session is being closed");
    const before = this.#created;
    // Queued messages would vanish with the session: they are taken out first, which is announced.
    if (this.coding.queue.count > 0) this.coding.queue.clear();
    await this.stopWork();
    const keep = { model: this.coding.conversation.model, thinkingLevel: this.coding.conversation.thinkingLevel };
    const { filePath } = before.coding.session;
    const wasPersisted = before.coding.session.isPersisted;
    // While the session can still be written to.
    await this.extensions.shutdown({ reason, ...(targetSessionFile === undefined ? {} : { targetSessionFile }) });
    let made: Made;
    try {
      made = await this.#make(open, reason === "reload", keep);
    } catch (error) {
      await this.#restore(filePath, wasPersisted);
      await this.extensions.started({ reason: "resume" });
      throw error;
    }
    const { session, workspace, created } = made;
    if (workspace === this.#workspace) created.coding.conversation.setActiveToolNames(stillActive(before.coding, created.coding));
    await this.#install(workspace, created);
    this.extensions.install(created);
    before.extensions?.invalidate();
    if (session !== before.coding.session) {
      await before.close();
      await this.#released(before.coding.session);
    }
    const previousSessionFile = reason === "reload" || filePath === undefined ? {} : { previousSessionFile: filePath };
    await this.extensions.started({ reason, ...previousSessionFile }, withSession);
  }

  /** Whatever fails on the way, the session opened for it does not keep its file. */
  async #make(open: (signal: AbortSignal) => Promise<Session>, reload: boolean, keep: StartOptions["keep"]): Promise<Made> {
    const waiting = new AbortController();
    this.#waiting = waiting;
    if (this.#isEnding) this.stopWaiting();
    const session = await open(waiting.signal);
    this.#waiting = undefined;
    try {
      const { launch, workspace } = await this.#next(session.header.cwd || this.launch.options.cwd, reload);
      const extensionHost = this.extensions.lent();
      return {
        session,
        workspace,
        created: await startSession(launch, workspace, session, this.#deps, { ...(keep && { keep }), extensionHost }),
      };
    } catch (error) {
      if (session !== this.coding.session) await letGo(session);
      throw error;
    }
  }

  /** The file of the session before may have been let go of already: it is taken up again. */
  async #restore(filePath: string | undefined, wasPersisted: boolean): Promise<void> {
    const { session } = this.coding;
    if (filePath === undefined || !wasPersisted || !session.isClosed) return;
    const keep = { model: this.coding.conversation.model, thinkingLevel: this.coding.conversation.thinkingLevel };
    const reopened = await Session.open(filePath, { ...sessionWatch(this.#deps), onBusy: "fail" }).catch(() => undefined);
    if (reopened === undefined) return;
    const launch = await launchAgain(this.launch, this.#deps);
    const created = await startSession(launch, this.#workspace, reopened, this.#deps, { keep, extensionHost: this.extensions.lent() });
    this.#created.extensions?.invalidate();
    await this.#install(this.#workspace, created);
    this.extensions.install(created);
  }

  async #install(workspace: Workspace, created: CreatedSession): Promise<void> {
    this.#unsubscribe();
    if (workspace !== this.#workspace) await this.#workspace.shell.killAll();
    carryModes(this.#created.coding, created.coding);
    this.#workspace = workspace;
    this.#created = created;
    this.#name = created.coding.session.name;
    this.#unsubscribe = this.#listenTo(created.coding);
    for (const listener of this.#replaced) listener();
  }

  /** What a session of this directory is started with, and acts with. */
  async #next(cwd: string, reload: boolean): Promise<{ launch: Launch; workspace: Workspace }> {
    const { options } = this.launch;
    const config = reload || cwd !== options.cwd ? await this.#deps.configFor?.(cwd) : undefined;
    if (config === undefined) return { launch: await launchAgain(this.launch, this.#deps, { reload }), workspace: this.#workspace };
    this.#scope = undefined;
    const launch = await prepareLaunch({ ...options, cwd }, { ...this.#deps, config }, { reload });
    return { launch, workspace: await createWorkspace(launch, this.#deps) };
  }

  #listenTo(coding: CodingSession): () => void {
    return coding.subscribe((event) => {
      if (event.type === "session_info_changed") this.#name = event.name;
      return this.#listeners.tell(event);
    });
  }
}
