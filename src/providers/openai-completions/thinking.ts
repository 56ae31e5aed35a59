// How a chat completions server is told to think: the one place where the thinking formats of the dialects differ. Called by encode.

import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { CompletionsDialect } from "../dialect.ts";

export function encodeThinking(body: Record<string, unknown>, model: Model, level: ThinkingLevel, dialect: CompletionsDialect): void {
  if (!model.reasoning) return;
  const mapped = model.thinkingLevelMap?.[level];
  const on = level !== "off";
  // `null` for off: the model thinks whatever it is told, so nothing is said.
  if (!on && mapped === null) return;
  const effort = mapped ?? (on ? level : undefined);
  // A vendor that has no general effort field has it for the models whose map has a word for the level.
  const mayTell = dialect.supportsReasoningEffort || typeof mapped === "string";
  const tellEffort = (): void => {
    if (on && mayTell && effort !== undefined) body.reasoning_effort = effort;
  };
  switch (dialect.thinkingFormat) {
    case "openai":
      if (mayTell && effort !== undefined) body.reasoning_effort = effort;
      return;
    case "openrouter":
      body.reasoning = { effort: effort ?? "none" };
      return;
    case "deepseek":
    case "zai":
      body.thinking = { type: on ? "enabled" : "disabled" };
      tellEffort();
      return;
    case "together":
      body.reasoning = { enabled: on };
      tellEffort();
      return;
    case "qwen":
      body.enable_thinking = on;
      tellEffort();
      return;
    case "baseten":
      body.chat_template_args = { enable_thinking: on };
      tellEffort();
      return;
    case "ant-ling":
      if (on && typeof mapped === "string") body.reasoning = { effort: mapped };
      return;
    case "qwen-chat-template":
      body.chat_template_kwargs = { enable_thinking: on };
      tellEffort();
      return;
    case "none":
  }
}
