// `pi version`. Called by cli/main.

import { PiError } from "../../contracts/error.ts";
import { version } from "../../contracts/version.ts";
import type { Host } from "../../platform/host.ts";

export async function run(args: readonly string[], host: Host): Promise<number> {
  const [extra] = args;
  if (extra !== undefined && extra !== "--help" && extra !== "-h")
    throw new PiError("usage.too_many", `pi version takes nothing, got ${extra}`, { hint: "Leave it out" });
  void host.stdout.write(extra === undefined ? `${version}\n` : "pi version: prints the version\n");
  return 0;
}
