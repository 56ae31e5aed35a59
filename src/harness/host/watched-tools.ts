// Files and commands as the tools of a session get them: what they change is noted beside the session. Made by start-session.
// Invariant: nothing of it is loaded before the first change or command; a session without a file notes nothing.

import type { FileOperations, ShellOperations } from "../../contracts/tool.ts";
import type { ChangeRecorder } from "../../journal/recorder.ts";
import type { Env } from "../../platform/paths.ts";
import type { Session } from "../../session/tree/session.ts";

export class WatchedTools {
  readonly files: FileOperations;
  readonly shell: ShellOperations;
  readonly #session: Session;
  readonly #env: Env;
  #run: string | undefined;
  #recorder: Promise<ChangeRecorder> | undefined;

  constructor(session: Session, env: Env, { files, shell }: { files: FileOperations; shell: ShellOperations }) {
    this.#session = session;
    this.#env = env;
    this.files = {
      ...files,
      writeAtomic: async (path, data) => {
        const recorder = await this.#load();
        return recorder === undefined ? files.writeAtomic(path, data) : recorder.write(path, data, files);
      },
    };
    this.shell = {
      run: async (request) => {
        const recorder = request.isUnwatched === true ? undefined : await this.#load();
        return recorder === undefined ? shell.run(request) : recorder.command(request.cwd, () => shell.run(request));
      },
    };
  }

  /** What comes now belongs to another run. */
  endRun(): void {
    this.#run = undefined;
  }

  async #load(): Promise<ChangeRecorder | undefined> {
    const session = this.#session;
    const file = session.storageLost === undefined ? session.filePath : undefined;
    if (file === undefined) return undefined;
    this.#recorder ??= import("../../journal/recorder.ts").then(
      ({ ChangeRecorder }) =>
        new ChangeRecorder(file, {
          env: this.#env,
          run: () => {
            this.#run ??= crypto.randomUUID();
            return this.#run;
          },
        }),
    );
    return this.#recorder;
  }
}
