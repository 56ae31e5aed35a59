// Commands and keys about the model and its thinking level.

import { type ThinkingLevel, thinkingLevels } from "../../../contracts/model.ts";
import { call } from "./call.ts";
import type { SlashCommand } from "./slash-command.ts";

export const modelCommands: readonly SlashCommand[] = [
  {
    name: "model",
    about: "Choose the model",
    argument: "[provider/id]",
    when: "always",
    complete: async (_typed, sessions) =>
      (await call("get_available_models", {}, { sessions })).models.map(({ provider, id, name }) => ({
        value: `${provider}/${id}`,
        label: `${provider}/${id}`,
        description: name,
      })),
    run: async (args, at) => {
      if (args === "") return (await import("../pickers/model-picker.ts")).openModelPicker(at);
      const [provider = "", ...id] = args.split("/");
      const model = await call("set_model", { provider, modelId: id.join("/") }, at);
      at.hint(`Model: ${model.provider}/${model.id}`);
    },
  },
  {
    name: "thinking",
    about: "Set the thinking level",
    argument: "[level]",
    when: "always",
    complete: async (_typed, sessions) =>
      (await call("get_available_thinking_levels", {}, { sessions })).levels.map((level) => ({ value: level, label: level })),
    run: async (args, at) => {
      const { levels } = await call("get_available_thinking_levels", {}, at);
      if (args === "") {
        const { openChoice } = await import("../pickers/choice.ts");
        const { thinkingLevel } = at.sessions.coding.conversation;
        openChoice(at, {
          title: "Thinking level",
          items: levels.map((level) => ({ value: level, label: level })),
          chosen: thinkingLevel,
          take: async (level) => void (await call("set_thinking_level", { level: level as ThinkingLevel }, at)),
        });
        return;
      }
      if (!(thinkingLevels as readonly string[]).includes(args)) {
        at.say(`${JSON.stringify(args)} is no thinking level`, "warning", `There are ${levels.join(", ")}`);
        at.giveBack(`/thinking ${args}`);
        return;
      }
      await call("set_thinking_level", { level: args as ThinkingLevel }, at);
      at.hint(`Thinking: ${at.sessions.coding.conversation.thinkingLevel}`);
    },
  },
];
