// A text in the user's editor, by way of a file that nobody else can read. Called while the terminal is the editor's.
// Invariant: the file is gone afterwards; where the editor fails there is no text.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBoundedText } from "../files/bounded-file.ts";
import type { Env } from "../paths.ts";
import { runOnTerminal } from "./run-interactive.ts";

export async function editText(text: string, command: string, options: { env: Env; cwd: string }): Promise<string | { status: number }> {
  const directory = mkdtempSync(join(tmpdir(), "pi-edit-"));
  const file = join(directory, "prompt.md");
  try {
    chmodSync(directory, 0o700);
    writeFileSync(file, text, { mode: 0o600 });
    const status = await runOnTerminal(command, file, options);
    if (status !== 0) return { status };
    const found = readBoundedText(file);
    return found !== undefined && "text" in found ? found.text.replace(/\n$/, "") : { status: 1 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
