// The policy as an interceptor: decides about each call behind all who may change it, asks where a row says so. Made by start-session, where there
// is something to decide. Invariant: what is not allowed for certain does not run; who cannot be asked has said no.

import { PiError } from "../../contracts/error.ts";
import type { Interceptor } from "../../contracts/interceptor.ts";
import type { Denial, PermissionMode, PolicyRow } from "../../contracts/policy.ts";
import { createJudge, type Judged, type Places } from "./judge.ts";

export interface PolicyDeps {
  rows: readonly PolicyRow[];
  mode: PermissionMode;
  places: Places;
  /** Yes or no; nothing where there is nobody to ask. */
  ask(title: string, message: string, signal: AbortSignal | undefined): Promise<boolean> | undefined;
  /** Told of each call that is refused. */
  denied(denial: Denial): void;
  warn(line: string): void;
}

export function createPolicy(deps: PolicyDeps): Interceptor {
  const judge = createJudge(deps.rows, deps.mode, deps.places);
  const refusalOf = async (tool: string, args: Record<string, unknown>, signal?: AbortSignal): Promise<string | undefined> => {
    const judged = await judge(tool, args);
    if (judged.action === "allow") return undefined;
    const refusal = judged.action === "deny" ? `Denied by ${judged.reason}` : await askAbout(tool, args, judged, signal);
    if (refusal !== undefined) deps.denied({ tool, row: judged.reason });
    return refusal;
  };
  const askAbout = async (
    tool: string,
    args: Record<string, unknown>,
    { reason }: Judged,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> => {
    const asked = deps.ask(`Allow ${tool}?`, `${shown(args)}\n\n${reason}`, signal);
    if (asked === undefined) {
      deps.warn(`${tool} was refused: ${reason} wants somebody to be asked, and nobody can be`);
      return `Refused: ${reason} wants somebody to be asked, and nobody can be`;
    }
    return (await asked) ? undefined : `Refused by the user, who was asked because of ${reason}`;
  };
  return {
    name: "policy",
    toolCall: async ({ name }, args, signal) => {
      const reason = await refusalOf(name, args, signal);
      return reason === undefined ? undefined : { reason };
    },
    userBash: async ({ command }) => {
      const refusal = await refusalOf("bash", { command });
      if (refusal !== undefined) throw new PiError("tool.denied", refusal);
      return undefined;
    },
  };
}

const maxShown = 2000;

/** The command or path itself where there is one. */
function shown(args: Record<string, unknown>): string {
  const text = typeof args.command === "string" ? args.command : JSON.stringify(args);
  return text.length > maxShown ? `${text.slice(0, maxShown)}… (${text.length} characters)` : text;
}
