// The models that no service has: the embedded demo, and traces that are replayed. Named by the model registry. Pure.

import type { Model } from "../../contracts/model.ts";

export const free = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

export const demoModel: Model = {
  id: "demo",
  name: "Demo (embedded, offline)",
  api: "scripted",
  provider: "scripted",
  baseUrl: "",
  reasoning: false,
  input: ["text", "image"],
  contextWindow: 200_000,
  maxTokens: 16_384,
  cost: free,
};

/** Replays a trace: `id` is its file. */
export function scriptedModel(file: string): Model {
  return { ...demoModel, id: file, name: `Trace ${file}`, reasoning: true };
}
