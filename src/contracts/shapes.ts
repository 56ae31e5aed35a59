// Schemas of the values that several methods take or give back. Their TypeScript types are those of `contracts`.

import type { ImageContent } from "./message.ts";
import { thinkingLevels } from "./model.ts";
import { named } from "./named-shapes.ts";
import { choice, fields, flag, literal, of, optional, orNull, references, text } from "./schema.ts";
import type { AnyEntry } from "./session-entry.ts";

export const level = choice(thinkingLevels, "clamped to what the model takes");

export const queueMode = choice(["all", "one-at-a-time"], "how many queued messages go out at a time");

/** Written out, because what comes in is checked against it. */
export const image = of<ImageContent>()(
  { type: literal("image"), data: text(), mimeType: text() },
  '`{type:"image", data, mimeType}`, data in base64',
);

export const message = named("message");
export const model = named("model");
export const usage = named("usage");

export interface EntryShape {
  /** Any line of a session file but the first. */
  entry: AnyEntry;
}

export const entry = references<EntryShape>()("entry");

export const replaced = () => fields({ cancelled: flag("an extension would not have it; nothing has changed then") });

export const leafId = orNull(text(), "the entry where the next one hangs; null: the session is empty");

export const outcome = () =>
  fields(
    {
      state: choice(["queued", "running", "settled", "interrupted"]),
      stopReason: optional(text("of the run's last answer")),
      text: optional(text("of that answer")),
      errorMessage: optional(text()),
    },
    "only for a key that was used before: what became of its prompt",
  );
