// Typing that is not seen, on a terminal that edits its lines by itself: for keys. Called by whoever asks for one. Invariant: it is seen again after the line,
// and after every end of the process that lets anything be done.

import { spawnSync } from "node:child_process";

/** Gives the way back; nothing where standard input is no terminal, or the system cannot. */
export function hideTyping(): (() => void) | undefined {
  const set = (how: string): boolean => spawnSync("stty", [how], { stdio: ["inherit", "ignore", "ignore"] }).status === 0;
  if (!set("-echo")) return undefined;
  const show = (): void => {
    process.off("exit", show);
    set("echo");
  };
  process.on("exit", show);
  return show;
}
