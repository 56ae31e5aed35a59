// The table of slash commands that the screen has by itself; templates, skills and commands of extensions stand behind them. Read by the interaction,
// the completion and /hotkeys. A new one is a record in one of the files beside this one.

import { keyCommands } from "./keys.ts";
import { modelCommands } from "./models.ts";
import { sessionCommands } from "./sessions.ts";
import type { SlashCommand } from "./slash-command.ts";

export const slashCommands: readonly SlashCommand[] = [...sessionCommands, ...modelCommands, ...keyCommands];

export function findCommand(name: string): SlashCommand | undefined {
  return slashCommands.find((one) => one.name === name);
}
