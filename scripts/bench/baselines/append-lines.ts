// What appending to a session is held against: ten new files, in each as many entries as the second argument says, each by one
// JSON.stringify and one write on an O_APPEND descriptor. `append-lines DIRECTORY COUNT`.

import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const [parent = "", count = "0"] = process.argv.slice(2);
const directory = mkdtempSync(join(parent, "lines-"));
const text = "All work and no play makes for a dull session. ".repeat(8);
for (let file = 0; file < 10; file++) {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  const descriptor = openSync(join(directory, `${file}.jsonl`), flags, 0o600);
  for (let number = 0; number < Number(count); number++) {
    const message = { role: "user", content: [{ type: "text", text: `${number} ${text}` }], timestamp: number };
    const timestamp = new Date().toISOString();
    writeSync(descriptor, `${JSON.stringify({ type: "message", id: String(number), parentId: String(number - 1), timestamp, message })}\n`);
  }
  closeSync(descriptor);
}
rmSync(directory, { recursive: true });
console.log("done");
