// A text in the user's editor, by way of a file that nobody else can read. Called while the terminal is the editor's.
// Invariant: the file is gone afterwards; where the editor fails there is no text. Of one that was made to end what it had saved counts, and what it
// keeps beside the file (vim's swap file) stays.

import { chmodSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBoundedText } from "../files/bounded-file.ts";
import { type OnTerminal, runOnTerminal } from "./run-interactive.ts";

export async function editText(text: string, command: string, options: OnTerminal): Promise<string | { status: number }> {
  const directory = mkdtempSync(join(tmpdir(), "pi-edit-"));
  const file = join(directory, "prompt.md");
  let wasEnded = false;
  try {
    chmodSync(directory, 0o700);
    writeFileSync(file, text, { mode: 0o600 });
    const status = await runOnTerminal(command, file, options);
    wasEnded = options.ending?.aborted === true;
    if (status !== 0 && !wasEnded) return { status };
    const found = readBoundedText(file);
    return found !== undefined && "text" in found ? found.text.replace(/\n$/, "") : { status: 1 };
  } finally {
    if (wasEnded) removeUnlessMore(directory, file);
    else rmSync(directory, { recursive: true, force: true });
  }
}

function removeUnlessMore(directory: string, file: string): void {
  rmSync(file, { force: true });
  try {
    rmdirSync(directory);
  } catch {
    // There is more in it.
  }
}
