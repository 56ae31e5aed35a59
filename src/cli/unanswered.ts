// A run that waits for what can never come: the runtimes then end the process by themselves, with status 0 and without a word. Called by
// run-mode, and by main for commands and `--help`.
// Invariant: a status is only good where the run has come to its end.

import { PiError } from "../contracts/error.ts";
import type { Host } from "../platform/host.ts";

interface Run {
  /** Its status, once that is decided: what is left then is to take leave of extensions. */
  status(): number | undefined;
  waitedFor(): readonly { extensionPath: string; event: string }[];
  warn(line: string): void;
}

/** Rejects with `extension.unanswered` where the work would never end. */
export async function orUnanswered(work: Promise<number>, host: Pick<Host, "onIdle">, run: Partial<Run> = {}): Promise<number> {
  const { status = () => undefined, waitedFor = () => [], warn } = run;
  let remove = (): void => {};
  const idle = new Promise<number>((resolve, reject) => {
    remove = host.onIdle(() => {
      const names = waitedFor().map(({ extensionPath, event }) => `${extensionPath} (${event})`);
      const message = `${names.length === 0 ? "An extension" : names.join(" and ")} never answered, and nothing is left that could make it`;
      const known = status();
      if (known === undefined) {
        const hint = "Something in it waits for a promise that nobody resolves; --no-extensions leaves out all that is not named";
        reject(new PiError("extension.unanswered", message, { hint }));
      } else {
        warn?.(message);
        resolve(known);
      }
    });
  });
  try {
    return await Promise.race([work, idle]);
  } finally {
    remove();
  }
}
