// The subcommands: one record each, loaded when named. Called by cli/main; help and completions iterate it.

import type { CommandRecord } from "./command-record.ts";

export const commandTable: readonly CommandRecord[] = [
  {
    name: "inspect",
    usage: "inspect [--json] [options]",
    help: "what a run with these options would be, without a request",
    isPaged: true,
    load: () => import("./commands/inspect.ts"),
  },
  {
    name: "config",
    usage: "config path|show|get|set|edit|check|import",
    help: "look at the configuration and change it",
    isPaged: true,
    load: () => import("./commands/config.ts"),
  },
  {
    name: "auth",
    usage: "auth login|logout|status|check|…",
    help: "accounts at model services: keys and subscriptions",
    load: () => import("./commands/auth.ts"),
  },
  {
    name: "models",
    usage: "models [SEARCH] | --providers | refresh",
    help: "the models there are, and which variable holds whose key",
    isPaged: true,
    load: () => import("./commands/models.ts"),
  },
  {
    name: "install",
    usage: "install SOURCE [-l]",
    help: "bring a package of extensions, skills, prompts and themes",
    load: async () => (await import("./commands/install.ts")).install,
  },
  {
    name: "remove",
    usage: "remove SOURCE [-l]",
    help: "take a package away",
    load: async () => (await import("./commands/install.ts")).remove,
  },
  {
    name: "uninstall",
    usage: "uninstall SOURCE [-l]",
    help: "the same as remove",
    load: async () => (await import("./commands/install.ts")).uninstall,
  },
  {
    name: "list",
    usage: "list",
    help: "the packages that are declared",
    isPaged: true,
    load: async () => (await import("./commands/install.ts")).list,
  },
  {
    name: "update",
    usage: "update [SOURCE]",
    help: "packages without an exact version, as they are now",
    load: async () => (await import("./commands/install.ts")).update,
  },
  {
    name: "extensions",
    usage: "extensions list|check|new",
    help: "which extensions there are, and whether they load",
    isPaged: true,
    load: () => import("./commands/extensions.ts"),
  },
  {
    name: "sessions",
    usage: "sessions [list|show|search|…]",
    help: "conversations: list, read, search, copy, mend",
    load: () => import("./commands/sessions.ts"),
  },
  {
    name: "undo",
    usage: "undo [REF] [--run N] [--redo] [FILE…]",
    help: "put back the files that a run has changed",
    load: () => import("./commands/undo.ts"),
  },
  {
    name: "trust",
    usage: "trust [DIR] | --revoke | list",
    help: "whether a project's .pi counts without --approve",
    load: () => import("./commands/trust.ts"),
  },
  {
    name: "ipc",
    usage: "ipc drain DIR [--watch] [--exec CMD]",
    help: "take the files that groups leave for their host",
    load: () => import("./commands/ipc.ts"),
  },
  {
    name: "metrics",
    usage: "metrics [compare|gate|incident]",
    help: "how runs of a host went, and whether an engine may take over",
    isPaged: true,
    load: () => import("./commands/metrics.ts"),
  },
  {
    name: "runner",
    usage: "runner [options] < INPUT",
    help: "one run for a host: a JSON object in, one out",
    load: () => import("./commands/runner.ts"),
  },
  {
    name: "schema",
    usage: "schema rpc|events|session|config|result",
    help: "JSON Schemas for programs",
    isPaged: true,
    load: () => import("./commands/schema.ts"),
  },
  {
    name: "completions",
    usage: "completions bash|zsh|fish",
    help: "a script that lets the shell complete our words",
    load: () => import("./commands/completions.ts"),
  },
  {
    name: "version",
    usage: "version",
    help: "the version",
    load: () => import("./commands/version.ts"),
  },
  {
    name: "help",
    usage: "help [COMMAND]",
    help: "this page, or that of a command",
    isPaged: true,
    load: () => import("./commands/help.ts"),
  },
];
