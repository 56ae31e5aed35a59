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
export { sessionVersion } from "../contracts/session-entry.ts";
export { type OpenOptions, Session, type SessionContext, type SessionOptions, type TreeNode } from "../session/session.ts";
export { buildSessionContext, type NewSessionOptions, type SessionInfo, SessionManager } from "./session-manager.ts";
