// The subcommands: one record each, loaded when named. Called by cli/main; help and completions iterate it.

import type { Host } from "../platform/host.ts";

export interface CommandModule {
  /** The exit status. */
  run(args: readonly string[], host: Host): Promise<number>;
}

export interface CommandRecord {
  name: string;
  usage: string;
  help: string;
  load(): Promise<CommandModule>;
}

export const commandTable: readonly CommandRecord[] = [
  {
    name: "inspect",
    usage: "inspect [--json] [options]",
    help: "what a run with these options would be, without a request",
    load: () => import("./commands/inspect.ts"),
  },
  {
    name: "config",
    usage: "config path|show|get|set|edit|check|import",
    help: "look at the configuration and change it",
    load: () => import("./commands/config.ts"),
  },
  {
    name: "models",
    usage: "models [search]",
    help: "the models there are",
    load: () => import("./commands/models.ts"),
  },
];
