// Calls what a session can do by the name that RPC has for it. Used by the commands of the screen. Invariant: a command without a counterpart there
// is the screen's own.

import type { CommandContext } from "../../../harness/commands/command.ts";
import type { commands } from "../../../harness/commands/commands.ts";

type Table = (typeof commands)[number];
type Named<N extends Table["name"]> = Extract<Table, { name: N }>;

export async function call<N extends Table["name"]>(
  name: N,
  params: Parameters<Named<N>["run"]>[0],
  at: CommandContext,
): Promise<Awaited<ReturnType<Named<N>["run"]>>> {
  const { commands } = await import("../../../harness/commands/commands.ts");
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return (await (command.run as (params: unknown, at: CommandContext) => unknown)(params, at)) as Awaited<ReturnType<Named<N>["run"]>>;
}
