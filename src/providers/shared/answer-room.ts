// How many output tokens to ask for. Called by encoders of services that refuse a request whose prompt and output limit together exceed the window.
// Invariant: pure; a short prompt gets the model's own maximum as far as the window allows, and what a service has counted is not counted again.

import type { Model } from "../../contracts/model.ts";
import type { ModelRequest } from "../../contracts/model-request.ts";

/** In bytes, since English has one a character, and scripts of which a character is nearly a token have three. */
const bytesPerToken = 4;
const tokensPerImage = 1200;
const smallestAnswerTokens = 1024;

/** No count of ours is the service's. Models that may answer with all of their window are refused a request for one token too many. */
const margin = { tokens: 4096, partOfWindow: 1 / 16, partOfPrompt: 0.15, partOfRoom: 1 / 4 };
/** An answer of this length is worth more than that part of a long prompt. */
const amplyLong = 32_768;

/**
 * Undefined where the model's maximum is not known: the service then decides. `spare`: the part of the prompt by which this service does count more than
 * was counted before, however little room that leaves.
 */
export function answerRoom(model: Model, request: ModelRequest, spare = 0): number | undefined {
  const wanted = request.maxTokens ?? model.maxTokens;
  if (!(wanted > 0)) return undefined;
  if (!(model.contextWindow > 0)) return wanted;
  const promptTokens = request.promptTokens ?? estimatePromptTokens(request);
  const room = model.contextWindow - promptTokens;
  const least = Math.floor(Math.min(margin.tokens, model.contextWindow * margin.partOfWindow, Math.max(0, room) * margin.partOfRoom));
  const behind = (part: number): number => room - Math.max(least, Math.ceil(promptTokens * part));
  const answer = spare > 0 ? behind(spare) : Math.max(behind(margin.partOfPrompt), Math.min(amplyLong, behind(0)));
  return Math.min(wanted, Math.max(answer, smallestAnswerTokens));
}

function estimatePromptTokens(request: ModelRequest): number {
  let bytes = Buffer.byteLength(request.systemPrompt);
  let images = 0;
  for (const tool of request.tools) bytes += Buffer.byteLength(tool.description) + Buffer.byteLength(JSON.stringify(tool.parameters));
  for (const message of request.messages) {
    if (typeof message.content === "string") {
      bytes += Buffer.byteLength(message.content);
      continue;
    }
    for (const block of message.content) {
      if (block.type === "text") bytes += Buffer.byteLength(block.text);
      else if (block.type === "thinking") bytes += Buffer.byteLength(block.thinking);
      else if (block.type === "toolCall") bytes += Buffer.byteLength(JSON.stringify(block.arguments));
      else images++;
    }
  }
  return Math.ceil(bytes / bytesPerToken) + images * tokensPerImage;
}
