// Options that nobody but an extension can know: given to those that registered them, refused otherwise. Called by resolve-run and inspect.
// Invariant: an option that nobody knows never reaches a model as text, and a value is taken from the messages only by a flag that takes one.

import { PiError } from "../contracts/error.ts";
import type { LoadExtensionsResult } from "../contracts/extension.ts";
import type { Said } from "./options.ts";
import { unknownOption } from "./options.ts";

/** Their values, which are in force then; operands that are values are taken out. @throws PiError `usage.unknown_option`, `usage.missing_value` */
export function applyFlags(said: Said, loaded: LoadExtensionsResult | undefined): Map<string, boolean | string> {
  const values = new Map<string, boolean | string>();
  if (said.unknown.length === 0) return values;
  const flags = new Map(loaded?.extensions.flatMap((extension) => [...extension.flags]));
  const taken = new Set<number>();
  for (const { name, inlineValue, operandIndex } of said.unknown) {
    const flag = flags.get(name.slice(2));
    if (flag === undefined)
      throw unknownOption(
        name,
        [...flags.keys()].map((one) => `--${one}`),
      );
    const operand = operandIndex === undefined ? undefined : said.operands[operandIndex];
    const value = flag.type === "boolean" ? yesOrNo(name, inlineValue) : (inlineValue ?? operand?.text);
    if (value === undefined) throw new PiError("usage.missing_value", `${name} needs a value`, { hint: `${name} VALUE` });
    if (flag.type === "string" && inlineValue === undefined && operandIndex !== undefined) taken.add(operandIndex);
    values.set(flag.name, value);
    loaded?.runtime.flagValues.set(flag.name, value);
  }
  said.operands = said.operands.filter((_, index) => !taken.has(index));
  said.unknown = [];
  return values;
}

function yesOrNo(name: string, value: string | undefined): boolean {
  if (value === undefined || value === "true") return true;
  if (value === "false") return false;
  throw new PiError("usage.bad_value", `${name} is either on or off, got ${JSON.stringify(value)}`, {
    hint: `Write ${name}, or ${name}=false`,
  });
}
