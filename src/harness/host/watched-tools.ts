// Files and commands as the tools of a session get them: what they change is noted beside the session. Made by start-session.
// Invariant: nothing of it is loaded before the first change or command; a session without a file notes nothing.

import type { FileOperations, ShellOperations, ShellRequest } from "../../contracts/tool.ts";
import type { ChangeRecorder } from "../../journal/recorder.ts";
import type { Env } from "../../platform/paths.ts";
import type { Session } from "../../session/tree/session.ts";

export interface WatchDeps {
  /** Of commands, as far as it is not the session's. */
  env: Env;
  /** The shell runs what it is given, and nothing before it. */
  readsLinesAsWritten: boolean;
  warn(line: string): void;
}

export class WatchedTools {
  readonly files: FileOperations;
  readonly shell: ShellOperations;
  readonly #session: Session;
  readonly #deps: WatchDeps;
  #run: string | undefined;
  #recorder: Promise<ChangeRecorder> | undefined;

  constructor(session: Session, { files, shell }: { files: FileOperations; shell: ShellOperations }, deps: WatchDeps) {
    this.#session = session;
    this.#deps = deps;
    this.files = {
      ...files,
      writeAtomic: async (path, data) => {
        const recorder = await this.#load();
        return recorder === undefined ? files.writeAtomic(path, data) : recorder.write(path, data, files);
      },
    };
    this.shell = {
      run: async (request) => {
        const isWatched = request.isUnwatched !== true && !(await this.#onlyLooks(request));
        const recorder = isWatched ? await this.#load() : undefined;
        return recorder === undefined ? shell.run(request) : recorder.command(request.cwd, () => shell.run(request));
      },
    };
  }

  /** What comes now belongs to another run. Resolves when all that this one did is noted. */
  async endRun(): Promise<void> {
    this.#run = undefined;
    await (await this.#recorder)?.settled();
  }

  async #onlyLooks({ command, cwd }: ShellRequest): Promise<boolean> {
    if (!this.#deps.readsLinesAsWritten) return false;
    const { onlyLooks } = await import("../../extensions/policy/only-looks.ts");
    return onlyLooks(command, this.#deps.env, cwd);
  }

  async #load(): Promise<ChangeRecorder | undefined> {
    const session = this.#session;
    const file = session.storageLost === undefined ? session.filePath : undefined;
    if (file === undefined) return undefined;
    this.#recorder ??= import("../../journal/recorder.ts").then(
      ({ ChangeRecorder }) =>
        new ChangeRecorder(file, {
          env: this.#deps.env,
          warn: this.#deps.warn,
          run: () => {
            this.#run ??= crypto.randomUUID();
            return this.#run;
          },
        }),
    );
    return this.#recorder;
  }
}
