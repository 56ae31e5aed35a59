// Messages, blocks and usages of somebody else's, who may give anything: whether they can be read as ours. Asked of what extensions and their tools
// answer, and of the lines of other writers. Pure. Invariant: what is said to be readable makes nobody fall who shows it, counts it or sends it.

import type { AssistantContent, UserContent } from "./message.ts";
import type { Usage } from "./usage.ts";

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As users, tools and extensions have them. */
export function isUserContent(block: unknown): block is UserContent {
  if (!isFields(block)) return false;
  if (block.type === "text") return typeof block.text === "string";
  return block.type === "image" && typeof block.data === "string" && typeof block.mimeType === "string";
}

/** What its call is given is not looked at. */
export function isAssistantContent(block: unknown): block is AssistantContent {
  if (!isFields(block)) return false;
  if (block.type === "text") return typeof block.text === "string";
  if (block.type === "thinking") return typeof block.thinking === "string";
  return block.type === "toolCall" && typeof block.id === "string" && typeof block.name === "string";
}

/** Written out: it runs for every answer of a long session, and names that are looked up one by one cost several times as much. */
export function isUsage(usage: unknown): usage is Usage {
  if (!isFields(usage) || !isFields(usage.cost)) return false;
  const { input, output, cacheRead, cacheWrite, totalTokens, cost } = usage;
  const areCounts = isAmount(input) && isAmount(output) && isAmount(cacheRead) && isAmount(cacheWrite) && isAmount(totalTokens);
  return areCounts && areCosts(cost as Fields);
}

function areCosts({ input, output, cacheRead, cacheWrite, total }: Fields): boolean {
  return isAmount(input) && isAmount(output) && isAmount(cacheRead) && isAmount(cacheWrite) && isAmount(total);
}

export function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Whether it can be written as JSON: no circles in it, no numbers that JSON does not have. */
export function isEncodable(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

/** Why a content (a text, or blocks) is none; nothing where it is one. */
export function contentProblem(content: unknown): string | undefined {
  if (typeof content === "string") return undefined;
  return Array.isArray(content) ? blockProblem(content, isUserContent) : "content is neither a text nor a list of blocks";
}

function blockProblem(blocks: unknown, isBlock: (block: unknown) => boolean): string | undefined {
  if (!Array.isArray(blocks)) return "content is no list of blocks";
  const at = blocks.findIndex((block) => !isBlock(block));
  return at < 0 ? undefined : `content[${at}] is no block that can be there`;
}

/** Why it cannot be taken for a message; nothing where it can. */
export function messageProblem(message: unknown): string | undefined {
  if (!isFields(message)) return "it is no object";
  const lacking = (...names: readonly string[]): string | undefined => {
    const name = names.find((one) => typeof message[one] !== "string");
    return name === undefined ? undefined : `${name} is no text`;
  };
  switch (message.role) {
    case "user":
    case "system":
      return contentProblem(message.content);
    case "custom":
      return lacking("customType") ?? contentProblem(message.content);
    case "assistant":
      if (message.usage !== undefined && !isUsage(message.usage)) return "usage has no counts and costs";
      return blockProblem(message.content, isAssistantContent);
    case "toolResult":
      return lacking("toolCallId", "toolName") ?? blockProblem(message.content, isUserContent);
    case "bashExecution":
      return lacking("command", "output");
    case "branchSummary":
    case "compactionSummary":
      return lacking("summary");
    default:
      return `there is no role ${JSON.stringify(message.role) ?? "without a name"}`;
  }
}
