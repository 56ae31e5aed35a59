// `pi auth logout`: forgets what is stored of an account. Called through cli/commands/auth.

import type { Command } from "commander";
import { signOut } from "../../../accounts/sign-in.ts";
import { agentDirectory } from "../../../platform/paths.ts";
import type { SubcommandContext } from "../subcommands.ts";

export function define(command: Command, { host }: SubcommandContext): void {
  command.argument("<account>", "a provider, or provider#name").action(async (accountId: string) => {
    const was = await signOut(accountId, agentDirectory(host.env, host.homeDir, host.cwd));
    const kept = "Environment variables and configuration are unchanged.";
    const said = {
      token: `Logged out of ${accountId}.`,
      key: `Removed stored API key for ${accountId}. ${kept}`,
      nothing: `No stored credentials for ${accountId}. ${kept}`,
    };
    void host.stdout.write(`${said[was ?? "nothing"]}\n`);
  });
}
