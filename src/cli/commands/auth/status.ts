// `pi auth status`: what is stored, and what each provider would use. Names and times, never values. Called through cli/commands/auth.

import type { Command } from "commander";
import { authFilePath, isStoredToken, providerOfAccount, readAuthFile } from "../../../accounts/auth-file.ts";
import { isoTime } from "../../../contracts/text/iso-time.ts";
import type { ModelRegistry } from "../../../harness/models/model-registry.ts";
import { isLoose } from "../../../platform/files/user-id.ts";
import type { Host } from "../../../platform/host.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { accountPlaces } from "./account-places.ts";

interface AccountStatus {
  account: string;
  type: "oauth" | "api_key" | "unknown";
  /** ISO 8601; of a sign-in that ends by itself. */
  expires?: string;
  state: "valid" | "renewed when used" | "expired" | "stored" | "not used";
}

/** Later than any clock: what ends only when it is revoked. */
const endlessMs = 8.64e15;

export function define(command: Command, { host }: SubcommandContext): void {
  command.option("--json", "as JSON").action((flags: { json?: boolean }) => status(host, flags.json === true));
}

const kinds = { oauth: "signed in", api_key: "key", unknown: "of a kind that is not known here" };

async function status(host: Host, isJson: boolean): Promise<void> {
  const places = await accountPlaces(host);
  const file = authFilePath(places.agentDir);
  const accounts = Object.entries(readAuthFile(file) ?? {}).map(([account, entry]) =>
    statusOf(account, entry, host.now(), places.registry),
  );
  const stored = new Set(accounts.map(({ account }) => providerOfAccount(account)));
  const used = [...new Set([...places.registry.availableProviders(), ...stored])].map((provider) => ({
    provider,
    source: places.registry.credentialSource(provider) ?? null,
  }));
  const isReadableByOthers = isLoose(file) === true;
  if (isJson) {
    void host.stdout.write(`${JSON.stringify({ file, isReadableByOthers, accounts, providers: used }, null, 2)}\n`);
    return;
  }
  const lines = accounts.map(
    ({ account, type, state, expires }) => `${account}  ${kinds[type]}, ${state}${expires === undefined ? "" : ` (${expires})`}`,
  );
  lines.push(...used.map(({ provider, source }) => `${provider}  ${source === null ? "nothing that can be used" : `uses ${source}`}`));
  void host.stdout.write(
    `${(lines.length === 0 ? ["No account is stored, and no key is set: pi auth login PROVIDER"] : lines).join("\n")}\n`,
  );
  if (isReadableByOthers) void host.stderr.write(`${file} can be read by others; chmod 600 it. The next sign-in or renewal does so.\n`);
}

function statusOf(account: string, entry: unknown, nowMs: number, registry: ModelRegistry): AccountStatus {
  if (!isStoredToken(entry))
    return { account, type: (entry as { type?: unknown } | null)?.type === "api_key" ? "api_key" : "unknown", state: "stored" };
  const isUsed = registry.usesToken(providerOfAccount(account), entry);
  if (entry.expires >= endlessMs) return { account, type: "oauth", state: isUsed ? "valid" : "not used" };
  const state = !isUsed ? "not used" : entry.expires > nowMs ? "valid" : entry.refresh === "" ? "expired" : "renewed when used";
  const isDate = !Number.isNaN(new Date(entry.expires).getTime());
  return { account, type: "oauth", state, ...(isDate && { expires: isoTime(entry.expires) }) };
}
