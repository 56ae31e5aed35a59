// `pi auth`: accounts at model services. Called by cli/main; completions iterate the table. Only the subcommand that is named is loaded.
// Invariant: no value of a credential is printed but by the two `print-` commands, which print nothing else.

import type { Host } from "../../platform/host.ts";
import { runSubcommands, type SubcommandRecord } from "./subcommands.ts";

const authTable: readonly SubcommandRecord[] = [
  { name: "login", help: "sign in to a provider, or store its key", load: () => import("./auth/login.ts") },
  { name: "logout", help: "forget what is stored of an account", load: () => import("./auth/logout.ts") },
  { name: "status", help: "the accounts that are stored, and what each provider would use", load: () => import("./auth/status.ts") },
  { name: "check", help: "whether a provider or a model could be asked now", load: () => import("./auth/check.ts") },
  { name: "print-api-key", help: "the key of a provider, for other programs", load: () => import("./auth/print-api-key.ts") },
  { name: "print-bearer-token", help: "the token of a sign-in, for other programs", load: () => import("./auth/print-bearer-token.ts") },
];

export async function run(args: readonly string[], host: Host): Promise<number> {
  const named = authTable.find(({ name }) => name === (args[0] === "help" ? args[1] : args[0]));
  const module = await named?.load();
  return runSubcommands("auth", args.length === 0 ? ["--help"] : args, host, (program, exit) => {
    program.description(
      "Accounts at model services: keys and subscriptions. An account is a provider, or provider#name for another one there.",
    );
    for (const record of authTable) {
      const command = program.command(record.name).description(record.help);
      if (record === named) module?.define(command, { host, exit });
    }
  });
}
