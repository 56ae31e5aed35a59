// Runs one shell command for its output: keys that come from a secret manager. Called by accounts/credentials through a lazy import.
// Invariants: nothing the command writes appears in an error; it may ask the user at the terminal.

import type { Env } from "../paths.ts";
import { feedCommand } from "./feed-command.ts";

export interface CapturedCommand {
  /** Absent: it could not be started, or was ended by a signal or the deadline. */
  exitCode: number | undefined;
  stdout: string;
}

export async function captureCommand(command: string, options: { env: Env; cwd: string; timeoutMs: number }): Promise<CapturedCommand> {
  const { exitCode, stdout } = await feedCommand(command, { ...options, input: "", isAtTerminal: true });
  return { exitCode, stdout };
}
