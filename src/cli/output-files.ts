// The files that a run is told to write, before anything is asked: none of them takes the place of a conversation, of what the run lives on, or of
// another one. Called by resolve-run, and by those who write them. Invariant: what is no regular file (/dev/null, a pipe) may be named as often as one likes.

import { accessSync, constants, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, PiError } from "../contracts/error.ts";
import { recordedIn, tellingBytes } from "../contracts/session-entry.ts";
import { isSameFile, startOfFile } from "../platform/files/file-start.ts";
import { kindOfPath, statOf } from "../platform/files/path-kind.ts";
import { storageReason } from "../session/lines/file-errors.ts";
import { outputOptions, type Said, valueSaid } from "./options.ts";

type Writer = (typeof outputOptions)[number];

const kinds = { session: "a session", trace: "a recorded trace" };

/** Rejects with `usage.conflict` for one file that two options name, where one of them would be written over the other. */
export async function refuseShared(said: Said, path: (text: string) => string): Promise<void> {
  const taken: { option: string; at: string }[] = [];
  const session = valueSaid(said, "--session");
  // What names no path names a session among those that are stored.
  if (session !== undefined && (await import("../session/library/list-sessions.ts")).looksLikePath(session))
    taken.push({ option: "--session", at: path(session) });
  for (const option of ["--model", "--fallback-model"] as const)
    for (const model of said.options.get(option) ?? [])
      if (model.startsWith("scripted/")) taken.push({ option, at: path(model.slice("scripted/".length)) });
  for (const option of outputOptions) {
    const named = valueSaid(said, option);
    if (named === undefined || named === "-") continue;
    const at = path(named);
    const other = taken.find((one) => isSameFile(one.at, at));
    if (other !== undefined)
      throw new PiError("usage.conflict", `${option} and ${other.option} name the same file, ${at}`, { hint: "Name another one" });
    taken.push({ option, at });
  }
}

/** @throws PiError `usage.bad_output` for a directory, for a name that no file can have, and for a conversation that nothing else has. */
export function refusePlace(option: Writer, path: string): void {
  if (found(option, path)?.isDirectory())
    throw new PiError("usage.bad_output", `${option} ${path} is a directory`, { hint: "Name a file in it" });
  const recorded = recordedIn(startOfFile(path, tellingBytes));
  // One trace takes the place of another.
  if (recorded === undefined || (option === "--record" && recorded === "trace")) return;
  throw new PiError("usage.bad_output", `${option} ${path} holds ${kinds[recorded]}`, {
    hint: "Name another file, or remove that one first",
  });
}

/** @throws PiError `usage.bad_output` where there is no directory for it. */
export function refuseMissing(option: Writer, path: string): void {
  if (kindOfPath(dirname(path)) !== "directory")
    throw new PiError("usage.bad_output", `${option} ${path}: there is no directory ${dirname(path)}`, { hint: "Make it first" });
}

/** For a file that is written in its place. @throws PiError `usage.bad_output` */
export function refuseUnwritable(option: Writer, path: string): void {
  const place = statOf(path) === undefined ? dirname(path) : path;
  try {
    accessSync(place, constants.W_OK);
  } catch (error) {
    throw new PiError("usage.bad_output", `${option} ${path} cannot be written: ${messageOf(error)}`, { hint: "Name another file" });
  }
}

function found(option: Writer, path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new PiError("usage.bad_output", `${option} ${path} cannot be written: ${storageReason(error)}`, { hint: "Name another path" });
  }
}
