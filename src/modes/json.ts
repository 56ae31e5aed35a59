// JSON mode: the session header, then every event as one line.
// Invariant: records only, LF-terminated, `seq` from 1 without gaps; a slow reader slows the run.

import { EventEncoder, mustBeOut } from "./event-encoder.ts";
import type { Mode } from "./mode.ts";
import { runPrompts } from "./print.ts";

export const jsonMode: Mode = {
  needs: "prompts",
  mayLackModel: false,
  status: "outcome",
  async run(at) {
    const { stdout } = at.io;
    const sessions = await at.open();
    const encoder = new EventEncoder();
    void stdout.write(`${JSON.stringify(sessions.coding.session.header)}\n`);
    sessions.subscribe((event) => {
      const slow = stdout.write(encoder.encode(event));
      return mustBeOut(event) ? stdout.flush() : slow;
    });
    return runPrompts(sessions, at, "json");
  },
};
