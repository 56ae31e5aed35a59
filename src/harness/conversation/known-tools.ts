// Checks names of tools that a program gives. Called by RPC mode and the library.

import { PiError } from "../../contracts/error.ts";
import { nearestName } from "../../contracts/nearest.ts";
import type { Tool } from "../../contracts/tool.ts";

/** The names without repetition. @throws PiError `usage.unknown_tool`. */
export function knownToolNames(names: readonly string[], tools: readonly Tool[]): string[] {
  const known = tools.map((tool) => tool.name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    throw new PiError("usage.unknown_tool", `Unknown tool: ${name}`, {
      hint: near === undefined ? `There are ${known.join(", ")}` : `Did you mean ${near}?`,
    });
  }
  return [...new Set(names)];
}
