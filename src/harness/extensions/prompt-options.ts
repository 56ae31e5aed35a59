// What a system prompt is made of, as extensions see and change it. Called by extension-context and session-extensions. Pure.
// Invariant: options that nobody changed come to the prompt that is in force without them.

import { basename, dirname } from "node:path";
import { defined } from "../../contracts/defined.ts";
import type { SystemPromptOptions } from "../../contracts/extension-event.ts";
import { isEncodable } from "../../contracts/given-message.ts";
import type { Skill } from "../../resources/skills.ts";
import { type ContextFile, type PromptParts, promptSections } from "../conversation/system-prompt.ts";

export function promptOptions(parts: PromptParts, skills: readonly Skill[]): SystemPromptOptions {
  const { systemPrompt, appended, tools, contextFiles, cwd } = parts;
  return {
    ...defined({ customPrompt: systemPrompt }),
    selectedTools: tools.map(({ name }) => name),
    toolSnippets: Object.fromEntries(tools.flatMap(({ name, promptLine }) => (promptLine === undefined ? [] : [[name, promptLine]]))),
    toolGuidelines: Object.fromEntries(
      tools.flatMap(({ name, guidelines }) => (guidelines === undefined ? [] : [[name, [...guidelines]]])),
    ),
    promptGuidelines: [],
    ...(appended.length === 0 ? {} : { appendSystemPrompt: appended.join("\n\n") }),
    sections: {},
    cwd,
    contextFiles: contextFiles.map((file) => ({ ...file })),
    skills: skills.map(({ name, description, path }) => ({ name: name || basename(dirname(path)), description, filePath: path })),
  };
}

/** Why changed options are none that a prompt can be made of; nothing where they are. Handlers write into them as they like. */
export function optionsProblem(options: SystemPromptOptions): string | undefined {
  const isText = (value: unknown): boolean => typeof value === "string";
  const isTextOrNone = (value: unknown): boolean => value === undefined || isText(value);
  const isList = (value: unknown, fits: (one: unknown) => boolean): boolean => Array.isArray(value) && value.every(fits);
  const isTable = (value: unknown, fits: (one: unknown) => boolean): boolean =>
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(fits);
  const isFile = (file: unknown): boolean => isText((file as ContextFile | null)?.path) && isText((file as ContextFile | null)?.content);
  const checks: [name: keyof SystemPromptOptions, isSound: boolean, wanted: string][] = [
    ["forceSystemPrompt", isTextOrNone(options.forceSystemPrompt), "a text"],
    ["customPrompt", isTextOrNone(options.customPrompt), "a text"],
    ["appendSystemPrompt", isTextOrNone(options.appendSystemPrompt), "a text"],
    ["selectedTools", isList(options.selectedTools, isText), "a list of names"],
    ["promptGuidelines", isList(options.promptGuidelines, isText), "a list of texts"],
    ["toolSnippets", isTable(options.toolSnippets, isTextOrNone), "texts by name"],
    ["toolGuidelines", isTable(options.toolGuidelines, (one) => one === undefined || isList(one, isText)), "lists of texts by name"],
    ["sections", isTable(options.sections, isText), "texts by name"],
    ["contextFiles", isList(options.contextFiles, isFile), "a list of files with path and content"],
  ];
  const [wrong] = checks.filter(([, isSound]) => !isSound);
  if (wrong !== undefined) return `${wrong[0]} must be ${wrong[2]}`;
  return isEncodable(options) ? undefined : "they cannot be written as JSON";
}

function lineOf(promptLine: string | undefined): { promptLine?: string } {
  return promptLine === undefined ? {} : { promptLine };
}

/** The prompt that changed options come to; tools that are no longer selected say nothing in it. */
export function promptOf(parts: PromptParts, options: SystemPromptOptions): string {
  const { forceSystemPrompt, customPrompt, selectedTools, toolSnippets, toolGuidelines, promptGuidelines, appendSystemPrompt } = options;
  if (forceSystemPrompt !== undefined) return forceSystemPrompt;
  const { systemPrompt: _, ...rest } = parts;
  const tools = parts.tools.filter(({ name }) => selectedTools.includes(name));
  const sections = promptSections({
    ...rest,
    ...defined({ systemPrompt: customPrompt }),
    appended: appendSystemPrompt === undefined || appendSystemPrompt === "" ? [] : [appendSystemPrompt],
    contextFiles: options.contextFiles,
    tools: tools.map(({ promptLine, ...tool }, at) => ({
      ...tool,
      ...lineOf(toolSnippets[tool.name] ?? promptLine),
      guidelines: [...(toolGuidelines[tool.name] ?? []), ...(at === 0 ? promptGuidelines : [])],
    })),
  });
  const own = Object.entries(options.sections).map(([name, text]) => `<${name}>\n${text}\n</${name}>`);
  return [...sections.values(), ...own].join("\n\n");
}
