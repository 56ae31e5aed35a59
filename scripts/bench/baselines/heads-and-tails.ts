// What listing sessions is held against: read as much of each file of a directory as listing reads of a long one, its first 16 and its
// last 8 KiB, as bytes that nobody looks at; print how much.

import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

const directory = process.argv[2] ?? "";
const headBytes = 16 << 10;
const tailBytes = 8 << 10;
const buffer = Buffer.allocUnsafe(headBytes + tailBytes);

let length = 0;
const names = readdirSync(directory);
for (const name of names) {
  const descriptor = openSync(join(directory, name), "r");
  const { size } = fstatSync(descriptor);
  length += readSync(descriptor, buffer, 0, headBytes, 0);
  if (size > headBytes) length += readSync(descriptor, buffer, headBytes, tailBytes, Math.max(headBytes, size - tailBytes));
  closeSync(descriptor);
}
console.log(names.length, length);
