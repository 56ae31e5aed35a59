// Settings of the screen that a reload may have changed. Asked by the interaction when a session comes into force. Invariant: what the user has
// switched meanwhile stays unless its own setting is another now.

import type { Settings } from "../../config/settings.ts";
import type { Launch } from "../../harness/launch/launch.ts";
import type { ScreenKind } from "../../tui/screen-terminal.ts";

type Watched = Pick<Settings, "theme" | "tuiMode" | "hideThinking" | "showHardwareCursor">;

export interface LiveSettingsHooks {
  useTheme(name: string): void;
  useScreen(kind: ScreenKind): void;
  hideThinking(isHidden: boolean): void;
  showHardwareCursor(isShown: boolean): void;
  /** Keys may stand in a file beside the configuration: they are read whatever that says. */
  useKeys(launch: Launch): void;
}

export class LiveSettings {
  readonly #hooks: LiveSettingsHooks;
  #known: Watched;

  constructor({ config }: Launch, hooks: LiveSettingsHooks) {
    this.#hooks = hooks;
    this.#known = watched(config.values);
  }

  take(launch: Launch): void {
    const before = this.#known;
    const now = watched(launch.config.values);
    this.#known = now;
    if (now.theme !== before.theme) this.#hooks.useTheme(now.theme);
    if (now.tuiMode !== before.tuiMode) this.#hooks.useScreen(now.tuiMode === "fullscreen" ? "alternate" : "main");
    if (now.hideThinking !== before.hideThinking) this.#hooks.hideThinking(now.hideThinking);
    this.#hooks.useKeys(launch);
    if (now.showHardwareCursor !== before.showHardwareCursor) this.#hooks.showHardwareCursor(now.showHardwareCursor);
  }
}

function watched({ theme, tuiMode, hideThinking, showHardwareCursor }: Settings): Watched {
  return { theme, tuiMode, hideThinking, showHardwareCursor };
}
