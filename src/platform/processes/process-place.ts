// Where this process is: its environment, working directory and home. Called by host, and by the library, which has no more of a process than that.

import { type Env, homeDirectory } from "../paths.ts";

export interface ProcessPlace {
  readonly env: Env;
  readonly cwd: string;
  readonly homeDir: string;
}

export function processPlace(): ProcessPlace {
  return { env: process.env, cwd: currentDirectory(), homeDir: homeDirectory(process.env) };
}

/** The directory may have been removed under us; the name the shell knew is then the best there is. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return process.env.PWD ?? "/";
  }
}
