// A session as one self-contained HTML page. Called by RPC `export_html`, `--export` and `pi sessions export`.
// Invariant: works from file:// without network; nothing that stands in a session becomes markup or script (see export/escape and the page's policy).

import type { Session } from "../session/session.ts";
import type { DocumentOptions } from "./export/document.ts";
import { type ExportTarget, writeExport } from "./export/write-export.ts";

/** Writes the page; a path that was not given is `pi-session-<name of the session file>.html` in `cwd`. The path comes back as it was said. */
export async function exportHtml(session: Session, target: ExportTarget & DocumentOptions): Promise<{ path: string }> {
  return writeExport(session, target, "html", htmlChunks(session, target));
}

/** The page, piece by piece. */
export async function* htmlChunks(session: Session, options: DocumentOptions = {}): AsyncGenerator<string> {
  const { htmlDocument } = await import("./export/document.ts");
  yield* htmlDocument(session, options);
}
