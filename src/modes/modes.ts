// The table of modes: `--mode`, its help and completion, and cli/run-mode go through it. A new mode is one file and one record here.

import type { Mode } from "./mode.ts";

export interface ModeRecord {
  /** As `--mode` has it. */
  name: string;
  /** For the help, where the name does not say it. */
  about?: string;
  /** It cannot be driven without one. */
  needsTerminal?: boolean;
  load(): Promise<Mode>;
}

export const modeTable = [
  { name: "text", load: async () => (await import("./print.ts")).printMode },
  { name: "json", about: "events as JSON lines", load: async () => (await import("./json.ts")).jsonMode },
  {
    name: "interactive",
    about: "the terminal, as without -p",
    needsTerminal: true,
    load: async () => (await import("./interactive/interactive-mode.ts")).interactiveMode,
  },
  { name: "rpc", about: "commands of another program", load: async () => (await import("./rpc/rpc-mode.ts")).rpcMode },
] as const satisfies readonly ModeRecord[];

export type ModeName = (typeof modeTable)[number]["name"];
