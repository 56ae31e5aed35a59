// What the terminal can beside colours and keys, as the library's components go by it: pictures as the settings have them, links. Called by the mode.
// Invariant: nothing waits for another process; until tmux has said that it passes links on they are written out.

import { setCapabilityOverrides } from "@earendil-works/pi-tui";
import { defined } from "../../contracts/defined.ts";
import type { Host } from "../../platform/host.ts";

type Env = Host["env"];

/** Nobody waits for it. */
const tmuxMs = 10_000;
const maxAnswerBytes = 64 * 1024;

export interface TerminalCan {
  /** Behind the first paint: whether more is possible than was thought. */
  learn(cwd: string, signal: AbortSignal): Promise<boolean>;
}

export function useCapabilities(env: Env, images: "auto" | "kitty" | "iterm2" | "none"): TerminalCan {
  const isTmux = env.TMUX !== undefined || /^tmux/i.test(env.TERM ?? "");
  const isSaid = env.PI_HYPERLINKS === "0" || env.PI_HYPERLINKS === "1";
  const asksTmux = isTmux && !isSaid;
  const own = defined({ images: images === "auto" ? undefined : images === "none" ? null : images });
  setCapabilityOverrides({ ...own, ...defined({ hyperlinks: asksTmux ? false : undefined }) });
  return {
    learn: async (cwd, signal) => {
      if (!asksTmux) return false;
      const { executeProgram } = await import("../../platform/processes/exec-program.ts");
      const args = ["display-message", "-p", "#{client_termfeatures}"];
      const { stdout, code } = await executeProgram("tmux", args, { cwd, env, signal, timeoutMs: tmuxMs, maxBytes: maxAnswerBytes });
      const passesLinks = code === 0 && stdout.split(",").some((feature) => feature.trim() === "hyperlinks");
      if (passesLinks && !signal.aborted) setCapabilityOverrides({ ...own, hyperlinks: true });
      return passesLinks && !signal.aborted;
    },
  };
}
