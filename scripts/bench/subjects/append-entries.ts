// Appending to a session, as the agent does it: ten new sessions, in each as many messages as the second argument says, one append each.
// `append-entries DIRECTORY COUNT`, against baselines/append-lines.ts.

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Session } from "../../../src/session/tree/session.ts";

const [parent = "", count = "0"] = process.argv.slice(2);
const directory = mkdtempSync(join(parent, "entries-"));
const text = "All work and no play makes for a dull session. ".repeat(8);
for (let file = 0; file < 10; file++) {
  const session = Session.create({ cwd: "/project", directory });
  for (let number = 0; number < Number(count); number++) {
    session.append({
      type: "message",
      message: { role: "user", content: [{ type: "text", text: `${number} ${text}` }], timestamp: number },
    });
  }
  if (session.storageLost !== undefined) throw session.storageLost;
  session.close();
}
rmSync(directory, { recursive: true });
console.log("done");
