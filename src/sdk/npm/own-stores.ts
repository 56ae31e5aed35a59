// Where the library's sessions keep what their lines only refer to, before a conversation is begun in them. Used by session-manager and
// session-runtime. Invariant: the user's file is read when the first picture comes, and not before.

import { sessionStores } from "../../artifacts/session-stores.ts";
import type { SessionStores } from "../../contracts/blob-store.ts";
import { sessionRoot } from "../../session/lines/locate.ts";
import { surroundings } from "./places.ts";
import { readUserFile } from "./user-file.ts";

export function ownStores(): SessionStores {
  const { agentDir } = surroundings();
  let isWanted: boolean | undefined;
  return sessionStores(agentDir, sessionRoot(agentDir), () => {
    isWanted ??= blobsIn(readUserFile(agentDir, () => {}).session) === true;
    return isWanted;
  });
}

function blobsIn(session: unknown): unknown {
  return typeof session === "object" && session !== null ? (session as { blobs?: unknown }).blobs : undefined;
}
