// Commands about the model, its thinking level, retries and compaction.

import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import { availableThinkingLevels, publicModel } from "../../contracts/model.ts";
import { amount, anything, fields, flag, list, optional, orNull, text } from "../../contracts/schema.ts";
import { level, model, usage } from "../../contracts/shapes.ts";
import { command } from "./command.ts";

export const modelCommands = [
  command({
    name: "set_model",
    group: "Model and thinking",
    about: "Changes the model for what comes. An unknown id is refused with the ids that are near.",
    params: { provider: text(), modelId: text() },
    result: () => model,
    slash: {
      name: "model",
      about: "Select a model",
      argument: "[provider/model]",
      params: (argument) => {
        const slash = argument.indexOf("/");
        return slash <= 0 ? undefined : { provider: argument.slice(0, slash), modelId: argument.slice(slash + 1) };
      },
    },
    order: "change",
    run: async ({ provider, modelId }, { sessions }): Promise<Model> => {
      const { usableModel } = await import("../models/usable-model.ts");
      const chosen = await usableModel(provider, modelId, sessions.launch.registry);
      sessions.coding.conversation.choices.setModel(chosen);
      sessions.models.connectAhead();
      return publicModel(chosen);
    },
  }),
  command({
    name: "cycle_model",
    group: "Model and thinking",
    about: "Changes to the next model of the scope (`--models`), or of all that can be called. `null` where there is no other.",
    params: {},
    result: () => orNull(fields({ model, thinkingLevel: level, isScoped: flag("the scope has been given") })),
    order: "change",
    run: async (_params, { sessions }): Promise<{ model: Model; thinkingLevel: ThinkingLevel; isScoped: boolean } | null> => {
      const { cycleModel } = await import("../models/usable-model.ts");
      const changed = await cycleModel(sessions.models);
      if (changed !== null) sessions.models.connectAhead();
      return changed === null ? null : { ...changed, model: publicModel(changed.model) };
    },
  }),
  command({
    name: "get_available_models",
    group: "Model and thinking",
    about: "The models that can be called: their provider has a credential.",
    params: {},
    result: () => fields({ models: list(model) }),
    order: "in turn",
    run: async (_params, { sessions }): Promise<{ models: Model[] }> => {
      const { usableModels } = await import("../models/usable-model.ts");
      return { models: usableModels(sessions.models).map(publicModel) };
    },
  }),
  command({
    name: "set_thinking_level",
    group: "Model and thinking",
    about: "Changes the level for what comes; the nearest that the model takes is set.",
    params: { level },
    slash: {
      name: "thinking",
      about: "Set the thinking level",
      argument: "[level]",
      params: (argument) => (argument === "" ? undefined : { level: argument.toLowerCase() }),
    },
    order: "in turn",
    run: ({ level }, { sessions }): undefined => {
      sessions.coding.conversation.choices.setThinkingLevel(level);
    },
  }),
  command({
    name: "cycle_thinking_level",
    group: "Model and thinking",
    about: "Changes to the next level that the model takes. `null` where there is no other.",
    params: {},
    result: () => orNull(fields({ level })),
    order: "in turn",
    run: (_params, { sessions }): { level: ThinkingLevel } | null => {
      const level = sessions.coding.conversation.choices.cycleThinkingLevel();
      return level === undefined ? null : { level };
    },
  }),
  command({
    name: "get_available_thinking_levels",
    group: "Model and thinking",
    about: "The levels that the model takes; `off` alone for one that does not reason.",
    params: {},
    result: () => fields({ levels: list(level) }),
    order: "in turn",
    run: (_params, { sessions }): { levels: ThinkingLevel[] } => ({ levels: availableThinkingLevels(sessions.coding.conversation.model) }),
  }),
  command({
    name: "compact",
    group: "Compaction and retry",
    about: "Replaces the older part of the conversation by a summary. Answered when it is done; other commands go on meanwhile.",
    params: { customInstructions: optional(text("what the summary should look to")) },
    result: () =>
      fields({
        summary: text(),
        firstKeptEntryId: text(),
        tokensBefore: amount(),
        estimatedTokensAfter: amount(),
        usage: optional(usage),
        details: optional(anything("of whoever made the summary")),
      }),
    slash: {
      name: "compact",
      about: "Replace the older part of the conversation by a summary",
      argument: "[instructions]",
      params: (argument) => (argument === "" ? {} : { customInstructions: argument }),
    },
    order: "in turn",
    run: ({ customInstructions }, { sessions }) => sessions.coding.compaction.run(customInstructions),
  }),
  command({
    name: "set_auto_compaction",
    group: "Compaction and retry",
    about: "Whether the conversation is compacted by itself when the window gets full.",
    params: { enabled: flag() },
    order: "in turn",
    run: ({ enabled }, { sessions }): undefined => {
      sessions.coding.compaction.isAutomatic = enabled;
    },
  }),
  command({
    name: "set_auto_retry",
    group: "Compaction and retry",
    about: "Whether a model call that failed for a passing reason is tried again.",
    params: { enabled: flag() },
    order: "in turn",
    run: ({ enabled }, { sessions }): undefined => {
      sessions.coding.retry.isEnabled = enabled;
    },
  }),
  command({
    name: "abort_retry",
    group: "Compaction and retry",
    about: "Ends the waiting for the next try, and with it the run.",
    params: {},
    order: "at once",
    run: (_params, { sessions }): undefined => {
      sessions.coding.retry.abort();
    },
  }),
] as const;
