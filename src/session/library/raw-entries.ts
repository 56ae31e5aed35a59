// The entries of a session file as they stand there, in file order. Called by `pi sessions show --json`.
// Invariant: each text is valid JSON in one line, and the very bytes of the file wherever the file has it so.

import { notASession } from "../lines/file-errors.ts";
import { lineBlocks } from "../lines/line-blocks.ts";
import { decodeLine, isHeader } from "../lines/line-codec.ts";
import { ExaminedFile, soundJson } from "../repair/examined-file.ts";

export interface RawEntry {
  /** Absent in files of version 1. */
  id: string | undefined;
  text: string;
}

/** Errors: `session.invalid`, `session.not_found`, `session.unreadable`. */
export function* rawEntries(path: string): Generator<RawEntry> {
  const file = new ExaminedFile(path);
  try {
    if (file.header !== undefined && (file.header.version ?? 1) < 2) {
      yield* plainRecords(path);
      return;
    }
    if (file.header === undefined && file.index.table.count === 0) {
      throw notASession(path);
    }
    const isSound = file.index.irregularLineNumbers.length === 0;
    for (const { at, text } of file.entryTexts()) yield { id: file.index.table.idOf(at), text: isSound ? text : soundJson(text) };
  } finally {
    file.close();
  }
}

function* plainRecords(path: string): Generator<RawEntry> {
  for (const block of lineBlocks(path)) {
    for (const text of block.toString("utf8").split("\n")) {
      const record = decodeLine(text);
      if (record !== undefined && !isHeader(record)) yield { id: undefined, text };
    }
  }
}
