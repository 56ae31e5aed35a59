// What the `pi auth` commands share: the registry of the user's configuration, and which account is meant. Called by the files beside it.

import { providerOfAccount } from "../../../accounts/auth-file.ts";
import type { Config } from "../../../config/load-config.ts";
import { defined } from "../../../contracts/defined.ts";
import { isPiError, PiError } from "../../../contracts/error.ts";
import type { ModelRegistry } from "../../../harness/models/model-registry.ts";
import type { Host } from "../../../platform/host.ts";
import { openRegistry, withExtensions } from "../models.ts";

export interface AccountPlaces {
  agentDir: string;
  config: Config;
  registry: ModelRegistry;
}

/** No project has a say in accounts; the user's extensions have: they may bring a sign-in. */
export async function accountPlaces(host: Host): Promise<AccountPlaces> {
  return withExtensions(await openRegistry(host, false), host, ["--no-approve"]);
}

/** Of `--provider` and `--model`: which account is meant. @throws PiError `usage.conflict`, `usage.missing_argument`. */
export function meantAccount({ provider, model }: { provider?: string; model?: string }): string {
  if (provider === undefined && model === undefined) {
    throw new PiError("usage.missing_argument", "Neither --provider nor --model is given", { hint: "For example --provider openai." });
  }
  const ofModel = model === undefined ? undefined : model.split("/", 1)[0];
  if (model !== undefined && !model.includes("/")) {
    throw new PiError("usage.bad_value", `--model ${JSON.stringify(model)} does not say whose it is`, { hint: "Write provider/id." });
  }
  if (provider !== undefined && ofModel !== undefined && providerOfAccount(provider) !== ofModel) {
    throw new PiError("usage.conflict", `--provider ${provider} and --model ${model} are not of one provider`, {
      hint: "Give one of them.",
    });
  }
  return provider ?? ofModel ?? "";
}

/** These commands end with 1 where the npm agent's do: what was asked makes sense, and there is nothing to be had. */
export function withStatusOne(error: unknown): unknown {
  if (!isPiError(error) || error.exitStatus !== 2 || !error.code.startsWith("auth.")) return error;
  return new PiError(error.code, error.message, { ...defined({ hint: error.hint }), exitStatus: 1 });
}
