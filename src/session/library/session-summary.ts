// What a list shows of a session. Filled by summarize; listed by list-sessions.

export interface SessionSummary {
  path: string;
  id: string;
  cwd: string;
  /** ISO 8601, of the header. */
  timestamp: string;
  /** Unix ms. */
  modifiedMs: number;
  sizeBytes: number;
  parentSession?: string;
  /** Why nothing else is known of it: the file cannot be read, or does not begin as a session does. */
  damage?: string;
  /** Of the last `session_info` seen. */
  name?: string;
  /** One line, at most 200 characters. */
  firstPrompt?: string;
  /** Without system messages. Absent when the file was not read whole. */
  messageCount?: number;
  /** USD. Absent when the file was not read whole. */
  cost?: number;
  /** `provider/id` of the last choice or answer seen. */
  model?: string;
}

/** What the first line of its file says. */
export type SummaryHeader = Pick<SessionSummary, "id" | "cwd" | "timestamp" | "parentSession">;
