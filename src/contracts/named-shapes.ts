// The shapes that schemas refer to by name, because many of them contain one: which there are, and how one is referred to. Written out in
// message-shapes.ts, which nobody needs who only talks; read by the tables and by those who make records that have such values.

import type {
  AssistantMessage,
  BashExecutionMessage,
  BranchSummaryMessage,
  CompactionSummaryMessage,
  CustomMessage,
  ImageContent,
  Message,
  SystemMessage,
  TextContent,
  ThinkingContent,
  ToolCall,
  ToolDeclaration,
  ToolResultMessage,
  UserMessage,
} from "./message.ts";
import type { Model } from "./model.ts";
import { references } from "./schema.ts";
import type { AssistantMessageEvent } from "./stream-event.ts";
import type { Usage } from "./usage.ts";

export interface NamedShapes {
  text: TextContent;
  image: ImageContent;
  thinking: ThinkingContent;
  toolCall: ToolCall;
  toolDeclaration: ToolDeclaration;
  message: Message;
  systemMessage: SystemMessage;
  userMessage: UserMessage;
  assistantMessage: AssistantMessage;
  toolResultMessage: ToolResultMessage;
  bashExecutionMessage: BashExecutionMessage;
  customMessage: CustomMessage;
  branchSummaryMessage: BranchSummaryMessage;
  compactionSummaryMessage: CompactionSummaryMessage;
  assistantMessageEvent: AssistantMessageEvent;
  usage: Usage;
  model: Model;
}

export const named = references<NamedShapes>();
