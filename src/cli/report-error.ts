// One line for one error: what is wrong, with what value, and what to do. Called by the one catch in cli/main and by the modes.

import { isPiError, lineOf } from "../contracts/error.ts";

export interface ErrorReport {
  text: string;
  exitStatus: number;
}

export function errorReport(error: unknown, isVerbose: boolean): ErrorReport {
  // Names of sessions and files stand in it, and what the user gave: none of it may speak to the terminal.
  const line = lineOf(error).replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*)/g, "");
  const text = `Error: ${line.replace(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "")}`;
  const exitStatus = isPiError(error) ? error.exitStatus : 1;
  return { text: isVerbose ? `${text}\n${causes(error)}` : text, exitStatus };
}

function causes(error: unknown): string {
  const lines: string[] = [];
  for (let one: unknown = error; one instanceof Error; one = one.cause) lines.push(one.stack ?? one.message);
  return lines.join("\ncaused by: ");
}
