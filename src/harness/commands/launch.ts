// Commands about what sessions are started with: credentials, the whole of it, and having it anew.

import { anyObject, fields, list, text } from "../../contracts/schema.ts";
import { command } from "./command.ts";

export const launchCommands = [
  command({
    name: "get_auth",
    group: "Beyond the npm agent",
    about: "Which providers have a credential and where it comes from. Never the credential.",
    params: {},
    result: () => fields({ providers: list(fields({ provider: text(), source: text("by name: a variable, a file, an option") })) }),
    order: "in turn",
    run: (_params, { sessions }): { providers: { provider: string; source: string }[] } => ({
      providers: sessions.launch.registry.providers().flatMap((provider) => {
        const source = sessions.launch.registry.credentialSource(provider);
        return source === undefined ? [] : [{ provider, source }];
      }),
    }),
  }),
  command({
    name: "inspect",
    group: "Beyond the npm agent",
    about: "What the next model call would be made of, and where each choice comes from. Credentials by name and source only.",
    params: {},
    result: () =>
      fields({
        launch: anyObject("what a start would be, as `pi inspect --json` has it"),
        current: anyObject("model, level, tools, prompt and session in force"),
      }),
    slash: { name: "inspect", about: "Show what the next model call is made of" },
    order: "in turn",
    run: async (_params, { sessions }) => {
      const { inspectSession } = await import("../host/inspect-session.ts");
      return inspectSession(sessions);
    },
  }),
  command({
    name: "reload",
    group: "Beyond the npm agent",
    about: "Reads configuration, credentials, context files and the session file anew. What runs is stopped.",
    params: {},
    slash: { name: "reload", about: "Read configuration, resources and extensions anew" },
    order: "change",
    run: async (_params, { sessions }): Promise<undefined> => {
      await sessions.changes.reload();
    },
  }),
] as const;
