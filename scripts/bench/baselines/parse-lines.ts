// Baseline of opening a session whose whole file is the conversation: reads it in chunks of 1 MB and parses every line.

import { closeSync, openSync, readSync } from "node:fs";

const descriptor = openSync(process.argv[2] ?? "", "r");
const chunk = Buffer.allocUnsafe(1024 * 1024);
const decoder = new TextDecoder();
const entries: unknown[] = [];
let rest = "";
for (;;) {
  const size = readSync(descriptor, chunk, 0, chunk.length, null);
  if (size === 0) break;
  const lines = (rest + decoder.decode(chunk.subarray(0, size), { stream: true })).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) entries.push(JSON.parse(line));
}
closeSync(descriptor);
console.log(entries.length);
