// A program that writes short numbered lines to stdout, each by itself, and says on stderr what becomes of them. Bundled and run by the suite of
// descriptor-output, on Bun and on Node. A file takes everything: for one, an argument says how many lines there are.

import { setImmediate } from "node:timers/promises";
import { FileDescriptorOutput } from "../../src/platform/pipes/descriptor-output.ts";

const output = new FileDescriptorOutput(1);
let number = 0;
let isGone = false;
output.onClosed(() => {
  isGone = true;
});

const line = (): string => `${number++} ${"x".repeat(90)}\n`;

output.write(line());
await setImmediate();
await setImmediate();
process.stderr.write("begun\n");
for (let at = 0; at < 50; at++) {
  output.write(line());
  await output.flush();
}
// One line a turn: if any of them waited for the reader, nothing more would ever be said here.
const most = Number(process.argv[2] ?? Number.POSITIVE_INFINITY);
let heldBack: Promise<void> | undefined;
while (!isGone && heldBack === undefined && number < most) {
  heldBack = output.write(line());
  await setImmediate();
}
if (!isGone) process.stderr.write("held back\n");
await heldBack;
if (!isGone) {
  output.write(line());
  await output.flush();
}
process.stderr.write(isGone ? `gone ${output.failure?.message ?? "quietly"}\n` : `wrote ${number}\n`);
