// Puts entries into a session under the names of the npm agent: the writing half of the library's session manager, and what extensions set a new
// session up with (`ctx.newSession`). Loaded where one does. Invariant: `Session` does the work.

import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { SessionAppends, WritableSessionManager } from "../../contracts/extension-session.ts";
import type { Message, UserContent } from "../../contracts/message.ts";
import { isThinkingLevel } from "../../contracts/model.ts";
import type { EntryOf, NewEntry } from "../../contracts/session-entry.ts";
import type { Usage } from "../../contracts/usage.ts";
import type { Session } from "./session.ts";
import { sessionView } from "./session-view.ts";

export class SessionWriter implements SessionAppends {
  /** For what this class has no name for. */
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** Each `append…` hangs an entry on the leaf, which it then is; durable when it returns. @throws PiError `session.closed`. */
  appendMessage(message: Message): string {
    return this.#append({ type: "message", message });
  }

  appendThinkingLevelChange(thinkingLevel: string): string {
    return this.#append({ type: "thinking_level_change", thinkingLevel: isThinkingLevel(thinkingLevel) ? thinkingLevel : "off" });
  }

  appendModelChange(provider: string, modelId: string): string {
    return this.#append({ type: "model_change", provider, modelId });
  }

  /** Something paid for beside the conversation. Answers with the entry. */
  appendUsage(kind: string, provider: string, model: string, usage: Usage, note?: string): EntryOf<"usage"> {
    const id = this.#append({ type: "usage", kind, provider, model, usage, ...defined({ note }) });
    return this.session.entry(id) as EntryOf<"usage">;
  }

  appendCompaction(
    summary: string,
    firstKeptEntryId: string,
    tokensBefore: number,
    details?: unknown,
    fromHook?: boolean,
    usage?: Usage,
  ): string {
    return this.#append({
      type: "compaction",
      summary,
      firstKeptEntryId,
      tokensBefore,
      ...defined({ details, fromHook, usage }),
    });
  }

  appendCustomEntry(customType: string, data?: unknown): string {
    return this.#append({ type: "custom", customType, ...defined({ data }) });
  }

  appendCustomMessageEntry(customType: string, content: string | UserContent[], display: boolean, details?: unknown): string {
    return this.#append({ type: "custom_message", customType, content, display, ...defined({ details }) });
  }

  /** `null` takes the target out of what the model is shown. */
  appendContextEdit(targetId: string, replacement: { content: string | UserContent[] } | null): string {
    return this.#append({ type: "context_edit", targetId, replacement });
  }

  appendSessionInfo(name: string): string {
    return this.#append({ type: "session_info", name });
  }

  /** Without a label: takes it away. */
  appendLabelChange(targetId: string, label: string | undefined): string {
    return this.#append({ type: "label", targetId, ...defined({ label }) });
  }

  /** The next entry hangs on this one. @throws PiError `session.entry_not_found`. */
  branch(branchFromId: string): void {
    this.session.navigate(branchFromId);
  }

  /** The next entry is a root. */
  resetLeaf(): void {
    this.session.navigate(null);
  }

  branchWithSummary(branchFromId: string | null, summary: string, details?: unknown, fromHook?: boolean, usage?: Usage): string {
    const fromId = this.session.leafId;
    this.session.navigate(branchFromId);
    return this.#append({
      type: "branch_summary",
      fromId,
      summary,
      ...defined({ details, fromHook, usage }),
    });
  }

  #append(entry: NewEntry): string {
    // The file is let go of: what is appended now would be in nobody's record.
    if (this.session.isClosed)
      throw new PiError("session.closed", `The session has been closed: ${this.session.filePath ?? this.session.id}`);
    return this.session.append(entry).id;
  }
}

/** To look at and to write. */
export function writableView(session: Session): WritableSessionManager {
  return Object.assign(new SessionWriter(session), sessionView(session));
}
