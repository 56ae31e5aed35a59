// Notes what the tools of a session change: stands between them and files and commands. Loaded by the harness with the first change or command.
// Invariant: a run is never held up or failed by its journal: what cannot be noted is done all the same.

import { defined } from "../contracts/defined.ts";
import type { FileOperations } from "../contracts/tool.ts";
import type { Env } from "../platform/paths.ts";
import { anyMode, type FileState, standingDirectory } from "./file-state.ts";
import { Journal } from "./journal.ts";
import { settlePending } from "./settle.ts";
import { changesSince, keepBefore, letGo, pendingDirectory, type WorkTreeDeps, workTreeOf } from "./work-tree.ts";

export interface RecorderDeps {
  env: Env;
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

  constructor(sessionFile: string, deps: RecorderDeps) {
    this.#journal = new Journal(sessionFile);
    this.#deps = deps;
  }

  /** What a killed process has left open, and what commands have done, is noted before anything new is done. */
  async #noted(): Promise<void> {
    this.#old ??= settlePending(this.#journal, this.#deps.env);
    await this.#old;
    await this.settled();
  }

  /** Resolves when all that was done is noted. */
  async settled(): Promise<void> {
    await this.#noting;
  }

  async write(path: string, data: Uint8Array | string, files: FileOperations): Promise<void> {
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

  async command<T>(cwd: string, run: () => Promise<T>): Promise<T> {
    const root = workTreeOf(cwd);
    if (root === undefined) return run();
    const name = this.#deps.run();
    const id = crypto.randomUUID();
    const isKept = await this.#note(() => this.#before(root, name, id));
    try {
      return await run();
    } finally {
      if (isKept === true) this.#noting = Promise.all([this.#noting, this.#note(() => this.#after(root, name, id))]);
    }
  }

  async #before(root: string, run: string, id: string): Promise<boolean> {
    await this.#noted();
    const known = this.#unseen.get(root);
    if (known !== undefined) {
      this.#miss(root, run, known);
      return false;
    }
    const directory = pendingDirectory(this.#journal, id);
    const seen = await keepBefore(root, directory, this.#looking);
    if ("reason" in seen) {
      letGo(directory);
      this.#miss(root, run, seen.reason);
      return false;
    }
    this.#journal.append({ type: "pending", run, id });
    return true;
  }

  async #after(root: string, run: string, id: string): Promise<void> {
    const directory = pendingDirectory(this.#journal, id);
    const { changes, reason } = await changesSince(directory, this.#looking);
    this.#journal.append(...changes.map((change) => ({ type: "change" as const, run, ...change })), { type: "settled", id });
    letGo(directory);
    if (reason !== undefined) this.#miss(root, run, reason);
  }

  get #looking(): WorkTreeDeps {
    return { env: this.#deps.env, store: this.#journal.store };
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
