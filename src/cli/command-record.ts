// What a subcommand is to those who list and start them: the table in commands.ts, cli/main, help and completions.

import type { Host } from "../platform/host.ts";

export interface CommandModule {
  /** The exit status. `commands`: the table, for what speaks of the other commands. */
  run(args: readonly string[], host: Host, commands: readonly CommandRecord[]): Promise<number>;
}

export interface CommandRecord {
  name: string;
  usage: string;
  help: string;
  /** What it writes is to be read, and may be more than a screen; it asks nothing. */
  isPaged?: boolean;
  load(): Promise<CommandModule>;
}
