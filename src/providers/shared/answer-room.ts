// How many output tokens to ask for. Called by encoders of services that refuse a request whose prompt and output limit together exceed the window.
// Invariant: pure; a short prompt gets the model's own maximum, and what a service has counted is never guessed.

import type { Model } from "../../contracts/model.ts";
import type { ModelRequest } from "../../contracts/model-request.ts";

/** As the window is reckoned elsewhere. Fewer would cut answers short long before the window is full, and prose has more. */
const charactersPerToken = 4;
const tokensPerImage = 1200;
const smallestAnswerTokens = 1024;

/**
 * Undefined where the model's maximum is not known: the service then decides. `spare`: the part of the prompt by which the service may count more than
 * was counted before.
 */
export function answerRoom(model: Model, request: ModelRequest, spare = 0): number | undefined {
  const wanted = request.maxTokens ?? model.maxTokens;
  if (!(wanted > 0)) return undefined;
  if (!(model.contextWindow > 0)) return wanted;
  const promptTokens = request.promptTokens ?? estimatePromptTokens(request);
  const room = model.contextWindow - Math.ceil(promptTokens * (1 + spare));
  return Math.min(wanted, Math.max(room, smallestAnswerTokens));
}

function estimatePromptTokens(request: ModelRequest): number {
  let characters = request.systemPrompt.length;
  let images = 0;
  for (const tool of request.tools) characters += tool.description.length + JSON.stringify(tool.parameters).length;
  for (const message of request.messages) {
    if (typeof message.content === "string") {
      characters += message.content.length;
      continue;
    }
    for (const block of message.content) {
      if (block.type === "text") characters += block.text.length;
      else if (block.type === "thinking") characters += block.thinking.length;
      else if (block.type === "toolCall") characters += JSON.stringify(block.arguments).length;
      else images++;
    }
  }
  return Math.ceil(characters / charactersPerToken) + images * tokensPerImage;
}
