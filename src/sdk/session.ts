// `pi/session`: session files: read, write, list, and what a model is shown of them.

export type * from "../contracts/message.ts";
export type {
  AnyEntry,
  EntryOf,
  EntryType,
  NewEntry,
  SessionEntry,
  SessionHeader,
  UnknownEntry,
} from "../contracts/session-entry.ts";
export { sessionVersion, sessionVersion as CURRENT_SESSION_VERSION } from "../contracts/session-entry.ts";
export { type OpenOptions, Session, type SessionContext, type SessionOptions, type TreeNode } from "../session/tree/session.ts";
export * from "./npm/session-manager.ts";
export type * from "./npm/session-views.ts";
export { getLatestCompactionEntry, parseSessionEntries } from "./npm/session-views.ts";
