// Puts pictures that a session only refers to into its file, for programs that know no references. Called by `pi sessions inline`.
// Invariant: a file from which a picture would be lost is left as it is; the old file stays beside the new one.

import { statSync, utimesSync } from "node:fs";
import type { BlobStore } from "../../contracts/blob-store.ts";
import { PiError } from "../../contracts/error.ts";
import { encodeLine } from "../lines/line-codec.ts";
import { replaceKeepingOld } from "../lines/replace-file.ts";
import { decodeEntry } from "../lines/sound-entry.ts";
import { wholeEntry } from "../tree/pictures.ts";
import { soundCopy } from "./sound-copy.ts";

export interface Inlined {
  /** Entries whose pictures are in the file now. */
  entryCount: number;
  /** Where the old file is; absent when nothing was referred to. */
  backup?: string;
}

/** The caller holds the lease. Errors: those of `soundCopy`, `session.picture_missing`, `session.unwritable`. */
export function inlinePictures(path: string, cwd: string, blobs: Pick<BlobStore, "get">): Inlined {
  const { header, lines } = soundCopy(path, cwd);
  const missing = new Set<string>();
  const pictures = { get: (hash: string) => blobs.get(hash), missing: (text: string) => void missing.add(text) };
  const changed = new Map<number, string>();
  for (const [at, line] of lines.entries()) {
    // Every reference has these characters; hardly any line has to be decoded.
    const entry = line.includes("blob:") ? decodeEntry(line) : undefined;
    const whole = wholeEntry(entry, pictures);
    if (whole !== undefined && whole !== entry) changed.set(at, encodeLine(whole));
  }
  if (missing.size > 0) {
    const [first] = missing;
    const others = missing.size === 1 ? "" : ` and ${missing.size - 1} more`;
    throw new PiError("session.picture_missing", `Session file ${path} is left as it is: ${first}${others}`, {
      hint: "Bring the files back into blobs/ of the agent directory; pi itself reads the session without them.",
    });
  }
  if (changed.size === 0) return { entryCount: 0 };
  const { atime, mtime } = statSync(path);
  const backup = replaceKeepingOld(path, [encodeLine(header), ...lines.map((line, at) => changed.get(at) ?? line)]);
  // It is no work on the session: it must not become the one to go on with.
  utimesSync(path, atime, mtime);
  return { entryCount: changed.size, backup };
}
