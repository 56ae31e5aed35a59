// The clipboard of the machine, through whatever program has it. Called by the interactive mode and by the library's function of that name.
// Invariant: bounded in time and size; no shell reads what is copied; where no program has it that is an answer, not a failure.

import { execFile } from "node:child_process";
import type { Env } from "../paths.ts";

interface ClipboardProgram {
  program: string;
  args: readonly string[];
}

const copiers: readonly ClipboardProgram[] = [
  { program: "pbcopy", args: [] },
  { program: "wl-copy", args: [] },
  { program: "xclip", args: ["-selection", "clipboard"] },
  { program: "xsel", args: ["--clipboard", "--input"] },
  { program: "clip.exe", args: [] },
  { program: "termux-clipboard-set", args: [] },
];

const textReaders: readonly ClipboardProgram[] = [
  { program: "pbpaste", args: [] },
  { program: "wl-paste", args: ["--no-newline", "--type", "text"] },
  { program: "xclip", args: ["-selection", "clipboard", "-out"] },
  { program: "xsel", args: ["--clipboard", "--output"] },
  { program: "powershell.exe", args: ["-NoProfile", "-Command", "Get-Clipboard -Raw"] },
  { program: "termux-clipboard-get", args: [] },
];

const imageReaders: readonly ClipboardProgram[] = [
  { program: "pngpaste", args: ["-"] },
  { program: "wl-paste", args: ["--type", "image/png"] },
  { program: "xclip", args: ["-selection", "clipboard", "-target", "image/png", "-out"] },
];

const timeoutMs = 5000;
const maxBytes = 64 * 1024 * 1024;

/** Whether a program has taken it. */
export async function copyText(text: string, env: Env): Promise<boolean> {
  for (const one of copiers) if ((await run(one, env, text)) !== undefined) return true;
  return false;
}

export async function readClipboardText(env: Env): Promise<string | undefined> {
  for (const one of textReaders) {
    const bytes = await run(one, env);
    if (bytes !== undefined && bytes.length > 0) return bytes.toString("utf8");
  }
  return undefined;
}

export async function readClipboardImage(env: Env): Promise<Uint8Array | undefined> {
  for (const one of imageReaders) {
    const bytes = await run(one, env);
    if (bytes !== undefined && bytes.length > 0) return bytes;
  }
  return undefined;
}

/** What it says; nothing where it is not there or fails. */
function run({ program, args }: ClipboardProgram, env: Env, input?: string): Promise<Buffer | undefined> {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("BUN_")));
  return new Promise((resolve) => {
    // Programs that keep the clipboard go on in the background: their output is not waited for.
    const child = execFile(
      program,
      [...args],
      { env: own, timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: maxBytes, encoding: "buffer", windowsHide: true },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(input ?? "");
    if (input === undefined) return;
    child.once("exit", (code) => {
      resolve(code === 0 ? Buffer.alloc(0) : undefined);
      // Nor do they hold this process to its end.
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    });
  });
}
