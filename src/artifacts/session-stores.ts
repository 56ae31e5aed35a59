// What sessions of one agent directory only refer to, and where it lies. Called wherever a session is made or opened: by the harness, by the
// session commands and by the library. Invariant: references are always read; they are written only where that is wanted.

import type { SessionStores } from "../contracts/blob-store.ts";
import { BlobFiles, blobDirectory } from "./blob-files.ts";
import { noteDirectory } from "./dependent-directories.ts";

/** `sessionRoot`: where sessions lie that no directory was given for. `isWanted`: whether pictures go to the store; asked when there is one. */
export function sessionStores(agentDir: string, sessionRoot: string, isWanted: () => boolean): SessionStores {
  const blobs = new BlobFiles(blobDirectory(agentDir));
  return {
    blobs,
    pictureStore: { put: (bytes) => blobs.put(bytes), isWanted },
    onDependent: (filePath) => noteDirectory(agentDir, sessionRoot, filePath),
  };
}
