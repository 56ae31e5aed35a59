// One line that a person types, seen or unseen. Called by commands that ask something. Invariant: the terminal is as it was before, however it ends.

import { PiError } from "../../contracts/error.ts";

export interface LineQuestion {
  question: string;
  /** What is typed is not shown: for keys. */
  isHidden?: boolean;
  signal?: AbortSignal | undefined;
}

/** Rejects with `auth.no_terminal` where nobody can type, with `usage.cancelled` at Ctrl-C or the end of the input, with the signal's reason. */
export async function readLine({ question, isHidden = false, signal }: LineQuestion): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY !== true) throw new PiError("auth.no_terminal", "Nobody can type here", { hint: "Run it in a terminal." });
  signal?.throwIfAborted();
  stderr.write(question);
  const { createInterface } = await import("node:readline");
  const { Writable } = await import("node:stream");
  const echo = new Writable({ write: (chunk, _encoding, done) => (isHidden ? done() : stderr.write(chunk, () => done())) });
  const lines = createInterface({ input: stdin, output: echo, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      const cancelled = (): void => reject(new PiError("usage.cancelled", "Cancelled", { exitStatus: 130 }));
      lines.once("line", resolve);
      lines.once("SIGINT", cancelled);
      lines.once("close", cancelled);
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  } finally {
    lines.close();
    stdin.pause();
    if (isHidden) stderr.write("\n");
  }
}
