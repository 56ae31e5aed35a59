// Where this process is: its environment, working directory and home. Called by host, and by the library, which has no more of a process than that.

import { existsSync, readlinkSync } from "node:fs";
import { type Env, homeDirectory } from "../paths.ts";

export interface ProcessPlace {
  readonly env: Env;
  readonly cwd: string;
  readonly homeDir: string;
}

export function processPlace(): ProcessPlace {
  return { env: process.env, cwd: currentDirectory(), homeDir: homeDirectory(process.env) };
}

/**
 * The directory may have been removed under us: then the name that it had, as the system or the shell knows it. Never another directory that
 * is there, such as the one of whoever started us (`PWD` is his), and never a relative name, which would mean any.
 */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return nameOfRemoved() ?? nameInShell() ?? "/(removed)";
  }
}

function nameOfRemoved(): string | undefined {
  const mark = " (deleted)";
  try {
    const name = readlinkSync("/proc/self/cwd");
    return name.endsWith(mark) ? name.slice(0, -mark.length) : undefined;
  } catch {
    return undefined;
  }
}

function nameInShell(): string | undefined {
  const { PWD } = process.env;
  return PWD?.startsWith("/") && !existsSync(PWD) ? PWD : undefined;
}
