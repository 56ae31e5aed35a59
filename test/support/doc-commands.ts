// The commands of a page of docs, and a world in which they are run as they stand there. A block in front of which `<!-- exit N -->` stands is one.

import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { commandOf, projectRoot } from "./program.ts";
import type { World } from "./world.ts";

export interface DocBlock {
  name: string;
  script: string;
  status: number;
}

export function docPage(path: string): { text: string; blocks: DocBlock[] } {
  const text = readFileSync(join(projectRoot, path), "utf8");
  const blocks = [...text.matchAll(/<!-- exit (\d) -->\n```sh\n([\s\S]*?)```/g)].map(([, status, script = ""], index) => ({
    name: `${index + 1}: ${script.trim().split("\n").at(-1)}`,
    status: Number(status),
    script,
  }));
  return { text, blocks };
}

/** A PATH on which `pi` is the program under test. */
export function pathWithPi(world: World): string {
  const bin = join(world.home, "bin");
  mkdirSync(bin);
  symlinkSync(commandOf("binary")[0] ?? "", join(bin, "pi"));
  return `${bin}:/usr/local/bin:/usr/bin:/bin`;
}
