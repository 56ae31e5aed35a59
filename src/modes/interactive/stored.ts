// What a session holds already, shown when it is opened: the whole way to where it stands, also what a compaction has replaced for the model. Called by
// the interaction. Invariant: however long the session, only its last entries become blocks; how many are above is said.

import type { Session } from "../../session/tree/session.ts";
import { plural } from "../../transcript/format.ts";
import { itemOf } from "../../transcript/items.ts";
import type { TranscriptFold } from "./fold.ts";

export const shownEntries = 200;

export function showStored(session: Pick<Session, "branchIds" | "entry">, fold: TranscriptFold, say: (text: string) => void): void {
  const ids = session.branchIds();
  const shown = ids.slice(-shownEntries);
  const above = ids.length - shown.length;
  if (above > 0) say(`${plural(above, "entry", "entries")} above: /tree has them all`);
  let hasBegun = false;
  for (const id of shown) {
    const entry = session.entry(id);
    if (entry === undefined) continue;
    const item = itemOf(entry);
    // What a session begins with is no change of anything.
    if (item.kind === "prompt" || item.kind === "answer") hasBegun = true;
    if (item.kind === "model" && !hasBegun) continue;
    fold.takeItem(item, entry);
  }
  fold.endOpen();
}
