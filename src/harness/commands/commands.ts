// The table of commands: what the sessions in force can do. A new one is a record in one of the files beside this one.

import { launchCommands } from "./launch.ts";
import { modelCommands } from "./models.ts";
import { sessionCommands } from "./session.ts";
import { stateCommands } from "./state.ts";
import { storedSessionCommands } from "./stored-sessions.ts";
import { toolCommands } from "./tools.ts";

export const commands = [
  ...stateCommands,
  ...modelCommands,
  ...sessionCommands,
  ...toolCommands,
  ...storedSessionCommands,
  ...launchCommands,
] as const;
