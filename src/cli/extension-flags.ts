// Options that nobody but an extension can know: given to those that registered them, refused otherwise. Called by resolve-run and inspect.
// Invariant: an option that nobody knows never reaches a model as text, and a value is taken from the messages only by a flag that takes one.

import { PiError } from "../contracts/error.ts";
import type { ExtensionFlagOptions } from "../contracts/extension.ts";
import type { Launch } from "../harness/launch/launch.ts";
import type { Host } from "../platform/host.ts";
import type { Said } from "./options.ts";

/** The launch with them in force; operands that are values are taken out. @throws PiError `usage.unknown_option`, `usage.missing_value` */
export async function withFlags(said: Said, launch: Launch): Promise<Launch> {
  if (said.unknown.length === 0) return launch;
  const loaded = launch.parts?.extensions;
  const values = new Map<string, boolean | string>();
  const flags = new Map(loaded?.extensions.flatMap((extension) => [...extension.flags]));
  const taken = new Set<number>();
  for (const { name, inlineValue, operandIndex } of said.unknown) {
    const flag = flags.get(name.slice(2));
    if (flag === undefined) {
      const { unknownOption } = await import("./meant-words.ts");
      throw unknownOption(
        name,
        [...flags.keys()].map((one) => `--${one}`),
      );
    }
    const operand = operandIndex === undefined ? undefined : said.operands[operandIndex];
    const value = flag.type === "boolean" ? yesOrNo(name, inlineValue) : (inlineValue ?? operand?.text);
    if (value === undefined) throw new PiError("usage.missing_value", `${name} needs a value`, { hint: `${name} VALUE` });
    if (flag.type === "string" && inlineValue === undefined && operandIndex !== undefined) taken.add(operandIndex);
    values.set(flag.name, value);
    loaded?.runtime.flagValues.set(flag.name, value);
  }
  said.operands = said.operands.filter((_, index) => !taken.has(index));
  said.unknown = [];
  const { options } = launch;
  return { ...launch, options: { ...options, extensions: { ...options.extensions, flags: values } } };
}

function yesOrNo(name: string, value: string | undefined): boolean {
  if (value === undefined || value === "true") return true;
  if (value === "false") return false;
  throw new PiError("usage.bad_value", `${name} is either on or off, got ${JSON.stringify(value)}`, {
    hint: `Write ${name}, or ${name}=false`,
  });
}

/** For the help, which is shown whatever is wrong with them. */
export async function flagsOfExtensions(said: Said, host: Host): Promise<({ name: string } & ExtensionFlagOptions)[]> {
  try {
    const { resolveRun } = await import("./resolve-run.ts");
    const { options, extensions, configFor } = await resolveRun(said, host);
    const loaded = await extensions.load(options, await configFor(options.cwd), { reload: false, warn: () => {}, collects: true });
    const flags = loaded?.extensions.flatMap((extension) => [...extension.flags.values()]) ?? [];
    return flags.filter(({ name }, at) => flags.findIndex((one) => one.name === name) === at);
  } catch {
    return [];
  }
}
