// What the system messages of a transcript add, take away and come to, under the npm agent's names. Imported by extensions. Pure.

import { defined } from "../../contracts/defined.ts";
import { type Message, type SystemMessage, type ToolDeclaration, textOf } from "../../contracts/message.ts";
import { promptText, systemStateOf } from "../../harness/conversation/system-prompt.ts";

interface Transcript {
  systemPrompt?: string;
  messages: readonly Message[];
  tools?: readonly ToolDeclaration[];
}

/** What a conversation begins with; nothing where there is neither a prompt nor a tool. */
export function createInitialSystemMessage(systemPrompt: unknown, tools: readonly ToolDeclaration[] = []): SystemMessage | undefined {
  const content = typeof systemPrompt === "string" ? systemPrompt : "";
  if (content === "" && tools.length === 0) return undefined;
  return { role: "system", content, ...(tools.length > 0 ? { toolsAdded: tools.map(declarationOf) } : {}), timestamp: 0 };
}

/** The first message, where it is one of the system's. */
export function getInitialSystemMessage(messages: readonly Message[]): SystemMessage | undefined {
  const first = Array.isArray(messages) ? (messages as readonly Message[])[0] : undefined;
  return first?.role === "system" ? first : undefined;
}

export function getSystemMessageText(message: SystemMessage): string {
  return promptText(systemStateOf([message]));
}

/** Of all messages, in the order in which they were declared; those taken away since are among them. */
export function getDeclaredTools(messages: readonly Message[]): ToolDeclaration[] {
  const declared = new Map(added(messages).map((tool) => [tool.name, tool]));
  return [...declared.values()];
}

/** A tool that is declared otherwise counts as added. */
export function getToolStateChanges(
  before: readonly ToolDeclaration[],
  after: readonly ToolDeclaration[],
): { toolsAdded: ToolDeclaration[]; toolsRemoved: { name: string }[] } {
  const earlier = new Map(before.map((tool) => [tool.name, tool]));
  const names = new Set(after.map(({ name }) => name));
  return {
    toolsAdded: after.filter((tool) => !declarationsEqual(tool, earlier.get(tool.name))).map(declarationOf),
    toolsRemoved: before.filter(({ name }) => !names.has(name)).map(({ name }) => ({ name })),
  };
}

/** Whether a later message takes a tool away, or declares one otherwise. */
export function hasNonAdditiveToolChanges(messages: readonly Message[]): boolean {
  return systemMessages(messages).some(({ toolsRemoved = [] }) => toolsRemoved.length > 0) || hasToolRedefinitions(messages);
}

export function hasToolRedefinitions(messages: readonly Message[]): boolean {
  const declared = new Map<string, ToolDeclaration>();
  return added(messages).some((tool) => {
    const earlier = declared.get(tool.name);
    declared.set(tool.name, tool);
    return earlier !== undefined && !declarationsEqual(tool, earlier);
  });
}

export function declarationsEqual(one: ToolDeclaration, other: ToolDeclaration | undefined): boolean {
  return other !== undefined && JSON.stringify(declarationOf(one)) === JSON.stringify(declarationOf(other));
}

/** What a model that takes no system message in between is told of one. */
export function renderSystemMessageUpdate({ content, sections = {} }: SystemMessage): string {
  const changes = Object.entries(sections).map(([name, text]) =>
    text === null ? `Removed system prompt section "${name}".` : `Updated system prompt section "${name}":\n\n${text}`,
  );
  return [textOf(content), ...changes].filter((text) => text !== "").join("\n\n");
}

/** One system message at the beginning, which says what is in force; the others as they are. */
export function resolveTranscript<T extends Transcript>(context: T): T {
  const { messages } = normalizeContext(context);
  const state = systemStateOf(messages);
  const others = messages.filter(({ role }) => role !== "system");
  const first = systemMessages(messages)[0];
  if (first === undefined) return { ...context, messages: others };
  const tools = [...state.tools.values()];
  const folded: SystemMessage = {
    role: "system",
    content: state.texts.join("\n\n"),
    ...(state.sections.size > 0 ? { sections: Object.fromEntries(state.sections) } : {}),
    ...(tools.length > 0 ? { toolsAdded: tools } : {}),
    timestamp: first.timestamp,
  };
  return { ...context, messages: [folded, ...others] };
}

/** The tools that a request needs, and how many messages said so. */
export function resolveTranscriptTools(messages: readonly Message[]): { requestTools: ToolDeclaration[]; foldedSystemMessages: number } {
  return { requestTools: [...systemStateOf(messages).tools.values()], foldedSystemMessages: systemMessages(messages).length };
}

/** A prompt and tools beside the messages become their first one, where that is none already. */
export function normalizeContext({ systemPrompt, tools, messages, ...rest }: Transcript): Pick<Transcript, "messages"> {
  const initial = messages[0]?.role === "system" ? undefined : createInitialSystemMessage(systemPrompt, tools);
  return { ...rest, messages: initial === undefined ? messages : [initial, ...messages] };
}

function systemMessages(messages: readonly Message[]): SystemMessage[] {
  return messages.filter((message): message is SystemMessage => message.role === "system");
}

function added(messages: readonly Message[]): ToolDeclaration[] {
  return systemMessages(messages).flatMap(({ toolsAdded = [] }) => toolsAdded);
}

function declarationOf({ name, description, parameters }: ToolDeclaration): ToolDeclaration {
  return { name, ...defined({ description }), parameters } as ToolDeclaration;
}
