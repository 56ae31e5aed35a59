// What people give a session as a name. Called wherever one is typed or sent. Invariant: a name has one line, for lists and titles, and is not blank.

import { PiError } from "../error.ts";
import { inOneLine } from "./one-line.ts";

/** @throws PiError `usage.empty_name`. */
export function sessionNameOf(text: string, hint?: string): string {
  const name = inOneLine(text).trim();
  if (name === "") throw new PiError("usage.empty_name", "Session name cannot be empty", hint === undefined ? {} : { hint });
  return name;
}
