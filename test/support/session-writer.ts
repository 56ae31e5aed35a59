// A process of its own that writes a session until it is told to stop or killed. Bundled and started by session tests.
// `node writer.mjs append DIRECTORY FILE|- ON_BUSY`: appends for ever, each entry's id on stdout once it is stored.
// `node writer.mjs hold DIRECTORY FILE|- ON_BUSY`: appends one entry, says its id and goes on when a line arrives on stdin, then ends.

import { readSync, writeSync } from "node:fs";
import { leaseHolder } from "../../src/platform/locks/lease.ts";
import { Session } from "../../src/session/tree/session.ts";
import { userMessage } from "./messages.ts";

const [what, directory, file, onBusy] = process.argv.slice(2);

function say(text: string): void {
  writeSync(1, `${text}\n`);
}

function fail(error: unknown): never {
  const { code, message, exitStatus } = error as { code: string; message: string; exitStatus: number };
  say(`error ${code} ${message}`);
  process.exit(exitStatus);
}

const session =
  file === "-" || file === undefined
    ? Session.create({ cwd: "/x", directory })
    : await Session.open(file, { onBusy: (onBusy ?? "fail") as "fail", onWarning: (text) => say(`warning ${text}`) }).catch(fail);

say(`file ${session.filePath}`);
let random = process.pid;
for (let count = 0; ; count++) {
  random = (Math.imul(random, 1103515245) + 12345) >>> 0;
  // Mostly small, now and then so large that a write can be cut in the middle.
  const length = random % 67 === 0 ? random % 400_000 : random % 500;
  const message = { type: "message", message: userMessage("x".repeat(length)) } as const;
  // What belongs together goes in one write: all of it is stored when it is said.
  const entries = count % 5 === 4 ? session.appendAll([message, message, message]) : [session.append(message)];
  say(
    entries
      .map(({ id }) => `id ${id}\n`)
      .join("")
      .trimEnd(),
  );
  if (what !== "append") break;
  // Others (the lease is taken beside the first append) want their turn.
  if (count % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
}
// The lease of a new session is taken in the background.
while (leaseHolder(session.filePath ?? "") !== process.pid) await new Promise((resolve) => setTimeout(resolve, 5));
say("ready");
readSync(0, Buffer.alloc(1));
session.close();
say("closed");
