// What belongs to a session file from elsewhere and is not in it: artifacts beside it, pictures that it only refers to. Called by whoever imports sessions.
// Invariant: it is there before the session is.

import { dirname } from "node:path";
import { artifactDirectoryOf, artifactsIn } from "../../artifacts/artifact-directories.ts";
import { BlobFiles, blobDirectory } from "../../artifacts/blob-files.ts";
import { copyArtifacts } from "../../artifacts/copy-artifacts.ts";
import { noteDirectory } from "../../artifacts/dependent-directories.ts";
import { picturesInLine } from "../../session/library/picture-references.ts";
import { sessionRoot } from "../../session/lines/locate.ts";

export class BroughtAlong {
  readonly #agentDir: string;
  readonly #blobs: BlobFiles;
  #told: string[] = [];

  constructor(agentDir: string) {
    this.#agentDir = agentDir;
    this.#blobs = new BlobFiles(blobDirectory(agentDir));
  }

  /** Since the last time, one phrase each. */
  told(): string[] {
    return this.#told.splice(0);
  }

  bring(source: string, target: string, lines: readonly string[]): void {
    const outputs = artifactsIn(artifactDirectoryOf(source));
    copyArtifacts(outputs, artifactDirectoryOf(target));
    if (outputs.length > 0) this.#told.push(`${outputs.length} ${outputs.length === 1 ? "artifact" : "artifacts"} brought along`);
    const hashes = new Set(lines.flatMap(picturesInLine));
    if (hashes.size === 0) return;
    noteDirectory(this.#agentDir, sessionRoot(this.#agentDir), target);
    const missing = [...hashes].filter((hash) => !this.#keep(hash, source));
    if (missing.length > 0) this.#told.push(`${missing.length} ${missing.length === 1 ? "picture" : "pictures"} missing that it refers to`);
  }

  /** In our store, and young there; of another home it comes from the store of that. */
  #keep(hash: string, source: string): boolean {
    const above = [dirname(dirname(source)), dirname(dirname(dirname(source)))];
    const stores = [this.#blobs, ...above.map((directory) => new BlobFiles(blobDirectory(directory)))];
    for (const store of stores) {
      const bytes = store.get(hash);
      if (bytes !== undefined) return this.#blobs.put(bytes) === hash;
    }
    return false;
  }
}
