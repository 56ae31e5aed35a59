// What is known of a model, and the thinking levels. Pure.

import { withoutUrlSecrets } from "./text/url-secrets.ts";
import type { Prices } from "./usage.ts";

export const thinkingLevels = ["off", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
export type ThinkingLevel = (typeof thinkingLevels)[number];

/** Wire formats that have a provider folder here; a catalogue may name others, which are refused by name when chosen. */
export type Api = "anthropic-messages" | "openai-completions" | "openai-responses" | "google-generative-ai" | "scripted" | (string & {});

/** One model of the catalogue, of the configuration or of an SDK caller. */
export interface Model {
  id: string;
  name: string;
  api: Api;
  provider: string;
  baseUrl: string;
  reasoning: boolean;
  input: ("text" | "image")[];
  /** Tokens. */
  contextWindow: number;
  /** Output tokens. */
  maxTokens: number;
  /** USD per million tokens. */
  cost: Prices;
  /** Level to the vendor's word for it; `null`: the model has no such level. A level that is absent is sent under its own name. */
  thinkingLevelMap?: Partial<Record<ThinkingLevel, string | null>>;
  /** Sent with every request to this model. */
  headers?: Record<string, string>;
  /** Its name at the customer's own service (an Azure deployment), where that is another than the id. */
  requestName?: string;
  /** What one request may hold at most. */
  inputLimits?: { maxRequestBytes?: number; images?: { maxPerRequest?: number; maxPerMessage?: number } };
  /** Fields of every request of an OpenAI format, and those of a thinking level over them. */
  samplingParams?: Record<string, unknown>;
  samplingParamsByThinkingLevel?: Partial<Record<ThinkingLevel, Record<string, unknown>>>;
  /** Overrides of the provider's dialect row: from the catalogue, and from configuration. */
  dialect?: Record<string, unknown>;
}

/** What others than its provider may know of it: no headers, which may hold keys, and no password in its address. */
export function publicModel(model: Model): Model {
  // One copy: to leave a field out of it takes longer than all else in the answer that a host asks for most.
  const shown = { ...model, baseUrl: withoutUrlSecrets(model.baseUrl) };
  if ("headers" in shown) delete shown.headers;
  return shown;
}

/** Levels the model takes, lowest first. `xhigh` and `max` must be named by the model's map; the others are there unless it says `null`. */
export function availableThinkingLevels(model: Model): ThinkingLevel[] {
  if (!model.reasoning) return ["off"];
  return thinkingLevels.filter((level) => {
    const mapped = model.thinkingLevelMap?.[level];
    if (level === "xhigh" || level === "max") return typeof mapped === "string";
    return mapped !== null;
  });
}

/** The nearest level the model takes: the next higher one if there is one, else the highest. */
export function clampThinkingLevel(level: ThinkingLevel, model: Model): ThinkingLevel {
  const available = availableThinkingLevels(model);
  if (available.includes(level)) return level;
  const wanted = thinkingLevels.indexOf(level);
  return available.find((one) => thinkingLevels.indexOf(one) > wanted) ?? available.at(-1) ?? "off";
}

export function isThinkingLevel(text: string): text is ThinkingLevel {
  return (thinkingLevels as readonly string[]).includes(text);
}
