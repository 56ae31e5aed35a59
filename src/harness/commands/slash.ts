// Commands as people type them: read off the table, so that what is listed and what is run cannot differ. Called by whoever has an editor
// for words. Invariant: words that are no command are nobody's mistake here (a path, a template, an extension's command); words for one that
// does not take them are.

import { PiError } from "../../contracts/error.ts";
import { objectSchema, problemOf } from "../../contracts/schema.ts";
import type { Command, SlashForm } from "./command.ts";
import { commands } from "./commands.ts";

/** A command that people type. */
export type SlashCommand = Command & { readonly slash: SlashForm };

export interface TypedCommand {
  readonly command: SlashCommand;
  /** As typed, trimmed. */
  readonly argument: string;
  /** Checked, and ready for `run`; nothing: more has to be asked. */
  readonly params: Record<string, unknown> | undefined;
}

/** By the name behind the slash, in the order of the table. */
export function slashCommandsByName(): Map<string, SlashCommand> {
  const typed = (commands as readonly unknown[] as readonly Command[]).filter((one): one is SlashCommand => one.slash !== undefined);
  return new Map(typed.map((one) => [one.slash.name, one]));
}

/**
 * What `/name argument`, typed in `cwd`, asks for; nothing where the table does not have the name.
 * @throws PiError `usage.too_many` or `usage.bad_value` for an argument that the command does not take.
 */
export function typedCommand(text: string, cwd: string): TypedCommand | undefined {
  const [, name = "", rest = ""] = /^\/([^\s/]+)(?:\s+([\s\S]*))?$/.exec(text.trim()) ?? [];
  const command = slashCommandsByName().get(name);
  if (command === undefined) return undefined;
  const argument = rest.trim();
  return { command, argument, params: typedParams(command, argument, cwd) };
}

/**
 * What was typed behind a command's name (trimmed) as its parameters, checked; nothing: more has to be asked.
 * @throws PiError `usage.too_many` or `usage.bad_value`.
 */
export function typedParams({ slash, params: fields }: SlashCommand, argument: string, cwd: string): Record<string, unknown> | undefined {
  if (slash.params === undefined && argument !== "") throw takesNone(slash.name, argument);
  const params = slash.params === undefined ? {} : slash.params(argument, cwd);
  const problem = params && problemOf(objectSchema(fields), params);
  if (problem !== undefined)
    throw new PiError("usage.bad_value", `/${slash.name}: ${problem}`, { hint: `Type /${slash.name} ${slash.argument}` });
  return params;
}

export function takesNone(name: string, argument: string): PiError {
  return new PiError("usage.too_many", `/${name} takes no argument, and was given ${JSON.stringify(argument)}`, {
    hint: `Type /${name} alone`,
  });
}
