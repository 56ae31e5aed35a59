// Writes a large session file for the benchmark: `make-session.ts FILE short|whole|compacted`. Run under the project's bun by figures/open-session.mjs.

import { Session } from "../../src/session/tree/session.ts";
import { writeLargeSession } from "../../test/support/session-fixtures.ts";

const [file = "", form] = process.argv.slice(2);
writeLargeSession(file, { activePath: form === "short" ? "short" : "whole" });
if (form === "compacted") {
  const session = await Session.open(file);
  session.append({
    type: "compaction",
    summary: "What was said.",
    firstKeptEntryId: session.branchIds().at(-20) ?? null,
    tokensBefore: 150_000,
  });
  session.append({ type: "message", message: { role: "user", content: [{ type: "text", text: "And now?" }], timestamp: 1 } });
  session.close();
}
