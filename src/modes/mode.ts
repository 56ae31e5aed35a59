// What a mode is: a way to give prompts to sessions and to show what comes of them. Each has a file, and a record in the table beside this one;
// cli/run-mode starts one. Invariant: a mode ends by itself once `ending` has fired, and how it went is the one outcome that it gives.

import type { Settings } from "../config/settings.ts";
import type { ExtensionUIContext } from "../contracts/extension.ts";
import type { ImageContent } from "../contracts/message.ts";
import type { Outcome } from "../contracts/outcome.ts";
import type { SessionHost } from "../harness/host/session-host.ts";
import type { Host } from "../platform/host.ts";

export interface ModePrompt {
  text: string;
  images: ImageContent[];
  /** What the user has said, where files, a pipe or a template may make more of it. */
  ownWords?: string;
  /** In one session, a key is run once. */
  key?: string;
}

export interface ProgressKind {
  /** On stderr. `terminal`: for somebody who watches; `log`: a line each, without colours or control characters. */
  lines: "none" | "terminal" | "log";
  /** Output of tools and thinking, too. */
  isVerbose: boolean;
}

export interface ProjectQuestions {
  /** What was decided about a project's directory, for as long as the process lives; it counts when the configuration is read anew. */
  approve(directory: string, isTrusted: boolean): void;
  /** From now on extensions ask there. */
  askBy(ui: ExtensionUIContext): void;
}

export interface ModeContext {
  /** A session from the launch; who gave it ends and disposes of it. Rejects where the launch cannot be started, or the end came first. */
  open(): Promise<SessionHost>;
  /** Those of the command line, where the mode needs them. */
  prompts: readonly ModePrompt[];
  /** Which session to go on with is asked before the first of them. */
  picksSession: boolean;
  io: Pick<Host, "stdin" | "stdout" | "stderr" | "now" | "platform" | "homeDir" | "pid">;
  /** Fires with a signal, or when the reader of stdout has gone: what was opened is being stopped. */
  ending: AbortSignal;
  /** From now on whoever presses Ctrl-C is asked first: true, and it meant something else than the end. Gives the way back. */
  onInterrupt(take: () => boolean): () => void;
  /** One line for stderr. */
  warn(line: string): void;
  /** From now on such lines go there; who draws on stderr shows them where they do not fall into a drawing. Gives the way back. */
  takeWarnings(show: (line: string) => void): () => void;
  /** For whoever asks about undecided projects; not there where nobody does. */
  trust?: ProjectQuestions;
  /** Whether the answer is wanted on stdout, where the mode shows nothing else. */
  showsAnswer: boolean;
  /** How it is told that it goes on, and what was done. */
  progress(): ProgressKind;
  /** Whether the answer is shown as it comes: on a terminal only. */
  streamsAnswer(): boolean;
  env: Host["env"];
  /** How a terminal is drawn on (`tui_mode`). */
  tuiMode: Settings["tuiMode"];
}

export interface Mode {
  /**
   * `prompts`: at least one on the command line or on stdin; `nothing`: they come while it runs, and none may stand there; `prompts or nothing`:
   * they come while it runs, the first ones perhaps from the command line.
   */
  needs: "prompts" | "nothing" | "prompts or nothing";
  /** Starts also where there is no model to ask yet. */
  mayLackModel: boolean;
  /** What the exit status tells. `outcome`: how the prompts went; `service`: how serving ended, since outcomes were told as they came. */
  status: "outcome" | "service";
  /** How the newest run ended. */
  run(at: ModeContext): Promise<Outcome>;
}

/** What `work` gives; nothing where the end comes first: who waits for ever must not hold it up. */
export async function beforeEnd<T>(ending: AbortSignal, work: T | Promise<T>): Promise<{ value: T } | undefined> {
  if (ending.aborted) return undefined;
  if (!(work instanceof Promise)) return { value: work };
  let onAbort = (): void => {};
  const ended = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined);
    ending.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work.then((value) => ({ value })), ended]);
  } finally {
    ending.removeEventListener("abort", onAbort);
  }
}
