// `@earendil-works/pi-ai/models` for extensions: what can be told of a model. Loaded when one imports it.

import { standInFunction } from "../npm/stand-in.ts";

export { getModelType, hasApi, isModelType } from "../npm/answer-facts.ts";
export { createProvider } from "../npm/api-providers.ts";
export { calculateCost, clampThinkingLevel, getSupportedThinkingLevels, modelsAreEqual } from "../npm/transcript-state.ts";
export { AI_TELEMETRY_SCHEMA, ModelsError } from "./pi-ai.ts";

// What needs a terminal, or a service that there is none of.
export const createModels = standInFunction("createModels");
