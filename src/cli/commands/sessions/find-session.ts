// From what a user calls a session to its file. Called by export.

import type { Host } from "../../../platform/host.ts";
import { type PlaceFlags, sessionPlaces } from "./session-places.ts";

/** `ref` is a path, an id or its beginning, a name, a first prompt or `last`. Errors: `session.not_found`, `usage.ambiguous_session`, `usage.bad_cwd`. */
export async function findSession(ref: string, host: Host, flags: PlaceFlags = {}): Promise<{ path: string; cwd: string }> {
  const places = await sessionPlaces(host, flags);
  return { path: await places.find(ref), cwd: places.cwd };
}
