// The artifacts of one session: in the directory beside its file, or in a temporary one where it has none. Made by the harness for each session.
// Invariants: numbers go on from the highest of the session's ancestors; who loses a race for a number takes the next.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Artifacts, ArtifactWriter, FoundArtifact } from "../contracts/artifact.ts";
import { makeDirectory } from "../platform/files/make-directory.ts";
import { ancestorDirectories, artifactDirectoryOf, artifactsIn, placeOf } from "./artifact-directories.ts";
import { ArtifactFile } from "./artifact-file.ts";

export interface ArtifactOwner {
  /** Of the session; `undefined` where it is in memory or cannot be stored. Asked each time. */
  sessionFile(): string | undefined;
  /** Absolute path of the session that it was forked from. */
  parentSession: string | undefined;
}

export class SessionArtifacts implements Artifacts {
  readonly #owner: ArtifactOwner;
  #next: number | undefined;
  #temporary: string | undefined;

  constructor(owner: ArtifactOwner) {
    this.#owner = owner;
  }

  async create(tool: string): Promise<ArtifactWriter> {
    const file = this.#owner.sessionFile();
    if (file !== undefined) {
      const directory = artifactDirectoryOf(file);
      try {
        makeDirectory(directory, 0o700);
        return this.#numbered(directory, tool);
      } catch {
        // A read-only session directory must not cost the command's output.
      }
    }
    this.#temporary ??= mkdtempSync(join(tmpdir(), "pi-"));
    const random = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
    return new ArtifactFile(join(this.#temporary, `pi-${plainName(tool)}-${random}.log`), undefined);
  }

  async find(id: number): Promise<FoundArtifact | undefined> {
    for (const directory of this.#directories()) {
      const found = artifactsIn(directory).find((one) => one.id === id);
      if (found !== undefined) return { path: found.path, size: found.size };
    }
    return undefined;
  }

  async list(): Promise<number[]> {
    const ids = [...this.#directories()].flatMap((directory) => artifactsIn(directory).map(({ id }) => id));
    return [...new Set(ids)].sort((one, other) => one - other);
  }

  /** What has no session to lie beside goes with the process. */
  remove(): void {
    if (this.#temporary !== undefined) rmSync(this.#temporary, { recursive: true, force: true });
  }

  #numbered(directory: string, tool: string): ArtifactFile {
    this.#next ??= 1 + Math.max(-1, ...[...this.#directories()].flatMap((one) => artifactsIn(one).map(({ id }) => id)));
    for (;;) {
      const id = this.#next++;
      // One name a number, whatever the tool: the number is what is taken.
      if (artifactsIn(directory).some((one) => one.id === id)) continue;
      try {
        return new ArtifactFile(join(directory, `${id}.${plainName(tool)}.log`), id);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }

  *#directories(): Generator<string> {
    const file = this.#owner.sessionFile();
    const { parentSession } = this.#owner;
    if (file !== undefined) yield artifactDirectoryOf(file);
    yield* ancestorDirectories(file === undefined || parentSession === undefined ? parentSession : placeOf(parentSession, file));
  }
}

/** A tool's name as part of a file's. */
function plainName(tool: string): string {
  return tool.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 64) || "tool";
}
