// What the screen knows of slash commands beside what sessions can do: what is asked where too little was typed, what is said of what came of it, what can
// be completed; and the commands that no session has. Run by the interaction. Invariant: a command owns no session logic.

import type { SessionHost } from "../../../harness/host/session-host.ts";
import type { CommandHost, Surface } from "../surface.ts";

export interface Completion {
  value: string;
  label: string;
  description?: string;
}

/** No session has it. */
export interface ScreenCommand {
  /** Without the slash. */
  name: string;
  /** For the completion and /hotkeys; empty: it is a key's, and not offered. */
  about: string;
  /** What does the same where there is no screen. */
  shell?: string;
  /** What it takes, as people read it: `[name]`. */
  argument?: string;
  complete?(sessions: SessionHost): Completion[] | Promise<Completion[]>;
  run?(args: string, at: CommandHost): void | Promise<void>;
  /** In place of it: where there is a screen. */
  draw?(args: string, at: Surface): void | Promise<void>;
}

/** The screen's side of what sessions can do. */
export interface CommandFace {
  /** It would stop what goes on, which nobody means who types it: refused until that has ended. */
  needsRest?: boolean;
  complete?(sessions: SessionHost): Completion[] | Promise<Completion[]>;
  /** Too little was said to run it: what was, if anything. */
  ask?(at: CommandHost, said: string): void | Promise<void>;
  /** It was refused: another way that the user takes, and what that gave, or `null` for none; nothing: the refusal is told. */
  refused?(error: unknown, params: Record<string, unknown>, at: CommandHost): Promise<unknown>;
  /** Of what it gave; without it nothing is said. */
  told?(result: unknown, at: CommandHost): void | Promise<void>;
}
