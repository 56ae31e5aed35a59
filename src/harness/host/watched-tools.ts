// Files and commands as the tools of a session get them: what they change is noted beside the session. Made by start-session.
// Invariant: nothing of it is loaded before the first change or command; a session without a file notes nothing.

import type { AssistantMessageEvent } from "../../contracts/stream-event.ts";
import type { FileOperations, ShellOperations, ShellRequest } from "../../contracts/tool.ts";
import type { ChangeRecorder } from "../../journal/recorder.ts";
import type { Env } from "../../platform/paths.ts";
import type { Session } from "../../session/tree/session.ts";

export interface WatchDeps {
  /** Of commands, as far as it is not the session's. */
  env: Env;
  /** The shell runs what it is given, and nothing before it. */
  readsLinesAsWritten: boolean;
  /** Whether the user has decided for this very directory. */
  trusts(directory: string): boolean;
  /** Where the session's commands run. */
  cwd: string;
  warn(line: string): void;
}

/** Of calls of it the command is known before it runs. */
const commandTool = "bash";
const commandSoFar = /^\s*\{\s*"command"\s*:\s*"((?:[^"\\]|\\.)*)/s;
/** So much of it tells what it does. */
const tellingLength = 2000;

export class WatchedTools {
  readonly files: FileOperations;
  readonly shell: ShellOperations;
  readonly #session: Session;
  readonly #deps: WatchDeps;
  #run: string | undefined;
  #recorder: Promise<ChangeRecorder> | undefined;
  /** Of calls that are being asked for: what there is of their arguments, by place in the answer. */
  readonly #asked = new Map<number, string>();
  #paysToLookAhead: boolean | undefined;

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
        return recorder === undefined ? shell.run(request) : recorder.command(request, () => shell.run(request));
      },
    };
  }

  /** Hears what the model says: the tree is looked at while it still says which command is to change it. Holds nobody up. */
  hear(event: AssistantMessageEvent): void {
    if (event.type === "toolcall_start" && event.toolName === commandTool) this.#asked.set(event.contentIndex, "");
    else if (event.type === "toolcall_delta") {
      const before = this.#asked.get(event.contentIndex);
      if (before === undefined) return;
      const text = before.length < tellingLength ? before + event.delta : before;
      this.#asked.set(event.contentIndex, text);
      void this.#lookAhead(text).catch(() => {});
    } else if (event.type === "toolcall_end") this.#asked.delete(event.contentIndex);
  }

  async #lookAhead(argumentsSoFar: string): Promise<void> {
    if (this.#paysToLookAhead === false) return;
    const { paysToLookAhead, workTreeOf } = await import("../../journal/git-directory.ts");
    const root = workTreeOf(this.#deps.cwd);
    this.#paysToLookAhead ??= root !== undefined && paysToLookAhead(root);
    if (!this.#paysToLookAhead) return;
    const told = commandSoFar.exec(argumentsSoFar)?.[1]?.replace(/\\$/, "");
    if (told === undefined) return;
    const { changesAlready } = await import("../../extensions/policy/only-looks.ts");
    const command = told.replace(/\\(?:u[0-9a-fA-F]{0,4}|.)/gs, (escaped) =>
      escaped === "\\n" || escaped === "\\t" ? "\n" : escaped.slice(1),
    );
    if (argumentsSoFar.length >= tellingLength || changesAlready(command)) (await this.#load())?.lookAhead(this.#deps.cwd);
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
          trusts: this.#deps.trusts,
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
