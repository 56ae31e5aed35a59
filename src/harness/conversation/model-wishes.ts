// What the user has set for what is asked of models: read by the conversation and the intake, given by start-session.

import type { ThinkingLevel } from "../../contracts/model.ts";

export interface ModelWishes {
  /** Pictures stay here. */
  blocksImages: boolean;
  /** Pictures that are larger than services take are made smaller. */
  resizesImages: boolean;
  /** Tokens to think with. */
  thinkingBudgets: Partial<Record<ThinkingLevel, number>>;
  /** How long services are to remember prompts. */
  cacheRetention: "short" | "long";
  /** By `provider/id`, what a model begins with. */
  thinkingLevels: Readonly<Record<string, ThinkingLevel>>;
}
