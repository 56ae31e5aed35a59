// Notes what the tools of a session change: stands between them and files and commands. Loaded by the harness with the first change or command.
// Invariant: a run is never held up or failed by its journal: what cannot be noted is done all the same.

import { realpathSync } from "node:fs";
import { defined } from "../contracts/defined.ts";
import type { FileOperations, ShellRequest } from "../contracts/tool.ts";
import { anyMode, type FileState, standingDirectory } from "./file-state.ts";
import { paysToLookAhead, workTreeOf } from "./git-directory.ts";
import { Journal } from "./journal.ts";
import { settlePending } from "./settle.ts";
import { changesSince, keepBefore, letGo, lookAgain, pendingDirectory, type Seen, type WorkTreeDeps } from "./work-tree.ts";

/** A look that a command finds done may have begun so long before it, … */
const maxAheadMs = 1500;
/** … and another is begun after so long, while the model still says what the command is. */
const lookAgainMs = 1000;

/** A look at a tree that is begun before the command that it is for. */
interface LookAhead {
  root: string;
  id: string;
  startedAt: number;
  /** Unix ms. */
  lookedAt: number;
  isEnded: boolean;
  seen: Promise<Seen<true>>;
  abort: AbortController;
}

export interface RecorderDeps extends Pick<WorkTreeDeps, "env" | "trusts"> {
  /** Names the run under way. */
  run(): string;
  warn(line: string): void;
}

export class ChangeRecorder {
  readonly #journal: Journal;
  readonly #deps: RecorderDeps;
  #old: Promise<void> | undefined;
  /** Of commands that have ended: what they have changed is found out while the model goes on. */
  #noting: Promise<unknown> = Promise.resolve();
  /** Why commands in a tree are no longer looked after, by its root. */
  readonly #unseen = new Map<string, string>();
  #isTold = false;
  #ahead: LookAhead | undefined;

  constructor(sessionFile: string, deps: RecorderDeps) {
    this.#journal = new Journal(sessionFile);
    this.#deps = deps;
  }

  /** What a killed process has left open, and what commands have done, is noted before anything new is done. */
  async #noted(): Promise<void> {
    // As it is now: what is added while old things are settled may wait for whoever asks.
    const noting = this.#noting;
    this.#old ??= settlePending(this.#journal, this.#deps);
    await this.#old;
    await noting;
  }

  /** Resolves when all that was done is noted. */
  async settled(): Promise<void> {
    this.#drop(this.#ahead);
    await this.#noting;
  }

  /** A command is being asked for: where a comparison takes long it is begun while the model still speaks. Called as often as it goes on speaking. */
  lookAhead(cwd: string): void {
    const root = workTreeOf(cwd);
    if (root === undefined || this.#unseen.has(root) || !paysToLookAhead(root)) return;
    const last = this.#ahead;
    if (last?.root === root && (!last.isEnded || performance.now() - last.startedAt < lookAgainMs)) return;
    this.#drop(last);
    const id = crypto.randomUUID();
    const abort = new AbortController();
    const startedAt = performance.now();
    const noted = this.#noted();
    const look = noted.then(() => keepBefore(root, pendingDirectory(this.#journal, id), this.#looking, abort.signal));
    const ended = (): void => {
      ahead.isEnded = true;
    };
    const ahead: LookAhead = { root, id, startedAt, lookedAt: Date.now(), isEnded: false, abort, seen: look };
    look.then(ended, ended);
    this.#ahead = ahead;
  }

  /** The one that is for a command in this tree; nothing has been changed since by tools. */
  #takeAhead(root: string): LookAhead | undefined {
    const ahead = this.#ahead;
    if (ahead === undefined || ahead.root !== root || performance.now() - ahead.startedAt > maxAheadMs) return undefined;
    this.#ahead = undefined;
    return ahead;
  }

  #drop(ahead: LookAhead | undefined): void {
    if (ahead === undefined) return;
    if (this.#ahead === ahead) this.#ahead = undefined;
    ahead.abort.abort();
    const gone = this.#note(async () => {
      await ahead.seen.catch(() => {});
      letGo(pendingDirectory(this.#journal, ahead.id));
      this.#journal.removeIfEmpty();
    });
    this.#noting = Promise.all([this.#noting, gone]);
  }

  async write(path: string, data: Uint8Array | string, files: FileOperations): Promise<void> {
    this.#drop(this.#ahead);
    await this.#note(async () => {
      await this.#noted();
      const real = await files.canonical(path);
      const before = await this.#journal.store.stateAt(real);
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      const hash = await this.#journal.store.keep(bytes);
      const mode = before.kind === "file" ? before.mode : anyMode;
      const after: FileState = { kind: "file", mode, size: bytes.length, ...defined({ hash }) };
      this.#journal.append({ type: "change", run: this.#deps.run(), path: real, before, after, floor: standingDirectory(real) });
    });
    await files.writeAtomic(path, data);
  }

  async command<T>({ cwd, command: line }: Pick<ShellRequest, "cwd" | "command">, run: () => Promise<T>): Promise<T> {
    const root = workTreeOf(cwd);
    if (root === undefined) return run();
    const name = this.#deps.run();
    const ahead = this.#takeAhead(root);
    this.#drop(this.#ahead);
    const id = ahead?.id ?? crypto.randomUUID();
    const kept = await this.#note(() => this.#before(root, name, id, { cwd, line, ahead }));
    try {
      return await run();
    } finally {
      if (kept !== undefined) this.#noting = Promise.all([this.#noting, this.#note(() => this.#after(root, name, id, kept.since))]);
    }
  }

  /** Nothing where commands are not followed. */
  async #before(
    root: string,
    run: string,
    id: string,
    { cwd, line, ahead }: { cwd: string; line: string; ahead: LookAhead | undefined },
  ): Promise<{ since?: number } | undefined> {
    await this.#noted();
    const known = this.#unseen.get(root);
    if (known !== undefined) {
      this.#miss(root, run, known);
      return undefined;
    }
    const directory = pendingDirectory(this.#journal, id);
    const seen = await (ahead?.seen ?? keepBefore(root, directory, this.#looking));
    if ("reason" in seen) {
      letGo(directory);
      this.#miss(root, run, seen.reason);
      return undefined;
    }
    await lookAgain(directory, { cwd: realpathSync(cwd), line, ...defined({ lookedAt: ahead?.lookedAt }) }, this.#journal.store);
    const began = ahead === undefined ? {} : { since: Date.now() };
    this.#journal.append({ type: "pending", run, id, ...began });
    return began;
  }

  async #after(root: string, run: string, id: string, since: number | undefined): Promise<void> {
    const directory = pendingDirectory(this.#journal, id);
    const { changes, reason, passedOver } = await changesSince(directory, this.#looking, since);
    this.#journal.append(...changes.map((change) => ({ type: "change" as const, run, ...change })), { type: "settled", id });
    letGo(directory);
    if (passedOver !== undefined) this.#journal.append({ type: "missed", run, root, why: passedOver });
    if (reason !== undefined) this.#miss(root, run, reason);
  }

  get #looking(): WorkTreeDeps {
    return { env: this.#deps.env, trusts: this.#deps.trusts, store: this.#journal.store };
  }

  /** Said once, and noted for whoever undoes the run; a command is not held up a second time. */
  #miss(root: string, run: string, why: string): void {
    this.#unseen.set(root, why);
    this.#journal.append({ type: "missed", run, root, why });
    if (this.#isTold) return;
    this.#isTold = true;
    this.#deps.warn(`pi undo will not know what commands change in ${root}: ${why}`);
  }

  async #note<T>(task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task();
    } catch {
      return undefined;
    }
  }
}
