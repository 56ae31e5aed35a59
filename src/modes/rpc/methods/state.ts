// Methods that look, and small switches.

import type { Message } from "../../../contracts/message.ts";
import { choice, count, fields, flag, list, optional, orNull, text } from "../../../contracts/schema.ts";
import { level, message, model, queueMode } from "../../../contracts/shapes.ts";
import { method } from "../method.ts";
import type { RpcSessionState, RpcSlashCommand } from "../records.ts";

export const stateMethods = [
  method({
    name: "get_state",
    group: "State",
    about: "What is in force now. Always answered at once.",
    params: {},
    result: fields({
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
    run: (_params, { sessions }): RpcSessionState => {
      const { coding, sessionName } = sessions;
      const { session } = coding;
      const state: RpcSessionState = {
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
      if (sessions.hasModel) state.model = coding.conversation.model;
      if (session.filePath !== undefined) state.sessionFile = session.filePath;
      if (sessionName !== undefined) state.sessionName = sessionName;
      return state;
    },
  }),
  method({
    name: "get_messages",
    group: "State",
    about: "The conversation as the model is shown it, system messages included.",
    params: {},
    result: fields({ messages: list(message) }),
    order: "in turn",
    run: (_params, { sessions }): { messages: Message[] } => ({ messages: [...sessions.coding.conversation.messages] }),
  }),
  method({
    name: "get_last_assistant_text",
    group: "State",
    about: "Text of the last answer; `null` while there is none.",
    params: {},
    result: fields({ text: orNull(text()) }),
    order: "in turn",
    run: (_params, { sessions }): { text: string | null } => ({ text: sessions.coding.conversation.lastAssistantText() ?? null }),
  }),
  method({
    name: "get_commands",
    group: "State",
    about: "What can be prompted as `/name`: prompt templates and skills, and commands of extensions.",
    params: {},
    result: fields({
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
    run: async (_params, { sessions }): Promise<{ commands: RpcSlashCommand[] }> => {
      const { listSlashCommands } = await import("../../../harness/extensions/slash-commands.ts");
      return { commands: sessions.extensions.commands() ?? (await listSlashCommands(sessions.launch.resources)) };
    },
  }),
  method({
    name: "set_steering_mode",
    group: "State",
    about: "How many steering messages go in at a time.",
    params: { mode: queueMode },
    order: "in turn",
    run: ({ mode }, { sessions }): undefined => {
      sessions.coding.queue.steeringMode = mode;
    },
  }),
  method({
    name: "set_follow_up_mode",
    group: "State",
    about: "How many follow-ups go in at a time.",
    params: { mode: queueMode },
    order: "in turn",
    run: ({ mode }, { sessions }): undefined => {
      sessions.coding.queue.followUpMode = mode;
    },
  }),
] as const;
