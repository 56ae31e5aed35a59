// What fullscreen is in this mode: as the settings have it, with our clipboard and browser; and what stands on the terminal afterwards. Used by the
// interaction. Invariant: of the conversation the terminal gets each line once, however often the screen was switched.

import type { FullScreenOptions } from "../../tui/full-screen.ts";
import type { ScreenTerminal } from "../../tui/screen-terminal.ts";
import type { Surface } from "./surface.ts";

export function fullScreenOptions(at: Surface): Pick<FullScreenOptions, "scrollbar" | "library"> {
  const { scrollbar, copyOnSelect, wheelLines } = at.sessions.launch.config.values.fullscreen;
  const paint = (text: string): string => {
    const { theme } = at;
    return theme.hasBg("searchMatchBg") ? theme.bg("searchMatchBg", theme.fg("searchMatchText", text)) : theme.underline(text);
  };
  return {
    scrollbar,
    library: {
      wheelScrollLines: wheelLines === 0 ? "auto" : wheelLines,
      copyOnSelect,
      searchMatchStyle: paint,
      searchCurrentMatchStyle: (text) => at.theme.bold(at.theme.inverse(text)),
      searchNavigationButtonStyle: (text, isHovered) => (isHovered ? at.theme.fg("accent", text) : at.theme.fg("muted", text)),
      scrollToEndIndicator: () => at.theme.inverse(` ${at.keys.keyOf("tui.altScreen.bottom")}: to the end `),
      openUrl: (url) => void open(url, at),
      onRightClickPaste: () => void paste(at),
      copySelection: async (text) => (await import("./editor/clipboard.ts")).copied(text, at),
    },
  };
}

/** The screen is the terminal's own again. */
export function leaveFullScreen(at: Surface, terminal: ScreenTerminal): void {
  terminal.toScreen("main");
  const { exitOutput } = at.sessions.launch.config.values.fullscreen;
  const { session } = at.sessions.coding;
  const rest = exitOutput === "transcript" ? at.screen.takeRest(terminal.columns) : session.isPersisted ? `pi --session ${session.id}` : "";
  if (rest !== "") terminal.write(`${rest}\r\n`);
}

async function open(url: string, at: Surface): Promise<void> {
  const { openUrl } = await import("../../platform/processes/open-url.ts");
  try {
    if (openUrl(url, at.env)) return;
  } catch {
    // No address at all.
  }
  at.hint("Only https addresses are opened");
}

async function paste(at: Surface): Promise<void> {
  await (await import("./editor/clipboard.ts")).pasteFromClipboard(at);
}
