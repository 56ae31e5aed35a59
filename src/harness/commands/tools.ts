// Commands about the tools of the session in force.

import { fields, flag, list, record, text } from "../../contracts/schema.ts";
import { command } from "./command.ts";

export const toolCommands = [
  command({
    name: "get_tools",
    group: "Beyond the npm agent",
    about: "All tools there are, and which of them the model gets.",
    params: {},
    result: () =>
      fields({
        tools: list(
          fields({
            name: text(),
            description: text(),
            parameters: record("JSON Schema"),
            active: flag(),
          }),
        ),
      }),
    order: "in turn",
    run: (_params, { sessions }) => {
      const active = new Set(sessions.coding.conversation.activeToolNames);
      return {
        tools: sessions.coding.conversation.tools.map(({ name, description, parameters }) => ({
          name,
          description,
          parameters,
          active: active.has(name),
        })),
      };
    },
  }),
  command({
    name: "set_active_tools",
    group: "Beyond the npm agent",
    about: "Which tools the model gets from the next model call on.",
    params: { names: list(text()) },
    result: () => fields({ names: list(text()) }),
    order: "in turn",
    run: async ({ names }, { sessions }): Promise<{ names: string[] }> => {
      const { knownToolNames } = await import("../conversation/known-tools.ts");
      sessions.coding.conversation.setActiveToolNames(knownToolNames(names, sessions.coding.conversation.tools));
      return { names: [...sessions.coding.conversation.activeToolNames] };
    },
  }),
] as const;
