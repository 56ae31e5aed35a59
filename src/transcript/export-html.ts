// A session as one self-contained HTML page. Called by RPC `export_html`, `--export` and `pi sessions export`.
// Invariant: works from file:// without network; nothing that stands in a session becomes markup or script (see html/escape and the page's policy).

import type { EntrySource } from "../contracts/entry-source.ts";
import type { ShownOptions } from "./survey.ts";
import { type ExportTarget, writeExport } from "./write-export.ts";

/** Writes the page; a path that was not given is `pi-session-<name of the session file>.html` in `cwd`. The path comes back as it was said. */
export async function exportHtml(session: EntrySource, target: ExportTarget & ShownOptions): Promise<{ path: string }> {
  return writeExport(session, target, "html", htmlChunks(session, target));
}

/** The page, piece by piece. */
export async function* htmlChunks(session: EntrySource, options: ShownOptions): AsyncGenerator<string> {
  const { htmlDocument } = await import("./html/document.ts");
  yield* htmlDocument(session, options);
}
