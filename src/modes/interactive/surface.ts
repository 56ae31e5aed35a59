// What effects and commands may do: the screen, the sessions in force, words for the user. Made by the interaction, which implements it.

import type { ImageContent } from "../../contracts/message.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import type { Host } from "../../platform/host.ts";
import type { Terminal } from "../../platform/terminal/terminal.ts";
import type { ScreenKind } from "../../tui/screen-terminal.ts";
import type { Theme } from "../../tui/theme/theme.ts";
import type { Dialogs } from "./dialogs.ts";
import type { BeingRead } from "./editor/being-read.ts";
import type { Keymap } from "./keymap.ts";
import type { Screen } from "./screen.ts";
import type { Status } from "./status/status.ts";

export interface Surface {
  readonly sessions: SessionHost;
  readonly screen: Screen;
  readonly device: Pick<Terminal, "lend" | "write" | "suspend">;
  readonly status: Pick<Status, "begin" | "end">;
  readonly keys: Keymap;
  readonly env: Host["env"];
  readonly platform: string;
  readonly homeDir: string;
  /** A command; empty: as the environment says. */
  readonly externalEditor: string;
  /** One after another, in the order in which they were asked for. */
  inTurn(work: () => Promise<void>): Promise<void>;
  readonly theme: Theme;
  /** What was sent, the newest first. */
  history(): readonly string[];
  readonly dialogs: Dialogs;
  /** What is on its way into the text: it does not go without it. */
  readonly beingRead: Pick<BeingRead, "add">;
  /** A text of ours, as Markdown. */
  show(title: string, markdown: string): void;
  quit(): void;
  suspend(): void;
  say(text: string, level?: "info" | "warning" | "error", hint?: string): void;
  /** For a few seconds, below the editor. */
  hint(text: string): void;
  fail(error: unknown): void;
  /** An event has said what went wrong. */
  wasTold(error: unknown): boolean;
  /** Into the history. */
  remember(text: string): void;
  /** Into the editor, before what is being written. */
  giveBack(text: string): void;
  /** Pictures that the text stands for; they are sent with it. */
  takeAttachments(text: string): ImageContent[];
  /** They go with the text when it is sent, whether or not it has markers for them. */
  carryAttachments(text: string, images: readonly ImageContent[]): void;
  /** A picture, for which a marker comes into the text. */
  attach(image: ImageContent): void;
  /** Switches have changed: what is on the screen is drawn anew. */
  renewLook(): void;
  /** On the terminal's main screen, or on one of our own. */
  useScreen(kind: ScreenKind): void;
  runCommand(name: string, args: string): Promise<void>;
  /** The same, chosen from a list: nobody has typed it, so nothing of it goes into the editor where it fails. */
  runChosen(name: string, args: string): Promise<void>;
  /** What was decided about a project's directory, as long as the process lives; it counts from the next reload. */
  approve(directory: string, isTrusted: boolean): void;
  /** Another session, or the same one anew: all that is shown is shown again. */
  showSession(): void;
}
