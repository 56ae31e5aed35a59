// Who carries out the runs of a group: the first source that says something. Asked by the router for each run, and by `--explain-route`.
// Invariant: a name that no runtime has is refused wherever it stands, also where another source would have won.

import type { Settings } from "../../config/settings.ts";
import { PiError } from "../../contracts/error.ts";
import type { Env } from "../../platform/paths.ts";
import { type RuntimeKind, runtimeKinds } from "../result.ts";
import { bucketOf } from "./rollout.ts";

export type RouteReason = "flag" | "input" | "env" | "group" | "rollout" | "config" | "default";

export interface Route {
  group: string;
  runtime: RuntimeKind;
  why: RouteReason;
  /** Tried in turn where that one fails before it has done anything. */
  fallback: RuntimeKind[];
  rollout?: { bucket: number; percent: number };
}

export interface RouteAsked {
  group: string;
  flag?: string | undefined;
  input?: string | undefined;
  env: Env;
  values: Settings;
  /** Whether `runtime.default` is set, and not only there. */
  hasDefault: boolean;
}

const variables = ["PI_RUNTIME", "PYLDON_AGENT_ENGINE"] as const;

/** @throws PiError `usage.runtime` */
export function routeOf({ group, flag, input, env, values, hasDefault }: RouteAsked): Route {
  const { runtime, groups, rollout } = values;
  requireKnown(env, values);
  const own = Object.hasOwn(groups, group) ? groups[group] : undefined;
  const fromEnv = variables.find((name) => env[name]);
  const share = kindOf(rollout.runtime || undefined, "rollout.runtime");
  const bucket = share === undefined ? undefined : bucketOf(group, rollout.salt || share);
  const isInShare = bucket !== undefined && (rollout.groups.includes(group) || bucket < rollout.percent);
  const candidates: [RouteReason, RuntimeKind | undefined][] = [
    ["flag", kindOf(flag, "--engine")],
    ["input", kindOf(input, "engine of the input")],
    ["env", fromEnv === undefined ? undefined : kindOf(env[fromEnv], fromEnv)],
    ["group", kindOf(own?.runtime, `groups.${group}.runtime`)],
    ["rollout", isInShare ? share : undefined],
    ["config", hasDefault ? kindOf(runtime.default, "runtime.default") : undefined],
  ];
  const [why, chosen] = candidates.find((one): one is [RouteReason, RuntimeKind] => one[1] !== undefined) ?? (["default", "pi"] as const);
  const fallback = (own?.fallback ?? runtime.fallback).map((name) => kindOf(name, "fallback"));
  return {
    group,
    runtime: chosen,
    why,
    fallback: [...new Set(fallback)].filter((one): one is RuntimeKind => one !== undefined && one !== chosen),
    ...(bucket === undefined ? {} : { rollout: { bucket, percent: rollout.percent } }),
  };
}

/** Of what is said for others, too: a slip of the pen in a file is found with the first run, not with the first of that group. */
function requireKnown(env: Env, { runtime, groups }: Settings): void {
  for (const name of variables) kindOf(env[name] || undefined, name);
  for (const name of runtime.fallback) kindOf(name, "runtime.fallback");
  for (const [group, own] of Object.entries(groups)) {
    kindOf(own.runtime, `groups.${group}.runtime`);
    for (const name of own.fallback ?? []) kindOf(name, `groups.${group}.fallback`);
  }
}

function kindOf(name: string | undefined, source: string): RuntimeKind | undefined {
  if (name === undefined) return undefined;
  const kind = runtimeKinds.find((one) => one === name);
  if (kind !== undefined) return kind;
  throw new PiError("usage.runtime", `${source} names an unknown runtime: ${JSON.stringify(name.slice(0, 60))}`, {
    hint: `There are ${runtimeKinds.join(", ")}`,
  });
}
