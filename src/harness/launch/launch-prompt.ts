// What a launch tells its model before the conversation, and which tools it gets: one value for the session, the request and `pi inspect`.
// Called by start-session and inspect-launch.

import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import { readingTools } from "../../contracts/policy.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import type { Tool } from "../../contracts/tool.ts";
import { builtinTools, defaultToolNames, mayBeSelected, selectTools } from "../../tools/registry.ts";
import type { PromptParts } from "../conversation/system-prompt.ts";
import type { LaunchResources } from "./launch-resources.ts";
import type { RunOptions } from "./run-options.ts";

export async function launchPrompt(options: RunOptions, resources: LaunchResources, nowMs: number): Promise<Omit<PromptParts, "tools">> {
  const systemPrompt = options.systemPrompt ?? resources.systemPrompt;
  return {
    ...defined({ systemPrompt }),
    appended: [...resources.appended, ...options.appendSystemPrompt],
    contextFiles: resources.contextFiles,
    skills: resources.skillsSection,
    output:
      options.outputSchema === undefined ? "" : (await import("../recovery/structured-answer.ts")).outputInstruction(options.outputSchema),
    cwd: options.cwd,
    // The local date would cost 6 ms: the runtime loads its time zones for it.
    date: `${isoTime(nowMs).slice(0, 10)} (UTC)`,
  };
}

/** Tools of extensions, by name; one may stand in the place of a built-in tool. */
export interface RegisteredNames {
  all: ReadonlySet<string>;
  /** On only where they are named. */
  off: ReadonlySet<string>;
}

export interface ToolChoice {
  options: RunOptions;
  config: Config;
  warn(line: string): void;
  registered?: RegisteredNames;
  /** What the session's model has had so far; nothing for a new session. */
  recorded?: ReadonlySet<string> | undefined;
  /** No other tools will come: a list of which none is known is a mistake. */
  isComplete?: boolean;
}

/** Whether it can be had at all: what the options leave out nobody turns on later, neither an extension nor a client. */
export function isOffered(name: string, { only, except, none }: RunOptions["tools"]): boolean {
  return mayBeSelected(name, { ...defined({ tools: only, exclude: except }), noTools: none });
}

/** Names of the tools the model gets. @throws PiError `usage.unknown_tool` when strict, and for a list of which nothing is known. */
export function chooseTools(tools: readonly Tool[], { options, config, warn, registered, recorded, isComplete }: ToolChoice): string[] {
  const isPlan = config.values.permissionMode === "plan";
  const builtin = builtinTools().flatMap(({ name }) => (registered?.all.has(name) ? [] : [name]));
  const ownToolNames = tools.map((tool) => tool.name).filter((name) => !builtin.includes(name) && !registered?.off.has(name));
  const { active, unknown } = selectTools({
    available: tools.map((tool) => tool.name),
    builtin,
    defaults: isPlan
      ? readingTools
      : recorded === undefined
        ? [...config.values.tools.enabled, ...ownToolNames]
        : keptTools(recorded, ownToolNames),
    ...defined({ tools: options.tools.only, exclude: options.tools.except }),
    noTools: options.tools.none,
    noBuiltinTools: options.tools.noBuiltin,
  });
  if (unknown.length > 0) {
    const line = `Unknown tool${unknown.length > 1 ? "s" : ""} ${unknown.join(", ")}`;
    const hint = `There are ${tools.map((tool) => tool.name).join(", ")}`;
    if (options.isStrict || (isComplete === true && isWhollyUnknown(options.tools.only, unknown)))
      throw new PiError("usage.unknown_tool", line, { hint });
    warn(`${line}. ${hint}`);
  }
  return active.filter((name) => (!isPlan || readingTools.includes(name)) && options.tools.permits?.(name) !== false);
}

/** A session keeps the tools it was begun with; only one that was begun with all the usual ones gets those that extensions have brought since. */
function keptTools(recorded: ReadonlySet<string>, ownToolNames: readonly string[]): string[] {
  const isUnrestricted = defaultToolNames.every((name) => recorded.has(name));
  return isUnrestricted ? [...recorded, ...ownToolNames] : [...recorded];
}

function isWhollyUnknown(list: string | undefined, unknown: readonly string[]): boolean {
  const names = (list ?? "").split(",").flatMap((entry) => entry.trim().replace(/^[+-]/, "") || []);
  return names.length > 0 && names.every((name) => unknown.includes(name));
}
