// `pi auth print-bearer-token`: the token of a sign-in alone, for other programs, good for a while yet. Called through cli/commands/auth.

import type { Command } from "commander";
import { parseDuration } from "../../../contracts/duration.ts";
import { PiError } from "../../../contracts/error.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { printCredential } from "./print-credential.ts";

const usualLifeMs = 30 * 60_000;

export function define(command: Command, { host }: SubcommandContext): void {
  command
    .option("--provider <account>", "a provider, or provider#name")
    .option("--model <model>", "provider/id")
    .option("--min-expiry <duration>", "how long it must be good for (30m)")
    .action((flags: { provider?: string; model?: string; minExpiry?: string }) => {
      const leadMs = flags.minExpiry === undefined ? usualLifeMs : parseDuration(flags.minExpiry);
      if (leadMs === undefined) {
        throw new PiError("usage.bad_value", `--min-expiry ${JSON.stringify(flags.minExpiry)} is not a duration`, {
          hint: "For example 30m or 1h.",
        });
      }
      return printCredential("token", flags, host, leadMs);
    });
}
