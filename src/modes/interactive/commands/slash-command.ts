// What a slash command of the screen is: one record each, in the table beside this one. Run by the interaction.
// Invariant: a command owns no session logic: it calls what RPC calls, and shows what came of it.

import type { AutocompleteItem } from "@earendil-works/pi-tui";
import type { SessionHost } from "../../../harness/host/session-host.ts";
import type { Surface } from "../surface.ts";

export interface SlashCommand {
  /** Without the slash. */
  name: string;
  /** For the completion and /hotkeys. */
  about: string;
  /** What it takes, as people read it: `[name]`. */
  argument?: string;
  /** `idle`: not while a run is going. */
  when: "always" | "idle";
  complete?(typed: string, sessions: SessionHost): AutocompleteItem[] | Promise<AutocompleteItem[]>;
  run(args: string, at: Surface): void | Promise<void>;
}
