// Fields of a request that the user has set for a model, and for one of its thinking levels. Called by the encoders of OpenAI's formats. Pure.

import type { ModelCall } from "../../contracts/model-request.ts";

/** What makes a request one of ours: an answer in another form would not be read. */
const notTheirs = new Set(["model", "messages", "input", "stream", "tools"]);

export function samplingFields({ model, request }: Pick<ModelCall, "model" | "request">): Record<string, unknown> {
  const { samplingParams, samplingParamsByThinkingLevel } = model;
  if (samplingParams === undefined && samplingParamsByThinkingLevel === undefined) return {};
  const fields = { ...samplingParams, ...samplingParamsByThinkingLevel?.[request.thinkingLevel] };
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !notTheirs.has(name)));
}
