// Commands about the session in force and others.

import { call } from "./call.ts";
import type { SlashCommand } from "./slash-command.ts";

export const sessionCommands: readonly SlashCommand[] = [
  {
    name: "new",
    about: "Begin a new session",
    when: "always",
    run: async (_args, at) => {
      const { cancelled } = await call("new_session", {}, at);
      if (!cancelled) at.hint("New session");
    },
  },
  {
    name: "name",
    about: "Name the session",
    argument: "<name>",
    when: "always",
    run: async (args, at) => {
      if (args === "") {
        const { name } = at.sessions.coding.conversation;
        at.say(
          name === undefined ? "The session has no name yet" : `The session is called ${JSON.stringify(name)}`,
          "info",
          "/name NAME names it",
        );
        return;
      }
      await call("set_session_name", { name: args }, at);
      at.hint(`Session: ${args}`);
    },
  },
  {
    name: "compact",
    about: "Sum up the older part of the conversation",
    argument: "[what to look to]",
    when: "always",
    run: async (args, at) => {
      await call("compact", args === "" ? {} : { customInstructions: args }, at).catch((error: unknown) => {
        // Its event says so already.
        if (!at.wasTold(error)) throw error;
      });
    },
  },
  { name: "quit", about: "Quit", when: "always", run: (_args, at) => at.quit() },
];
