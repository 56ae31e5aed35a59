// Where an extension, a skill, a prompt template or a tool came from, as RPC and the library tell it. Types and one pure function.

import { defined } from "./defined.ts";

export interface SourceInfo {
  /** A file, or `<inline:name>` and the like for what has none. */
  path: string;
  source: string;
  scope: "user" | "project" | "temporary";
  origin: "top-level" | "package";
  /** What relative paths in it start from. */
  baseDir?: string;
}

/** For what a program makes itself; it lasts as long as the program unless it says otherwise. */
export function createSyntheticSourceInfo(path: string, given: { source: string } & Partial<Omit<SourceInfo, "path">>): SourceInfo {
  const { source, scope = "temporary", origin = "top-level", baseDir } = given;
  return { path, source, scope, origin, ...defined({ baseDir }) };
}
