// `pi help [COMMAND…]`: the page of a command is the command's own, asked for with --help. Called by cli/main.

import { PiError } from "../../contracts/error.ts";
import { isSlipOf } from "../../contracts/nearest.ts";
import type { Host } from "../../platform/host.ts";
import type { CommandRecord } from "../command-record.ts";
import { helpText } from "../help.ts";

export async function run(args: readonly string[], host: Host, commands: readonly CommandRecord[]): Promise<number> {
  const [name, ...more] = args.filter((arg) => !arg.startsWith("-"));
  if (name === undefined || name === "help") {
    void host.stdout.write(helpText(commands, host.stdout.isTerminal ? host.stdout.columns : undefined));
    return 0;
  }
  const command = commands.find((one) => one.name === name);
  if (command !== undefined) return (await command.load()).run([...more, "--help"], host, commands);
  const near = commands.find((one) => isSlipOf(name, one.name));
  throw new PiError("usage.command", `There is no pi ${name}`, {
    hint: near === undefined ? `There are ${commands.map((one) => one.name).join(", ")}` : `Did you mean pi help ${near.name}?`,
  });
}
