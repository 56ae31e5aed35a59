// Says a line and reads stdin to its end: what a program that waits for its client has to hold.

import { writeSync } from "node:fs";

declare const Bun: { stdin: { stream(): AsyncIterable<Uint8Array> } };

writeSync(1, "ready\n");
for await (const _ of Bun.stdin.stream());
