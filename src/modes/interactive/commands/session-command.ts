// A slash command that is a command of the session: its name, its line and its argument stand in that record, and what was typed is checked by
// the schema that checks RPC. Used by the tables of the screen, which say what is asked and shown. Invariant: nothing is said of it twice.

import { isPiError } from "../../../contracts/error.ts";
import type { commands } from "../../../harness/commands/commands.ts";
import { slashCommandsByName, typedParams } from "../../../harness/commands/slash.ts";
import type { Surface } from "../surface.ts";
import type { SlashCommand } from "./slash-command.ts";

type Table = (typeof commands)[number];
type ResultOf<N extends Table["name"]> = Awaited<ReturnType<Extract<Table, { name: N }>["run"]>>;

interface Shown<R> extends Pick<SlashCommand, "complete"> {
  /** Default `always`. */
  when?: SlashCommand["when"];
  /** Where the argument does not say enough. */
  ask?(at: Surface): void | Promise<void>;
  /** What came of it. */
  show?(result: R, at: Surface): void;
}

/** By the name that the command has for RPC. */
export function sessionCommand<N extends Table["name"]>(
  name: N,
  { when = "always", ask, show, ...more }: Shown<ResultOf<N>>,
): SlashCommand {
  const command = [...slashCommandsByName().values()].find((one) => one.name === name);
  if (command === undefined) throw new Error(`the command ${name} is typed by nobody`);
  const { name: slash, about, argument } = command.slash;
  return {
    ...more,
    name: slash,
    about,
    ...(argument === undefined ? {} : { argument }),
    when,
    run: async (args, at) => {
      let params: Record<string, unknown> | undefined;
      try {
        params = typedParams(command, args.trim());
      } catch (error) {
        if (!isPiError(error)) throw error;
        at.say(error.message, "warning", error.hint);
        at.giveBack(`/${slash} ${args}`);
        return;
      }
      if (params === undefined) return ask?.(at);
      try {
        show?.((await command.run(params, at)) as ResultOf<N>, at);
      } catch (error) {
        // Its event says so already.
        if (!at.wasTold(error)) throw error;
      }
    },
  };
}
