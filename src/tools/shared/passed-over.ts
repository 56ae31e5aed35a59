// What ripgrep does not name: links, and directories in which it saw no file. Called by find.
// Invariant: what a list says to ignore stays out, and only directories are looked into in which ripgrep saw something.

import { join } from "node:path";
import type { ToolContext } from "../../contracts/tool.ts";
import { notIgnored } from "./ignore-lists.ts";

/** A tree larger than this is not gone through again. */
const maxDirectories = 2000;
const maxSeen = 50_000;
const atOnce = 32;

export class PassedOver {
  /** As `find` names them; directories end in a slash. Undefined: more than is remembered. */
  #seen: Set<string> | undefined = new Set();
  #directories = 0;

  /** One that ripgrep has named, or a directory on the way to it. */
  see(entry: string): void {
    if (this.#seen === undefined || this.#seen.has(entry)) return;
    this.#seen.add(entry);
    if (entry.endsWith("/")) this.#directories++;
    if (this.#seen.size > maxSeen || this.#directories > maxDirectories) this.#seen = undefined;
  }

  /** Those that are wanted, as `find` names them. */
  async find(root: string, isWanted: (entry: string) => boolean, context: ToolContext): Promise<string[]> {
    const seen = this.#seen;
    if (seen === undefined) return [];
    const directories = ["", ...[...seen].filter((entry) => entry.endsWith("/"))];
    const found: string[] = [];
    const listed = async (directory: string): Promise<void> => {
      for (const { name, kind } of await context.files.list(join(root, directory)).catch(() => [])) {
        const entry = `${directory}${name}${kind === "directory" ? "/" : ""}`;
        if (name !== ".git" && !seen.has(entry) && isWanted(entry)) found.push(entry);
      }
    };
    for (let at = 0; at < directories.length && !context.signal.aborted; at += atOnce) {
      await Promise.all(directories.slice(at, at + atOnce).map(listed));
    }
    return found.length === 0 ? found : notIgnored(found, root, context);
  }
}
