// Commands about the session in force and others.

import { sessionCommand } from "./session-command.ts";
import type { SlashCommand } from "./slash-command.ts";

export const sessionCommands: readonly SlashCommand[] = [
  sessionCommand("new_session", { show: ({ cancelled }, at) => (cancelled ? undefined : at.hint("New session")) }),
  sessionCommand("set_session_name", {
    ask: (at) => {
      const { name } = at.sessions.coding.conversation;
      at.say(
        name === undefined ? "The session has no name yet" : `The session is called ${JSON.stringify(name)}`,
        "info",
        "/name NAME names it",
      );
    },
    show: (_result, at) => at.hint(`Session: ${at.sessions.coding.conversation.name ?? ""}`),
  }),
  sessionCommand("compact", {}),
  { name: "quit", about: "Quit", when: "always", run: (_args, at) => at.quit() },
];
