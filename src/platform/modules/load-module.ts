// Loads modules that are not ours: extension files and what they import. Called by extensions/load-files, only where there are extensions.
// Invariant: a name of the host is our module wherever an extension's code asks for it; nothing is ever fetched.

import { sep } from "node:path";
import type { ModuleLoader, ModuleLoaderOptions } from "./module-loader.ts";

export async function createModuleLoader(options: ModuleLoaderOptions): Promise<ModuleLoader> {
  if (process.versions.bun !== undefined) return (await import("./on-bun.ts")).loaderOnBun(options);
  const { registerHooks, stripTypeScriptTypes } = process.getBuiltinModule("node:module") as unknown as Record<string, unknown>;
  const withJiti = async (): Promise<ModuleLoader> => (await import("./with-jiti.ts")).loaderWithJiti(options);
  if (typeof registerHooks !== "function" || typeof stripTypeScriptTypes !== "function") return withJiti();
  return (await import("./on-node.ts")).loaderOnNode(options, withJiti);
}

/** Where in a source something went wrong, as far as the error tells: `file:line:column`. `isSource`: other places do not count. */
export function placeOf(error: unknown, isSource: (file: string) => boolean = () => true): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { position, stack } = error as { position?: { file?: string; line?: number; column?: number } | null; stack?: unknown };
  if (position?.file && isSource(position.file)) return `${position.file}:${position.line ?? 0}:${position.column ?? 0}`;
  if (typeof stack !== "string") return undefined;
  for (const [, file = "", at] of stack.matchAll(
    /(?:^|[\s(])(?:file:\/\/)?((?:[A-Za-z]:)?[\\/][^\s():?]*)(?:\?[^\s():]*)?:(\d+(?::\d+)?)/gm,
  )) {
    if (isSource(file)) return `${file}:${at}`;
  }
  return undefined;
}

/** For `placeOf`: files below a directory. */
export function isBelow(directory: string): (file: string) => boolean {
  const start = directory + sep;
  return (file) => file.startsWith(start);
}
