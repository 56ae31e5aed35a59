// How a command reaches the shell: as an argument, or, where the system takes no argument of that length, in a file of its own.
// Called by spawn. Invariant: the file is the user's alone and gone when the command has begun, at the latest when it has ended.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface ShellArguments {
  args: readonly string[];
  /** To be called when the shell has ended. */
  release(): void;
}

/** Linux takes 128 KiB an argument, others less than a megabyte for all of them. */
const maxArgumentBytes = 96 * 1024;

/** Read whole and removed before it begins, and without a trace in its own arguments. */
const loader = `eval "shift
$(cat -- "$1"; rm -f -- "$1")"`;

/** Throws what writing the file throws. */
export function shellArguments(shell: string, command: string): ShellArguments {
  // A UTF-16 unit is three bytes of UTF-8 at most.
  if (command.length <= maxArgumentBytes / 3 || Buffer.byteLength(command) <= maxArgumentBytes) {
    return { args: ["-c", command], release: () => {} };
  }
  const path = join(process.getBuiltinModule("node:os").tmpdir(), `.pi-command-${crypto.randomUUID()}`);
  writeFileSync(path, command, { flag: "wx", mode: 0o600 });
  return { args: ["-c", loader, shell, path], release: () => rmSync(path, { force: true }) };
}
