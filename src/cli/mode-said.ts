// The mode of a run: the one that was named, or what a start like this one means. Asked by run-mode and by what comes before it. Pure.

import type { Host } from "../platform/host.ts";
import { isSaid, type Said, valueSaid } from "./options.ts";

export function modeSaid(said: Said, { stdin, stdout }: Host): string {
  // Somebody sits at a terminal, and has not asked for an answer alone.
  const usual = !isSaid(said, "--print") && stdin.isTerminal && stdout.isTerminal ? "interactive" : "text";
  return valueSaid(said, "--mode") ?? usual;
}
