// Ids of sessions and entries. Called by session.

/** A UUID of version 7: sorts by time. Its random half is that of a UUID of version 4. */
export function newSessionId(nowMs: number): string {
  const time = Math.floor(nowMs).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}

/** Eight hex characters; the session sees to it that they are unique in the file, so nothing stronger than chance is needed. */
export function newEntryId(): string {
  return Math.floor(Math.random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, "0");
}

/** Twice as long: unique also where nobody looks whether it is. */
export function newSureEntryId(): string {
  return newEntryId() + newEntryId();
}
