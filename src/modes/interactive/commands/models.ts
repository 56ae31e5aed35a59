// Commands and keys about the model and its thinking level.

import type { ThinkingLevel } from "../../../contracts/model.ts";
import { call } from "./call.ts";
import { sessionCommand } from "./session-command.ts";
import type { SlashCommand } from "./slash-command.ts";

export const modelCommands: readonly SlashCommand[] = [
  sessionCommand("set_model", {
    complete: async (_typed, sessions) =>
      (await call("get_available_models", {}, { sessions })).models.map(({ provider, id, name }) => ({
        value: `${provider}/${id}`,
        label: `${provider}/${id}`,
        description: name,
      })),
    ask: async (at) => (await import("../pickers/model-picker.ts")).openModelPicker(at),
    show: (model, at) => at.hint(`Model: ${model.provider}/${model.id}`),
  }),
  sessionCommand("set_thinking_level", {
    complete: async (_typed, sessions) =>
      (await call("get_available_thinking_levels", {}, { sessions })).levels.map((level) => ({ value: level, label: level })),
    ask: async (at) => {
      const { levels } = await call("get_available_thinking_levels", {}, at);
      const { openChoice } = await import("../pickers/choice.ts");
      const { thinkingLevel } = at.sessions.coding.conversation;
      openChoice(at, {
        title: "Thinking level",
        items: levels.map((level) => ({ value: level, label: level })),
        chosen: thinkingLevel,
        take: async (level) => void (await call("set_thinking_level", { level: level as ThinkingLevel }, at)),
      });
    },
    show: (_result, at) => at.hint(`Thinking: ${at.sessions.coding.conversation.thinkingLevel}`),
  }),
];
