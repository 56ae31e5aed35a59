// How a chat completions server is told to think: the one place where the thinking formats of the dialects differ. Called by encode.

import type { ModelCall } from "../../contracts/model-request.ts";
import type { CompletionsDialect } from "../dialect.ts";
import { isObject } from "../shared/json.ts";
import { thinkingBudget } from "../shared/thinking-budget.ts";

export function encodeThinking(
  body: Record<string, unknown>,
  { model, request }: Pick<ModelCall, "model" | "request">,
  maxTokens: number | undefined,
  dialect: CompletionsDialect,
): void {
  if (!model.reasoning) return;
  const level = request.thinkingLevel;
  const mapped = model.thinkingLevelMap?.[level];
  const on = level !== "off";
  // `null` for off: the model thinks whatever it is told, so nothing is said.
  if (!on && mapped === null) return;
  const effort = mapped ?? (on ? level : undefined);
  // A vendor that has no general effort field has it for the models whose map has a word for the level.
  const mayTell = dialect.supportsReasoningEffort || typeof mapped === "string";
  /** Also when it is off, where the model has a word for that. */
  const tellEffortAlways = (): void => {
    if (mayTell && effort !== undefined) body.reasoning_effort = effort;
  };
  const tellEffort = (): void => {
    if (on) tellEffortAlways();
  };
  const budget = thinkingBudget(request, maxTokens ?? Number.POSITIVE_INFINITY);
  const budgetField = dialect.thinkingTokenBudgetField ?? (dialect.supportsThinkingTokenBudget ? "thinking_token_budget" : undefined);
  if (budgetField !== undefined && budget > 0) body[budgetField] = budget;
  const filled = (template: Record<string, unknown>): Record<string, unknown> =>
    fill(template, {
      "thinking.enabled": on,
      "thinking.effort": mapped === undefined ? effort : (mapped ?? undefined),
      "thinking.budget": budget > 0 ? budget : undefined,
    });
  switch (dialect.thinkingFormat) {
    case "openai":
      tellEffortAlways();
      return;
    case "openrouter":
      body.reasoning = { effort: effort ?? "none" };
      return;
    case "deepseek":
      body.thinking = { type: on ? "enabled" : "disabled" };
      tellEffort();
      return;
    case "zai":
      // What was thought before counts, too (https://docs.z.ai/guides/capabilities/thinking-mode).
      body.thinking = on ? { type: "enabled", clear_thinking: false } : { type: "disabled" };
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
      body.chat_template_args = filled(dialect.chatTemplateArgs ?? { enable_thinking: { $var: "thinking.enabled" } });
      tellEffortAlways();
      return;
    case "ant-ling":
      if (on && typeof mapped === "string") body.reasoning = { effort: mapped };
      return;
    case "qwen-chat-template":
      body.chat_template_kwargs = { enable_thinking: on, preserve_thinking: true };
      return;
    case "chat-template":
      body.chat_template_kwargs = filled(dialect.chatTemplateKwargs ?? {});
      return;
    case "string-thinking":
      body.thinking = effort ?? "none";
      return;
    case "none":
  }
}

/** What a variable has no value for is left out, and with `omitWhenOff` all that would be said of a model that does not think. */
function fill(template: Record<string, unknown>, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const filledIn = (value: unknown): unknown => {
    if (!isObject(value) || typeof value.$var !== "string") return value;
    return value.omitWhenOff === true && values["thinking.enabled"] === false ? undefined : values[value.$var];
  };
  const filled = Object.entries(template).map(([name, value]) => [name, filledIn(value)]);
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
}
