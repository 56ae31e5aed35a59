// Baseline of opening a session: reads a file in chunks of 1 MB and counts its lines.

import { closeSync, openSync, readSync } from "node:fs";

const descriptor = openSync(process.argv[2] ?? "", "r");
const chunk = Buffer.allocUnsafe(1024 * 1024);
let lines = 0;
for (;;) {
  const size = readSync(descriptor, chunk, 0, chunk.length, null);
  if (size === 0) break;
  const read = chunk.subarray(0, size);
  for (let at = read.indexOf(10); at >= 0; at = read.indexOf(10, at + 1)) lines++;
}
closeSync(descriptor);
console.log(lines);
