// Where an export goes. Called by the three formats.

import { basename } from "node:path";
import { messageOf, PiError } from "../../contracts/error.ts";
import { absolutePath } from "../../platform/paths.ts";
import type { Session } from "../../session/session.ts";

export interface ExportTarget {
  /** What relative paths are relative to. Absolute. */
  cwd: string;
  /** For `~`; without it a tilde is a name like any other. */
  homeDir?: string;
  outputPath?: string;
}

/** `pi-session-<name of the session's file without .jsonl>.<extension>`. */
export function defaultExportName(session: Session, extension: string): string {
  const { filePath } = session;
  return `pi-session-${filePath === undefined ? session.id : basename(filePath).replace(/\.jsonl$/, "")}.${extension}`;
}

/** Errors: `io.write`. */
export async function writeExport(
  session: Session,
  { cwd, homeDir, outputPath }: ExportTarget,
  extension: string,
  chunks: AsyncIterable<string> | Iterable<string>,
): Promise<{ path: string }> {
  const path = outputPath ? outputPath : defaultExportName(session, extension);
  const { replaceFile } = await import("../../platform/replace-file.ts");
  try {
    await replaceFile(homeDir === undefined ? absolutePath(path, cwd, "~") : absolutePath(path, cwd, homeDir), chunks);
  } catch (error) {
    if (error instanceof PiError) throw error;
    throw new PiError("io.write", `The session cannot be exported to ${path}: ${messageOf(error)}`, { cause: error });
  }
  return { path };
}
