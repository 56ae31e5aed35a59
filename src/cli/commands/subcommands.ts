// How subcommands with own subcommands are parsed: commander, loaded when one is run, with our errors and our streams.
// Used by the files beside it.

import type { Command } from "commander";
import { PiError } from "../../contracts/error.ts";
import { inOneLine } from "../../contracts/text/one-line.ts";
import type { Host } from "../../platform/host.ts";
import { writePage } from "../page.ts";

export interface SubcommandContext {
  host: Host;
  /** Sets the exit status; 0 when never called. */
  exit(status: number): void;
}

/** What the file of a subcommand exports that is loaded only when it is named. */
export interface SubcommandModule {
  /** Adds arguments, options and the action. */
  define(command: Command, context: SubcommandContext): void;
}

export interface SubcommandRecord {
  name: string;
  /** What other programs call the same; help shows the first. */
  aliases?: readonly string[];
  help: string;
  /** As of commands: what it writes is to be read. */
  isPaged?: boolean;
  load(): Promise<SubcommandModule>;
}

/** Builds the program, runs the named action, gives the exit status. @throws PiError `usage.command` for what commander refuses. */
export async function runSubcommands(
  name: string,
  args: readonly string[],
  host: Host,
  build: (program: Command, exit: (status: number) => void) => void,
): Promise<number> {
  const { Command, CommanderError } = await import("commander");
  const program = new Command(`pi ${name}`);
  let status = 0;
  let help = "";
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        help += text;
      },
      writeErr: () => undefined,
      // Fitted as a whole when it is written.
      getOutHelpWidth: () => 10_000,
    });
    command.commands.forEach(quiet);
  };
  build(program, (code) => {
    status = code;
  });
  quiet(program);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) {
      throw new PiError("usage.command", sentence(error.message), { hint: remedy(error.code, program, args) });
    }
  }
  if (help !== "") await writePage(host, help);
  return status;
}

/** What is meant where no command is named: its options are those of the group, and stand in its help. */
export function isMeantAlone(command: Command): Command {
  const rows = (): string[][] => command.options.map(({ flags, description }) => [flags, description]);
  command.parent?.addHelpText("after", () => {
    const width = Math.max(0, ...rows().map(([flags = ""]) => flags.length));
    const lines = rows().map(([flags = "", about]) => `  ${flags.padEnd(width)}  ${about}`);
    return lines.length === 0 ? "" : `\nOptions without a command, and of ${command.name()}:\n${lines.join("\n")}`;
  });
  return command;
}

/** How the command is used, where something is missing or too much; else where to read about it. */
function remedy(code: string, program: Command, args: readonly string[]): string {
  const named = program.commands.find((command) => args[0] === command.name() || command.aliases().includes(args[0] ?? "")) ?? program;
  const words = named === program ? program.name() : `${program.name()} ${named.name()}`;
  const isAboutArguments = code === "commander.missingArgument" || code === "commander.excessArguments";
  return isAboutArguments ? `Usage: ${words} ${named.usage().replace("[options] ", "")}.` : `See ${words} --help.`;
}

function sentence(message: string): string {
  const text = inOneLine(message.replace(/^error: /, ""));
  const first = text === "(outputHelp)" ? "A subcommand is missing" : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?)]$/.test(first) ? first : `${first}.`;
}
