// `--output FILE`: the answer in a file. Called by run-mode. Invariant: the file is written whole, and only when there is an answer; what cannot be
// written is known before anything is asked, and is printed when it could not be known.

import { messageOf, PiError } from "../contracts/error.ts";
import { createFileOperations } from "../platform/files/files.ts";
import { statOf } from "../platform/files/path-kind.ts";
import type { Host } from "../platform/host.ts";
import { liveSecrets } from "../platform/secrets.ts";
import { refuseMissing, refusePlace } from "./output-files.ts";

/** @throws PiError `usage.bad_output` for a place where no file can be, or where a conversation is. */
export function checkAnswerFile(path: string): void {
  refusePlace("--output", path);
  refuseMissing("--output", path);
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
