// Commands that look, and small switches.

import type { QueueMode } from "../../agent/message-queue.ts";
import type { SlashCommandInfo } from "../../contracts/extension.ts";
import type { Message } from "../../contracts/message.ts";
import { type Model, publicModel, type ThinkingLevel } from "../../contracts/model.ts";
import { choice, count, fields, flag, list, optional, orNull, text } from "../../contracts/schema.ts";
import { level, message, model, queueMode } from "../../contracts/shapes.ts";
import { command } from "./command.ts";

export interface SessionState {
  /** Absent when there is none to use. */
  model?: Model;
  thinkingLevel: ThinkingLevel;
  isStreaming: boolean;
  isCompacting: boolean;
  steeringMode: QueueMode;
  followUpMode: QueueMode;
  sessionFile?: string;
  sessionId: string;
  sessionName?: string;
  autoCompactionEnabled: boolean;
  messageCount: number;
  pendingMessageCount: number;
}

export const stateCommands = [
  command({
    name: "get_state",
    group: "State",
    about: "What is in force now. Always answered at once.",
    params: {},
    result: () =>
      fields({
        model: optional(model),
        thinkingLevel: level,
        isStreaming: flag("a run is under way"),
        isCompacting: flag(),
        steeringMode: queueMode,
        followUpMode: queueMode,
        sessionFile: optional(text("absolute; also before the file is there")),
        sessionId: text(),
        sessionName: optional(text()),
        autoCompactionEnabled: flag(),
        messageCount: count(),
        pendingMessageCount: count("queued messages"),
      }),
    order: "at once",
    run: (_params, { sessions }): SessionState => {
      const { coding, models } = sessions;
      const { session } = coding;
      const state: SessionState = {
        thinkingLevel: coding.conversation.thinkingLevel,
        isStreaming: coding.isStreaming,
        isCompacting: coding.compaction.isRunning,
        steeringMode: coding.queue.steeringMode,
        followUpMode: coding.queue.followUpMode,
        sessionId: session.id,
        autoCompactionEnabled: coding.compaction.isAutomatic,
        messageCount: coding.conversation.messages.length,
        pendingMessageCount: coding.queue.count,
      };
      if (models.inForce !== undefined) state.model = publicModel(models.inForce);
      if (session.filePath !== undefined) state.sessionFile = session.filePath;
      if (coding.conversation.name !== undefined) state.sessionName = coding.conversation.name;
      return state;
    },
  }),
  command({
    name: "get_messages",
    group: "State",
    about: "The conversation as the model is shown it, system messages included.",
    params: {},
    result: () => fields({ messages: list(message) }),
    order: "in turn",
    run: (_params, { sessions }): { messages: Message[] } => ({ messages: [...sessions.coding.conversation.messages] }),
  }),
  command({
    name: "get_last_assistant_text",
    group: "State",
    about: "Text of the last answer; `null` while there is none.",
    params: {},
    result: () => fields({ text: orNull(text()) }),
    order: "in turn",
    run: (_params, { sessions }): { text: string | null } => ({ text: sessions.coding.conversation.lastAssistantText() ?? null }),
  }),
  command({
    name: "get_commands",
    group: "State",
    about: "What can be prompted as `/name`: prompt templates and skills, and commands of extensions.",
    params: {},
    result: () =>
      fields({
        commands: list(
          fields({
            name: text("without the slash"),
            description: optional(text()),
            source: choice(["extension", "prompt", "skill"]),
            sourceInfo: fields({
              path: text(),
              source: text("how it was found"),
              scope: choice(["user", "project", "temporary"]),
              origin: choice(["top-level", "package"]),
              baseDir: optional(text()),
            }),
          }),
        ),
      }),
    order: "in turn",
    run: async (_params, { sessions }): Promise<{ commands: SlashCommandInfo[] }> => {
      const { listSlashCommands } = await import("../extensions/slash-commands.ts");
      return { commands: sessions.extensions.commands() ?? (await listSlashCommands(sessions.launch.resources)) };
    },
  }),
  command({
    name: "set_steering_mode",
    group: "State",
    about: "How many steering messages go in at a time.",
    params: { mode: queueMode },
    order: "in turn",
    run: ({ mode }, { sessions }): undefined => {
      sessions.coding.queue.steeringMode = mode;
    },
  }),
  command({
    name: "set_follow_up_mode",
    group: "State",
    about: "How many follow-ups go in at a time.",
    params: { mode: queueMode },
    order: "in turn",
    run: ({ mode }, { sessions }): undefined => {
      sessions.coding.queue.followUpMode = mode;
    },
  }),
  command({
    name: "clear_queue",
    group: "Prompting",
    about: "Takes all queued messages out and gives their texts back.",
    params: {},
    result: () => fields({ steering: list(text()), followUp: list(text()) }),
    order: "in turn",
    run: (_params, { sessions }) => sessions.intake.clearQueue(),
  }),
] as const;
