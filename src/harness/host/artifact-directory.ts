// Where output too long to show lies. Made by start-session for each session.
// Invariant: what has no session to lie beside goes with the process.

import type { Session } from "../../session/tree/session.ts";

/** Where output too long to show lies: beside the session file, or in a temporary directory that goes with the process. */
export class ArtifactDirectory {
  readonly #session: Session;
  #path: Promise<string> | undefined;
  #temporary: (() => void) | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  path(): Promise<string> {
    this.#path ??= this.#make();
    return this.#path;
  }

  remove(): void {
    this.#temporary?.();
  }

  async #make(): Promise<string> {
    const { makeDirectory } = await import("../../platform/make-directory.ts");
    const { mkdtempSync, rmSync } = await import("node:fs");
    const { filePath } = this.#session;
    if (filePath !== undefined && this.#session.storageLost === undefined) {
      const beside = `${filePath.replace(/\.jsonl$/, "")}.artifacts`;
      try {
        makeDirectory(beside, 0o700);
        return beside;
      } catch {
        // A read-only session directory must not cost the command's output.
      }
    }
    const { tmpdir } = await import("node:os");
    const { join } = await import("node:path");
    const directory = mkdtempSync(join(tmpdir(), "pi-"));
    this.#temporary = () => rmSync(directory, { recursive: true, force: true });
    return directory;
  }
}
