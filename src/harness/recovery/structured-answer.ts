// Answers that must be JSON valid against a schema: what the model is told, the check, and one round of repair. Called by coding-session.
// Invariant: an outcome is `done` only when its `value` is valid.

import { messageOf } from "../../contracts/error.ts";
import type { Outcome } from "../../contracts/outcome.ts";

export type JsonSchema = Record<string, unknown>;

/** The system prompt's section; also for services with a schema mode of their own, whose tools come before the answer. */
export function outputInstruction(schema: JsonSchema): string {
  return `Your final answer is only JSON: no prose, no code fence. It must be valid against this JSON Schema:\n${JSON.stringify(schema)}`;
}

/** Checks the answer of a run that ended well; asks once more when it does not fit, where `ask` is there to go on with. */
export async function checkedAnswer(
  outcome: Outcome,
  schema: JsonSchema,
  ask: ((text: string) => Promise<Outcome>) | undefined,
): Promise<Outcome> {
  const first = await checkAnswer(outcome, schema);
  if (first.ok) return first.outcome;
  if (ask === undefined) return unfit(outcome, first);
  const repaired = await ask(
    `Your answer does not fit the JSON Schema it has to follow:\n${first.problems.map((problem) => `- ${problem}`).join("\n")}\n\nAnswer again with only the corrected JSON.`,
  );
  if (repaired.kind !== "done") return repaired;
  const second = await checkAnswer(repaired, schema);
  return second.ok ? second.outcome : unfit(repaired, second);
}

interface Misfit {
  ok: false;
  problems: string[];
}

type Check = { ok: true; outcome: Outcome } | Misfit;

function unfit({ text }: Outcome, { problems }: Misfit): Outcome {
  return {
    kind: "error",
    text,
    code: "model.invalid_output",
    message: `The answer does not fit the output schema: ${problems[0] ?? "no JSON"}`,
    hint: "Simplify the schema, or use another model",
  };
}

async function checkAnswer(outcome: Outcome, schema: JsonSchema): Promise<Check> {
  const parsed = parseJsonAnswer(outcome.text);
  if ("problem" in parsed) return { ok: false, problems: [parsed.problem] };
  const { Errors } = await import("typebox/schema");
  const [isValid, errors] = Errors(schema, parsed.value);
  if (!isValid) return { ok: false, problems: errors.slice(0, 10).map((error) => `${error.instancePath || "(root)"} ${error.message}`) };
  return { ok: true, outcome: { ...outcome, text: JSON.stringify(parsed.value), value: parsed.value } };
}

/** Of the first block between fences, looked for in two steps: one pattern for both would look anew from each line end. */
function fencedIn(text: string): string | undefined {
  const opening = /```(?:json)?[^\S\n]*\n/.exec(text);
  if (opening === null) return undefined;
  const inside = text.slice(opening.index + opening[0].length);
  const closing = /\n[^\S\n]*```/.exec(inside);
  return closing === null ? undefined : inside.slice(0, closing.index);
}

/** The text as JSON; models that were told not to fence it often do all the same, or put a sentence before it. */
export function parseJsonAnswer(text: string): { value: unknown } | { problem: string } {
  const fenced = fencedIn(text);
  const start = text.search(/[[{]/);
  const end = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  const candidates = [text, fenced, start >= 0 && end > start ? text.slice(start, end + 1) : undefined];
  let problem = "the answer is empty";
  for (const candidate of candidates) {
    if (candidate === undefined || candidate.trim() === "") continue;
    try {
      return { value: JSON.parse(candidate) };
    } catch (error) {
      problem = `not JSON: ${messageOf(error)}`;
    }
  }
  return { problem };
}
