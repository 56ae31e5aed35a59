// `pi auth print-api-key`: the key alone, for other programs. Called through cli/commands/auth.

import type { Command } from "commander";
import type { SubcommandContext } from "../subcommands.ts";
import { printCredential } from "./print-credential.ts";

export function define(command: Command, { host }: SubcommandContext): void {
  command
    .option("--provider <account>", "a provider, or provider#name")
    .option("--model <model>", "provider/id")
    .action((flags: { provider?: string; model?: string }) => printCredential("key", flags, host));
}
