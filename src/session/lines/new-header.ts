// The first line of a session that begins. Called by session, for new sessions, copies and empty files alike.

import { type SessionHeader, sessionVersion } from "../../contracts/session-entry.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { newSessionId } from "./new-id.ts";

export function newHeader(
  { cwd, id, parentSession }: { cwd: string; id?: string; parentSession?: string },
  { clock = Date.now }: { clock?: () => number },
): SessionHeader {
  const nowMs = clock();
  return {
    type: "session",
    version: sessionVersion,
    id: id ?? newSessionId(nowMs),
    timestamp: isoTime(nowMs),
    cwd,
    ...(parentSession !== undefined && { parentSession }),
  };
}
