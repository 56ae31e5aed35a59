// The command line read, with what is meant where it cannot be. Called by cli/main and by `pi inspect`.

import { parseOptions, type Said, UnknownOptionError } from "./options.ts";

/** As `parseOptions`; an unknown option is told with what is meant by it here. */
export async function readOptions(args: readonly string[], isCommand?: (word: string) => boolean): Promise<Said> {
  try {
    return parseOptions(args, isCommand);
  } catch (error) {
    throw error instanceof UnknownOptionError ? (await import("./meant-words.ts")).unknownOption(error.option) : error;
  }
}
