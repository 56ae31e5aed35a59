// Mends a session file that was deleted, replaced or truncated while in use, so that what is known of it is in the file again.
// Called by file-log before an append. Invariant: nobody else's lines are lost, and no name is taken over that holds something else.

import { statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { PiError } from "../../contracts/error.ts";
import type { AnyEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { AppendFile, type FileFate } from "../../platform/files/append-file.ts";
import { noParent } from "../index/entry-table.ts";
import { indexLines, type LineIndex } from "../index/line-index.ts";
import { encodeLine } from "../lines/line-codec.ts";

/** The entries that should be in the file, in file order. */
export interface KnownLines {
  count: number;
  idAt(index: number): string;
  parentAt(index: number): number;
  isDamaged(index: number): boolean;
  /** `undefined`: not in memory. */
  entryAt(index: number): AnyEntry | undefined;
}

export interface Restored {
  /** The file as it is now; the old one is closed when it is another. */
  file: AppendFile;
  /** Entries that are neither in the file nor in memory any more. */
  lostCount: number;
}

const chunkBytes = 1 << 20;

export function restoreFile(
  file: AppendFile,
  fate: Exclude<FileFate, "same" | "grown">,
  header: SessionHeader,
  known: KnownLines,
): Restored {
  if (fate === "overwritten") throw new PiError("session.replaced", "something else has been written over it");
  // Where it ends now is where is written, on a line of its own.
  if (fate === "truncated") file.accept();
  const current = fate === "truncated" ? file : fate === "deleted" ? rewritten(file) : replacement(file, header);
  try {
    const lostCount = refill(current, header, known);
    if (current !== file) file.close();
    return { file: current, lostCount };
  } catch (error) {
    // It is opened anew with the next try.
    if (current !== file) current.close();
    throw error;
  }
}

/** The bytes of a file without a name are still there as long as it is open: they get their name back. */
function rewritten(file: AppendFile): AppendFile {
  const temporary = join(dirname(file.path), `.${basename(file.path)}.${Math.random().toString(36).slice(2, 10)}`);
  const copy = AppendFile.create(temporary, "must be there");
  try {
    copy.copyFrom(file);
    AppendFile.publish(temporary, file.path);
  } catch (error) {
    AppendFile.remove(temporary);
    throw error;
  } finally {
    copy.close();
  }
  return AppendFile.open(file.path, "append");
}

/** Another file has our name: gone on with when it is a copy of this session or empty, else left alone. */
function replacement(file: AppendFile, header: SessionHeader): AppendFile {
  if (!statSync(file.path).isFile()) throw anotherFile();
  const other = AppendFile.open(file.path, "append");
  try {
    if (other.size === 0) {
      other.copyFrom(file);
      return other;
    }
    const index = indexLines(other);
    if (index.header?.id !== header.id) throw anotherFile();
    const old = indexLines(file);
    let lines = "";
    for (let at = 0; at < old.table.count; at++) {
      if (old.table.isDamaged(at) || index.table.find(old.table.idOf(at)) !== undefined) continue;
      lines += `${readLine(file, old, at)}\n`;
      if (lines.length > chunkBytes) {
        other.append(lines);
        lines = "";
      }
    }
    if (lines !== "") other.append(lines);
    return other;
  } catch (error) {
    other.close();
    throw error;
  }
}

function anotherFile(): PiError {
  return new PiError("session.replaced", "another file has taken its name");
}

function readLine(file: AppendFile, index: LineIndex, at: number): string {
  const bytes = Buffer.allocUnsafe(index.table.lengthOf(at));
  return bytes.toString("utf8", 0, file.read(bytes, index.table.startOf(at)));
}

/** Adds the known entries the file lacks. Returns how many are beyond recovery. */
function refill(file: AppendFile, header: SessionHeader, known: KnownLines): number {
  let index = indexLines(file);
  if (index.header?.id !== header.id) {
    file.cut(0);
    index = indexLines(file);
  }
  const present = index.table;
  const isPresent = (at: number): boolean => {
    const found = present.find(known.idAt(at));
    return found !== undefined && !present.isDamaged(found);
  };
  const missing: number[] = [];
  for (let at = 0; at < known.count; at++) if (!known.isDamaged(at) && !isPresent(at)) missing.push(at);
  const lostCount = missing.filter((at) => known.entryAt(at) === undefined).length;
  // The rest of a line that is written whole again right away would only look like a damage.
  if (index.torn !== undefined && lostCount === 0) file.cut(index.torn.start);

  let text = file.size === 0 ? encodeLine(header) : "";
  for (const at of missing) {
    const entry = known.entryAt(at);
    if (entry === undefined) continue;
    let parent = known.parentAt(at);
    while (parent !== noParent && known.entryAt(parent) === undefined && !isPresent(parent)) parent = known.parentAt(parent);
    const parentId = parent === noParent ? null : known.idAt(parent);
    text += encodeLine(parentId === (entry.parentId ?? null) ? entry : { ...entry, parentId });
    if (text.length > chunkBytes) {
      file.append(text);
      text = "";
    }
  }
  if (text !== "") file.append(text);
  return lostCount;
}
