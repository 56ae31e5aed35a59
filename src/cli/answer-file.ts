// `--output FILE`: the answer in a file, and where the files of other options can be. Called by run-mode, resolve-run and the record of `--result`.
// Invariant: the file is written whole, and only when there is an answer; what cannot be written is known before anything is asked, and is printed when
// it could not be known.

import { type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, PiError } from "../contracts/error.ts";
import { createFileOperations } from "../platform/files/files.ts";
import { kindOfPath, statOf } from "../platform/files/path-kind.ts";
import type { Host } from "../platform/host.ts";
import { liveSecrets } from "../platform/secrets.ts";
import { storageReason } from "../session/lines/file-errors.ts";

/** What is there, if anything. @throws PiError `usage.bad_output` for a directory, and for a name that no file can have. */
export function requireName(option: string, path: string): Stats | undefined {
  let info: Stats | undefined;
  try {
    info = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new PiError("usage.bad_output", `${option} ${path} cannot be written: ${storageReason(error)}`, { hint: "Name another path" });
  }
  if (!info?.isDirectory()) return info;
  throw new PiError("usage.bad_output", `${option} ${path} is a directory`, { hint: "Name a file in it" });
}

/** The same, and the directory has to be there. @throws PiError `usage.bad_output` */
export function requirePlace(option: string, path: string): Stats | undefined {
  const info = requireName(option, path);
  if (info !== undefined || kindOfPath(dirname(path)) === "directory") return info;
  throw new PiError("usage.bad_output", `${option} ${path}: there is no directory ${dirname(path)}`, { hint: "Make it first" });
}

/** Rejects with `io.output_file`, the answer printed. */
export async function writeAnswer(path: string, answer: string, host: Host): Promise<void> {
  const text = liveSecrets.redact(answer);
  try {
    // What is no regular file (a pipe, /dev/stderr) cannot be replaced by one.
    const info = statOf(path);
    if (info === undefined || info.isFile()) await createFileOperations().writeAtomic(path, text);
    else await (await import("../platform/pipes/write-pipe.ts")).writePipe(path, [text]);
  } catch (error) {
    void host.stdout.write(text);
    throw new PiError("io.output_file", `Cannot write the answer to ${path}: ${messageOf(error)}`, {
      hint: "It is printed instead",
      cause: error,
    });
  }
}
