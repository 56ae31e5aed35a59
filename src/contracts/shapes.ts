// Schemas of the values that several methods take or give back. Their TypeScript types are those of `contracts`.

import type { ImageContent, Message } from "./message.ts";
import { type Model, thinkingLevels } from "./model.ts";
import { amount, choice, count, fields, flag, list, optional, orNull, shaped, text } from "./schema.ts";
import type { AnyEntry } from "./session-entry.ts";

export const level = choice(thinkingLevels, "clamped to what the model takes");

export const queueMode = choice(["all", "one-at-a-time"], "how many queued messages go out at a time");

export const image = shaped<ImageContent>('`{type:"image", data, mimeType}`, data in base64', {
  type: "object",
  properties: { type: { const: "image" }, data: { type: "string" }, mimeType: { type: "string" } },
  required: ["type", "data", "mimeType"],
});

export const message = shaped<Message>("a message", {
  type: "object",
  properties: { role: { type: "string" } },
  required: ["role"],
});

export const entry = shaped<AnyEntry>("an entry of the session file", {
  type: "object",
  properties: {
    type: { type: "string" },
    id: { type: "string" },
    parentId: { anyOf: [{ type: "string" }, { type: "null" }] },
    timestamp: { type: "string" },
  },
  required: ["type", "id", "parentId", "timestamp"],
});

const prices = fields({ input: amount(), output: amount(), cacheRead: amount(), cacheWrite: amount() }, "USD per million tokens");

export const model = shaped<Model>(
  "a model",
  fields({
    id: text(),
    name: text(),
    api: text("wire format"),
    provider: text(),
    baseUrl: text(),
    reasoning: flag(),
    input: list(choice(["text", "image"])),
    contextWindow: count("tokens"),
    maxTokens: count("output tokens"),
    cost: prices,
  }).schema,
);

export const usage = shaped<unknown>("tokens and cost", {
  type: "object",
  properties: { input: { type: "integer" }, output: { type: "integer" }, cacheRead: { type: "integer" }, cacheWrite: { type: "integer" } },
  required: ["input", "output", "cacheRead", "cacheWrite"],
});

export const replaced = fields({ cancelled: flag("an extension would not have it; nothing has changed then") });

export const leafId = orNull(text(), "the entry where the next one hangs; null: the session is empty");

export const outcome = fields(
  {
    state: choice(["queued", "running", "settled", "interrupted"]),
    stopReason: optional(text("of the run's last answer")),
    text: optional(text("of that answer")),
    errorMessage: optional(text()),
  },
  "only for a key that was used before: what became of its prompt",
);
