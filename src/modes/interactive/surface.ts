// What effects and commands may do: the sessions in force, words for the user, questions to him; and, on a screen, what is drawn. `CommandHost` is what lines
// have, too. Made by the interaction, which implements `Surface`, and by the mode without a screen.

import type { SessionHost } from "../../harness/host/session-host.ts";
import type { Host } from "../../platform/host.ts";
import type { Terminal } from "../../platform/terminal/terminal.ts";
import type { ScreenKind } from "../../tui/screen-terminal.ts";
import type { Theme } from "../../tui/theme/theme.ts";
import type { Dialogs } from "./dialogs.ts";
import type { Composer } from "./editor/composer.ts";
import type { BlockSink } from "./fold.ts";
import type { Keymap } from "./keymap.ts";
import type { ChoiceOptions } from "./pickers/choice.ts";
import type { Screen } from "./screen.ts";
import type { HeldText } from "./state.ts";
import type { Status } from "./status/status.ts";

export interface CommandHost {
  readonly sessions: SessionHost;
  /** Nothing: there are lines alone. */
  readonly surface: Surface | undefined;
  readonly status: Pick<Status, "begin">;
  readonly keys: Pick<Keymap, "keyOf" | "matches">;
  readonly env: Host["env"];
  readonly platform: string;
  readonly homeDir: string;
  readonly dialogs: Pick<Dialogs, "select" | "confirm" | "input" | "text">;
  /** A list to choose from. Gives the way to close it. */
  choose(options: ChoiceOptions): () => void;
  /** One after another, in the order in which they were asked for. */
  inTurn(work: () => Promise<void>): Promise<void>;
  /** A text of ours, as Markdown. */
  show(title: string, markdown: string): void;
  /** Of what is said by nobody's events. */
  readonly transcript: Pick<BlockSink, "add" | "changed">;
  say(text: string, level?: "info" | "warning" | "error", hint?: string): void;
  /** For a few seconds, or as long as it holds, below the editor. */
  hint(text: string, shownMs?: number): void;
  fail(error: unknown): void;
  /** Where what is typed is kept, and what comes back goes. */
  readonly composer: Pick<Composer, "remember" | "giveBack" | "returnCommand" | "takeAttachments" | "carryAttachments">;
  /** To the clipboard. */
  copy(text: string): Promise<void>;
  quit(): void;
  /** From now on it is shown with what waits, and back in the editor with it. */
  hold(held: HeldText): void;
  letGo(held: HeldText): void;
  /** What waits for the end of a compaction goes. `isStopped`: what it waited for was called off. */
  release(isStopped: boolean): void;
  runCommand(name: string, args: string): Promise<void>;
  /** The same, chosen from a list: nobody has typed it, so nothing of it goes into the editor where it fails. */
  runChosen(name: string, args: string): Promise<void>;
  /** What was decided about a project's directory, as long as the process lives; it counts from the next reload. */
  approve(directory: string, isTrusted: boolean): void;
  /** Another session, or the same one anew: all that is shown is shown again. */
  showSession(): void;
}

export interface Surface extends CommandHost {
  readonly screen: Screen;
  readonly device: Pick<Terminal, "lend" | "write" | "suspend">;
  readonly keys: Keymap;
  readonly theme: Theme;
  /** Shows what one is like that is not in force; nothing: the one that is. */
  previewTheme(name: string | undefined): void;
  suspend(): void;
  readonly composer: Composer;
  /** Switches have changed: what is on the screen is drawn anew. */
  renewLook(): void;
  /** On the terminal's main screen, or on one of our own. */
  useScreen(kind: ScreenKind): void;
}
