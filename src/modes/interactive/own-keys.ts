// The keys that the user has set: `keybindings.json` of the agent directory, as the npm agent has it, and over it `[keys]` of the configuration. Read by the mode
// at its start and by a reload.
// Invariant: a file that cannot be read sets nothing, and is said.

import { join } from "node:path";
import type { Launch } from "../../harness/launch/launch.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";

export function ownKeys({ options, config }: Pick<Launch, "options" | "config">): Readonly<Record<string, unknown>> {
  return { ...keysOfNpmAgent(options.agentDir), ...config.values.keys };
}

function keysOfNpmAgent(agentDir: string): Readonly<Record<string, unknown>> {
  const path = join(agentDir, "keybindings.json");
  const found = readBoundedText(path);
  if (found === undefined) return {};
  if ("leftOut" in found) return { [`${path}: ${found.why}`]: [] };
  try {
    const json: unknown = JSON.parse(found.text);
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // The same as what is no object.
  }
  return { [`${path} holds no JSON object`]: [] };
}
