// A credential alone on stdout. Called by the two print commands. Invariant: the wrong kind is an error that says so, never another value.

import { providerOfAccount } from "../../../accounts/auth-file.ts";
import { hasFlow } from "../../../accounts/flows/flows.ts";
import { PiError } from "../../../contracts/error.ts";
import { knownAccount } from "../../../harness/models/account-sign-in.ts";
import type { Host } from "../../../platform/host.ts";
import { accountPlaces, meantAccount, withStatusOne } from "./account-places.ts";

export async function printCredential(
  kind: "key" | "token",
  flags: { provider?: string; model?: string },
  host: Host,
  leadMs?: number,
): Promise<void> {
  const places = await accountPlaces(host);
  const { accountId: account } = knownAccount(meantAccount(flags), places.registry);
  const credential = await places.registry.credentialOf(account, leadMs === undefined ? {} : { leadMs }).catch((error: unknown) => {
    throw withStatusOne(error);
  });
  const isToken = credential.account !== undefined;
  if (isToken !== (kind === "token")) {
    const found = isToken ? "a sign-in" : credential.scheme === "none" ? "no credential" : "a key";
    throw new PiError("auth.other_kind", `${account} uses ${found} (${credential.source}), not a ${kind === "token" ? "sign-in" : "key"}`, {
      hint: remedy(kind, account, isToken),
      exitStatus: 1,
    });
  }
  void host.stdout.write(`${credential.value}\n`, "secret");
}

function remedy(kind: "key" | "token", account: string, isToken: boolean): string {
  if (isToken) return "pi auth print-bearer-token prints it.";
  if (kind === "key") return `Store a key with pi auth login ${account} --api-key.`;
  return hasFlow(providerOfAccount(account)) ? `pi auth login ${account} signs in.` : "That provider has no sign-in.";
}
