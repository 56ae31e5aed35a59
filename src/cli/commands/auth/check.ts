// `pi auth check`: whether a provider or a model could be asked now, for scripts. Called through cli/commands/auth.
// Status: 0 ready, 1 not ready, 2 the question makes no sense or what is stored is damaged.

import type { Command } from "commander";
import { isPiError } from "../../../contracts/error.ts";
import type { Host } from "../../../platform/host.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { accountPlaces, meantAccount } from "./account-places.ts";

interface CheckFlags {
  provider?: string;
  model?: string;
  json?: boolean;
  credentials?: boolean;
  refresh: boolean;
}

interface CheckResult {
  status: "ready" | "not_ready" | "invalid";
  provider: string;
  authType?: "api_key" | "oauth" | "none";
  reason?: string;
  credentials?: string;
}

const statusCode = { ready: 0, not_ready: 1, invalid: 2 } as const;

export function define(command: Command, { host, exit }: SubcommandContext): void {
  command
    .option("--provider <account>", "a provider, or provider#name")
    .option("--model <model>", "provider/id")
    .option("--json", "as JSON")
    .option("--credentials", "with the value")
    .option("--no-refresh", "a token that has ended is not made new")
    .action(async (flags: CheckFlags) => {
      const result = await check(flags, host);
      const { credentials, ...plain } = result;
      const shown = flags.credentials === true ? result : plain;
      const text = flags.json === true ? JSON.stringify(shown) : (flags.credentials && credentials) || result.status;
      void host.stdout.write(
        `${text}
`,
        flags.credentials === true ? "secret" : undefined,
      );
      exit(statusCode[result.status]);
    });
}

async function check(flags: CheckFlags, host: Host): Promise<CheckResult> {
  const account = meantAccount(flags);
  const places = await accountPlaces(host);
  const provider = account.split("#", 1)[0] ?? account;
  if (!places.registry.hasProvider(provider)) return { status: "not_ready", provider: account, reason: "provider_not_found" };
  try {
    const credential = await places.registry.credentialOf(account, { mayRefresh: flags.refresh });
    const authType = credential.account !== undefined ? "oauth" : credential.scheme === "none" ? "none" : "api_key";
    return { status: "ready", provider: account, authType, credentials: credential.value };
  } catch (error) {
    if (!isPiError(error)) throw error;
    if (error.code === "auth.no_credential" || error.code === "auth.signed_out") {
      return { status: "not_ready", provider: account, reason: "credentials_not_configured" };
    }
    if (["auth.damaged_file", "auth.unreadable_file"].includes(error.code))
      return { status: "invalid", provider: account, reason: "invalid_state" };
    void host.stderr.write(`${error.message}\n`);
    return { status: "not_ready", provider: account, reason: error.code.replace(/^auth\./, "") };
  }
}
