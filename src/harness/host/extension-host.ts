// The extensions of whatever session is in force: what the host has bound for them, when they start and stop, whom their errors reach.
// Made by session-host. Invariant: each session has extensions of its own; what was bound once holds for the sessions after it, too.

import type {
  Cancellable,
  ExtensionError,
  LoadExtensionsResult,
  SessionControl,
  SlashCommandInfo,
  WithSession,
} from "../../contracts/extension.ts";
import type { ExtensionEventOf, SessionShutdownEvent, SessionStartEvent } from "../../contracts/extension-event.ts";
import type { ExtensionBindings } from "../extensions/extension-context.ts";
import type { ExtensionLauncher } from "../launch/extension-launcher.ts";
import { launchPrompt } from "../launch/launch-prompt.ts";
import type { CodingSession } from "../run/coding-session.ts";
import type { SessionModels } from "./session-models.ts";
import type { CreatedSession, ExtensionHost } from "./start-session.ts";

/** What the session host does for them. */
interface SessionOwner {
  readonly coding: CodingSession;
  readonly models: SessionModels;
  readonly changes: Pick<SessionControl, "newSession" | "fork" | "switchSession" | "reload">;
}

export class HostedExtensions {
  #owner: SessionOwner | undefined;
  /** In place of the owner's, where the session host itself is replaced. */
  control: Pick<SessionControl, "newSession" | "fork" | "switchSession"> | undefined;
  readonly #now: () => number;
  /** What their files throw late goes to the session in force. */
  readonly #files: ExtensionLauncher | undefined;
  #current: CreatedSession | undefined;
  #bindings: ExtensionBindings = {};
  #isBound = false;
  #startEvent: Omit<SessionStartEvent, "type"> | undefined;
  readonly #errorListeners = new Set<(error: ExtensionError) => void>();
  readonly #startListeners = new Set<() => void>();

  constructor(startEvent: Omit<SessionStartEvent, "type"> | undefined, now: () => number, files?: ExtensionLauncher) {
    this.#startEvent = startEvent;
    this.#now = now;
    this.#files = files;
  }

  set owner(owner: SessionOwner) {
    this.#owner = owner;
  }

  /** What there was to load, with what could not be. */
  get loaded(): LoadExtensionsResult | undefined {
    return this.#current?.launch.parts?.extensions;
  }

  /** Another session is in force. */
  install(created: CreatedSession): void {
    this.#current = created;
    if (this.#files !== undefined) this.#files.report = (error) => created.extensions?.report(error);
  }

  /** Returns the remover. */
  onError(listener: (error: ExtensionError) => void): () => void {
    this.#errorListeners.add(listener);
    return () => void this.#errorListeners.delete(listener);
  }

  /** Told when a session has started: what its extensions bring is there from now on. Returns the remover. */
  onStarted(listener: () => void): () => void {
    this.#startListeners.add(listener);
    return () => void this.#startListeners.delete(listener);
  }

  /** What the host has for whoever asks its user; nothing is started. */
  lend(bindings: ExtensionBindings): void {
    this.#bindings = bindings;
  }

  /** The host is ready for them: they hear of the start of the session, and of the start of every later one. Nothing to wait for without any. */
  bind(bindings: ExtensionBindings): Promise<void> | undefined {
    this.#bindings = bindings;
    this.#isBound = true;
    const event = this.#startEvent ?? { reason: "startup" };
    this.#startEvent = undefined;
    if (this.inForce !== undefined) return this.#start(event).then(() => this.#tellStarted());
    this.#tellStarted();
    return undefined;
  }

  /** Those of the session in force; nothing where there are none. */
  get inForce(): CreatedSession["extensions"] {
    return this.#current?.extensions;
  }

  /** All that can be typed as `/name`; nothing where there are no extensions. */
  commands(): SlashCommandInfo[] | undefined {
    return this.#current?.extensions?.commands();
  }

  /** Nothing where there is nobody to ask. */
  isCancelled(event: ExtensionEventOf<"session_before_switch" | "session_before_fork">): Promise<boolean> | undefined {
    return this.#current?.coding.conversation.interceptor?.beforeReplace?.(event);
  }

  async shutdown(about: Omit<SessionShutdownEvent, "type">): Promise<void> {
    await this.#current?.extensions?.shutdown(about);
  }

  async started(about: Omit<SessionStartEvent, "type">, withSession?: WithSession["withSession"]): Promise<void> {
    if (this.#isBound) await this.#start(about);
    this.#tellStarted();
    await this.enter(withSession);
  }

  /** Work that somebody wants done in the session in force. */
  async enter(withSession: WithSession["withSession"]): Promise<void> {
    const extensions = this.#current?.extensions;
    if (extensions !== undefined) await withSession?.(extensions.replacedContext());
  }

  #tellStarted(): void {
    for (const listener of [...this.#startListeners]) listener();
  }

  async #start(about: Omit<SessionStartEvent, "type">): Promise<void> {
    const created = this.#current;
    const found = await created?.extensions?.start(about);
    if (created === undefined || found === undefined || Object.values(found).every((paths) => paths.length === 0)) return;
    const { launch, coding, extensions } = created;
    const resources = await launch.parts?.extend(found);
    if (resources === undefined) return;
    created.launch = { ...launch, resources };
    coding.conversation.setResources(await launchPrompt(launch.options, resources, this.#now()), resources.expand);
    await extensions?.setResources(resources);
  }

  /** For `startSession`. */
  lent(): ExtensionHost {
    const owner = (): SessionOwner => {
      if (this.#owner === undefined) throw new Error("an extension was called before there was a session");
      return this.#owner;
    };
    const cancellable = async (work: Promise<Cancellable>): Promise<Cancellable> => ({ cancelled: (await work).cancelled });
    return {
      bindings: () => this.#boundNow(),
      hasModel: () => owner().models.inForce !== undefined,
      scope: () => owner().models.scope,
      control: {
        newSession: (how) => cancellable((this.control ?? owner().changes).newSession(how)),
        fork: (entryId, how) => cancellable((this.control ?? owner().changes).fork(entryId, how)),
        switchSession: (path, how) => cancellable((this.control ?? owner().changes).switchSession(path, how)),
        navigateTree: (targetId, how) => cancellable(owner().coding.navigate(targetId, how)),
        reload: () => owner().changes.reload(),
      },
    };
  }

  #boundNow(): ExtensionBindings {
    const { onError } = this.#bindings;
    if (this.#errorListeners.size === 0) return this.#bindings;
    return {
      ...this.#bindings,
      onError: (error) => {
        onError?.(error);
        for (const listener of [...this.#errorListeners]) listener(error);
      },
    };
  }
}
