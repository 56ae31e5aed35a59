// What the environment says of the terminal: colours, keys, whether it wraps anew. Read once by the mode. Pure.

import { getCapabilities } from "@earendil-works/pi-tui";
import type { Host } from "../../platform/host.ts";
import type { ColorDepth } from "../../tui/theme/theme.ts";
import type { KeyPlatform } from "./keymap.ts";

type Env = Host["env"];

export function colorDepth(env: Env): ColorDepth {
  if (env.NO_COLOR) return "none";
  const term = env.TERM ?? "";
  if (term === "dumb" || term === "vt100" || term === "vt220") return "none";
  if (/truecolor|24bit/i.test(env.COLORTERM ?? "") || getCapabilities().trueColor) return "truecolor";
  if (/256|kitty|ghostty|alacritty|iterm/i.test(term)) return "256color";
  return "16color";
}

export function keyPlatform(env: Env, platform: string): KeyPlatform {
  if (platform === "win32") return "windows";
  return env.WSL_DISTRO_NAME ? "wsl" : "other";
}

/** A terminal that understands lines alone. */
export function isPlain({ TERM }: Env): boolean {
  return TERM === "dumb";
}

/** Something between us and the terminal, which has to pass each movement of the pointer on. */
export function isMultiplexed({ TMUX, ZELLIJ, STY, TERM = "" }: Env): boolean {
  return Boolean(TMUX || ZELLIJ || STY) || TERM.startsWith("tmux") || TERM.startsWith("screen");
}

/** Those known not to: xterm itself, the Linux console, screen; tmux does. */
export function reflows(env: Env): boolean {
  if (env.TMUX) return true;
  const term = env.TERM ?? "";
  return !(env.XTERM_VERSION || term === "linux" || term.startsWith("screen") || term.startsWith("rxvt"));
}

/** How long an ESC may wait for the rest of a key: over a slow line longer. */
export function escapeMs(env: Env): number {
  const said = Number(env.PI_TUI_ESC_TIMEOUT);
  if (Number.isFinite(said) && said > 0) return Math.min(said, 5000);
  return env.SSH_CONNECTION || env.SSH_TTY ? 100 : 10;
}

/** What terminals say without being asked: the last number is the background's. */
export function guessedAppearance({ COLORFGBG = "" }: Env): "dark" | "light" {
  const background = /(?:^|;)(\d{1,2})$/.exec(COLORFGBG)?.[1];
  return background === "7" || background === "15" ? "light" : "dark";
}
