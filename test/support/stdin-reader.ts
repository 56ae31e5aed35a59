// A program that reads its stdin as its own, takes its time over the first piece, and says on stderr what it was given. With a number: it releases
// stdin after so many bytes. Bundled and run by the suite of the host's stdin, on Bun and on Node.

import { createHash } from "node:crypto";
import { processHost } from "../../src/platform/host.ts";

const { stdin, stderr, stdout } = processHost();
const enough = Number(process.argv[2] ?? Number.POSITIVE_INFINITY);
const hash = createHash("sha256");
let size = 0;
let pieces = 0;
for await (const chunk of stdin.chunks("ours")) {
  hash.update(chunk);
  size += chunk.length;
  if (pieces++ === 0) {
    stderr.write("begun\n");
    // So that there is more to come than is asked for.
    const until = performance.now() + 20;
    while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
  }
  if (size >= enough) stdin.release();
}
stdout.write(`${size} bytes on ${stdin.kind}\n`);
await stdout.flush();
stderr.write(`${size} ${hash.digest("hex")} ${stdin.isReading ? "reading" : "over"}\n`);
