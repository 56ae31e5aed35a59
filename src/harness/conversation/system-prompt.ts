// What the model is told before the conversation: named sections, and the difference between what is in force and what is wanted.
// Called by coding-session and inspect. Pure. Invariant: the request's prompt text is always the replay of the recorded system messages.

import type { Message, SystemMessage, ToolDeclaration } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { Tool } from "../../contracts/tool.ts";

export interface ContextFile {
  /** Absolute. */
  path: string;
  content: string;
}

export interface PromptParts {
  /** Replaces the preamble, the tool list and the rules. */
  systemPrompt?: string;
  appended: readonly string[];
  tools: readonly Tool[];
  contextFiles: readonly ContextFile[];
  /** What form the final answer must have; empty: any. */
  output: string;
  /** Ready-made text of the skills section; empty: none. */
  skills: string;
  cwd: string;
  /** Today, as the model is told it. */
  date: string;
}

export interface SystemState {
  /** Free text of system messages without sections, in order. */
  texts: string[];
  sections: Map<string, string>;
  tools: Map<string, ToolDeclaration>;
}

const preamble =
  "You are pi, a coding agent. You work in the user's folder by means of your tools: look before you assume, change what was asked for, check what you changed, then say briefly what you found or did.";

const commonRules = [
  "Keep answers short and to the point.",
  "Name files by their path.",
  "Never claim that something works without having seen it.",
];

const skillReaders = ["read", "bash"];

/** The sections wanted, in the order in which they are shown. */
export function promptSections(parts: PromptParts): Map<string, string> {
  const sections = new Map<string, string>();
  if (parts.systemPrompt !== undefined) sections.set("preamble", parts.systemPrompt);
  else {
    sections.set("preamble", preamble);
    const lines = parts.tools.flatMap(({ name, promptLine }) => (promptLine === undefined ? [] : [`${name}: ${promptLine}`]));
    if (lines.length > 0) sections.set("tools", tagged("tools", list(lines)));
    const rules = new Set([...parts.tools.flatMap((tool) => tool.guidelines ?? []), ...commonRules]);
    sections.set("rules", tagged("rules", list([...rules])));
  }
  if (parts.appended.length > 0) sections.set("addendum", tagged("addendum", parts.appended.join("\n\n")));
  if (parts.contextFiles.length > 0) {
    const files = parts.contextFiles.map((file) => `<instructions path="${file.path}">\n${file.content.trim()}\n</instructions>`);
    sections.set("project_context", tagged("project_context", ["What this user and this project ask of you:", ...files].join("\n\n")));
  }
  // Without a tool to read them with they would only be names; `/skill:NAME` brings a skill's text with it.
  if (parts.skills !== "" && parts.tools.some(({ name }) => skillReaders.includes(name)))
    sections.set("skills", tagged("skills", parts.skills));
  if (parts.output !== "") sections.set("output", tagged("output", parts.output));
  sections.set("date", tagged("date", parts.date));
  sections.set("cwd", tagged("cwd", parts.cwd));
  return sections;
}

function tagged(name: string, text: string): string {
  return `<${name}>\n${text}\n</${name}>`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

/** Replays the system messages of a transcript. */
export function systemStateOf(messages: readonly Message[]): SystemState {
  const state: SystemState = { texts: [], sections: new Map(), tools: new Map() };
  for (const message of messages) {
    if (message.role !== "system") continue;
    const text = textOf(message.content);
    if (text !== "") state.texts.push(text);
    for (const [name, section] of Object.entries(message.sections ?? {})) {
      if (section === null) state.sections.delete(name);
      else state.sections.set(name, section);
    }
    for (const { name } of message.toolsRemoved ?? []) state.tools.delete(name);
    for (const tool of message.toolsAdded ?? []) state.tools.set(tool.name, tool);
  }
  return state;
}

/** The prompt as one text. */
export function promptText(state: SystemState): string {
  return [...state.texts, ...state.sections.values()].filter((text) => text !== "").join("\n\n");
}

/** The system message that turns what is in force into what is wanted; nothing when they agree. */
export function systemChange(
  state: SystemState,
  sections: ReadonlyMap<string, string>,
  tools: readonly ToolDeclaration[],
  timestamp: number,
): SystemMessage | undefined {
  const changed: Record<string, string | null> = {};
  for (const [name, text] of sections) if (state.sections.get(name) !== text) changed[name] = text;
  for (const name of state.sections.keys()) if (!sections.has(name)) changed[name] = null;
  const wanted = new Map(tools.map((tool) => [tool.name, tool]));
  const removed = [...state.tools.keys()].filter((name) => !wanted.has(name)).map((name) => ({ name }));
  const added = [...wanted.values()].filter((tool) => !isSameTool(tool, state.tools.get(tool.name))).map(declarationOf);
  if (Object.keys(changed).length === 0 && removed.length === 0 && added.length === 0) return undefined;
  return {
    role: "system",
    content: "",
    ...(Object.keys(changed).length > 0 ? { sections: changed } : {}),
    ...(added.length > 0 ? { toolsAdded: added } : {}),
    ...(removed.length > 0 ? { toolsRemoved: removed } : {}),
    timestamp,
  };
}

function isSameTool(a: ToolDeclaration, b: ToolDeclaration | undefined): boolean {
  return b !== undefined && a.description === b.description && JSON.stringify(a.parameters) === JSON.stringify(b.parameters);
}

export function declarationOf(tool: ToolDeclaration): ToolDeclaration {
  return { name: tool.name, description: tool.description, parameters: tool.parameters };
}
