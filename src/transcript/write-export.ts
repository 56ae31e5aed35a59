// Where an export goes. Called by the three formats.

import { basename, resolve } from "node:path";
import type { EntrySource } from "../contracts/entry-source.ts";
import { messageOf, PiError } from "../contracts/error.ts";
import { recordedIn, tellingBytes } from "../contracts/session-entry.ts";
import { isSameFile, startOfFile } from "../platform/files/file-start.ts";
import { statOf } from "../platform/files/path-kind.ts";
import { absolutePath } from "../platform/paths.ts";
import { liveSecrets } from "../platform/secrets.ts";

export interface ExportTarget {
  /** What relative paths are relative to. Absolute. */
  cwd: string;
  /** For `~`; without it a tilde is a name like any other. */
  homeDir?: string;
  outputPath?: string;
  /** Of the session's file; for one that was only read, and is of an old version, the session does not know it. */
  sourcePath?: string;
  /** What the export may take the place of. Default: anything. */
  over?: "anything" | "pages" | "nothing";
}

/** `pi-session-<name of the session's file without .jsonl>.<extension>`; its id where there is no file. */
function defaultName(sourcePath: string | undefined, session: EntrySource, extension: string): string {
  return `pi-session-${sourcePath === undefined ? session.id : basename(sourcePath).replace(/\.jsonl$/, "")}.${extension}`;
}

/** Errors: `usage.export_over_session`, `usage.export_over_file`, `io.write`. */
export async function writeExport(
  session: EntrySource,
  { cwd, homeDir, outputPath, sourcePath = session.filePath, over = "anything" }: ExportTarget,
  extension: string,
  chunks: AsyncIterable<string> | Iterable<string>,
): Promise<{ path: string }> {
  const path = outputPath ? outputPath : defaultName(sourcePath, session, extension);
  const target = homeDir === undefined ? resolve(cwd, path) : absolutePath(path, cwd, homeDir);
  if (sourcePath !== undefined && isSameFile(sourcePath, target)) {
    throw new PiError("usage.export_over_session", `${path} is the session itself`, { hint: "Name another file for the export." });
  }
  if (extension !== "jsonl" && recordedIn(startOfFile(target, tellingBytes)) === "session") {
    throw new PiError("usage.export_over_session", `${path} holds a session`, { hint: "Name another file for the export." });
  }
  if (over !== "anything" && isInTheWay(target, over)) {
    throw new PiError("usage.export_over_file", `${path} is there already`, {
      hint: "Name another file, or write over it with pi sessions export --force.",
    });
  }
  const { replaceFile } = await import("../platform/files/replace-file.ts");
  try {
    await replaceFile(target, withoutSecrets(chunks));
  } catch (error) {
    if (error instanceof PiError) throw error;
    throw new PiError("io.write", `The session cannot be exported to ${path}: ${messageOf(error)}`, { cause: error });
  }
  return { path };
}

async function* withoutSecrets(chunks: AsyncIterable<string> | Iterable<string>): AsyncIterable<string> {
  for await (const chunk of chunks) yield liveSecrets.redactLines(chunk);
}

/** A file with something in it; a page of the web gives way where another one is written. */
function isInTheWay(path: string, over: "pages" | "nothing"): boolean {
  const info = statOf(path);
  if (info === undefined || !info.isFile() || info.size === 0) return false;
  return over === "nothing" || !/^\s*<(!doctype html|html)/i.test(startOfFile(path, 64));
}
