// A process of its own that stores pictures, or clears the store, and may be killed at any step. Bundled and started by
// test/artifacts/blob-kills.test.ts. `write DIRECTORY`: a session there gets a picture of its own and one that is there already, each said on
// stdout once it is stored. `collect DIRECTORY`: what no session needs goes.

import { existsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { BlobFiles, blobDirectory } from "../../src/artifacts/blob-files.ts";
import { sessionStores } from "../../src/artifacts/session-stores.ts";
import { findLeftovers, removeLeftovers } from "../../src/harness/host/collect-leftovers.ts";
import { Session } from "../../src/session/tree/session.ts";

const [what, directory = ""] = process.argv.slice(2);
const sessions = join(directory, "sessions");

if (what === "write") {
  const filePath = join(sessions, "project", "2026-01-01T00-00-00-000Z_s.jsonl");
  const stores = sessionStores(directory, sessions, () => true);
  const session = existsSync(filePath)
    ? await Session.open(filePath, { ...stores, cwd: "/" })
    : Session.create({ cwd: "/", directory: undefined, filePath, id: "s" }, stores);
  for (const fill of [1, 2]) {
    const data = Buffer.alloc(100_000, fill).toString("base64");
    const { id } = session.append({
      type: "message",
      message: { role: "user", content: [{ type: "image", data, mimeType: "image/png" }], timestamp: 1 },
    });
    writeSync(1, `${id}\n`);
  }
  session.close();
} else {
  const inTwoDays = Date.now() + 2 * 24 * 3_600_000;
  const request = {
    blobs: new BlobFiles(blobDirectory(directory)),
    directories: [sessions],
    optional: new Set([sessions]),
    now: inTwoDays,
  };
  removeLeftovers(findLeftovers(request), request);
}
