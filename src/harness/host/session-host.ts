// Owns the session in force: starts the first one, tells listeners of whichever it is, disposes of it. The only way to a session: made for each
// mode by cli, and by the library. Invariant: listeners outlive a change of session.

import type { SessionStartEvent } from "../../contracts/extension-event.ts";
import type { Session } from "../../session/tree/session.ts";
import { Listeners } from "../conversation/listeners.ts";
import type { Intake } from "../intake/intake.ts";
import type { Launch } from "../launch/launch.ts";
import { openSession, sessionWatch } from "../launch/open-session.ts";
import { storageLostCode } from "../recovery/run-outcome.ts";
import type { CodingSession, SessionListener } from "../run/coding-session.ts";
import { HostedExtensions } from "./extension-host.ts";
import { type ChangeDeps, SessionChanges } from "./session-changes.ts";
import { carryModes } from "./session-handover.ts";
import { SessionModels } from "./session-models.ts";
import { type CreatedSession, startSession } from "./start-session.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

export interface SessionHostDeps extends ChangeDeps {
  /** What extensions hear of the first session's start. Default: that the program has started. */
  sessionStart?: Omit<SessionStartEvent, "type">;
  /** Ends waiting for a session that another process writes; the creation rejects with its reason. */
  signal?: AbortSignal;
}

export class SessionHost {
  /** Of the session in force. */
  readonly extensions: HostedExtensions;
  /** Puts another session in force. */
  readonly changes: SessionChanges;
  /** The models that the session in force has to choose from. */
  readonly models: SessionModels;
  #workspace: Workspace;
  #created: CreatedSession;
  readonly #listeners = new Listeners();
  readonly #replaced = new Set<() => void>();
  #unsubscribe: () => void;
  #isDisposed = false;
  #hasLostStorage = false;

  private constructor(workspace: Workspace, created: CreatedSession, deps: SessionHostDeps, extensions: HostedExtensions) {
    this.#workspace = workspace;
    this.#created = created;
    this.#unsubscribe = this.#listenTo(created.coding);
    this.extensions = extensions;
    this.models = new SessionModels(() => this.#created, deps);
    const host = this;
    this.changes = new SessionChanges(
      {
        get created() {
          return host.#created;
        },
        get workspace() {
          return host.#workspace;
        },
        get isDisposed() {
          return host.#isDisposed;
        },
        install: (next, made) => this.#install(next, made),
        released: (session) => this.#released(session),
      },
      deps,
      extensions,
    );
    extensions.owner = this;
  }

  /** `opened`: the session to begin with, in place of the one that the launch means. */
  static async create(launch: Launch, deps: SessionHostDeps, opened?: Session): Promise<SessionHost> {
    const workspace = await createWorkspace(launch, deps);
    const session = opened ?? (await openSession(launch, deps));
    opened?.useStores(sessionWatch(deps, launch));
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

  /** Whether `dispose` has been called. */
  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Whether a session of this process is not in its file as the user must think it is. Right once all are closed. */
  get hasLostStorage(): boolean {
    return this.#hasLostStorage;
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

  /** The process is about to end: stops all that runs, and waiting for another process. Queued messages stay queued. */
  end(): Promise<void> {
    return this.changes.end();
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.changes.settled();
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

  /** A closed session has tried for the last time to store what it could not. */
  async #released(session: Session): Promise<void> {
    this.#hasLostStorage ||= session.storageLost?.code === storageLostCode;
    await session.released();
  }

  async #install(workspace: Workspace, created: CreatedSession): Promise<void> {
    this.#unsubscribe();
    if (workspace !== this.#workspace) await this.#workspace.shell.killAll();
    carryModes(this.#created, created.coding);
    this.#workspace = workspace;
    this.#created = created;
    this.#unsubscribe = this.#listenTo(created.coding);
    for (const listener of this.#replaced) listener();
    this.extensions.install(created);
  }

  #listenTo(coding: CodingSession): () => void {
    return coding.subscribe((event) => this.#listeners.tell(event));
  }
}
