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
    let hasSettled = false;
    sessions.subscribe((event) => {
      if (event.type === "agent_settled") hasSettled = true;
      const slow = stdout.write(encoder.encode(event));
      return mustBeOut(event) ? stdout.flush() : slow;
    });
    const outcome = await runPrompts(sessions, at, "json");
    // A key that was here before runs nothing, and the last event says how it ended all the same.
    if (!hasSettled && at.prompts.some(({ key }) => key !== undefined))
      void stdout.write(encoder.encode({ type: "agent_settled", aborted: outcome.kind === "aborted", outcome: outcome.kind }));
    return outcome;
  },
};
