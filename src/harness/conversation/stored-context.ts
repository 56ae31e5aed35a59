// What a session says to its model as it is opened: its end at once, its messages when somebody needs them, or a little at a time before. Owned by the
// conversation. Invariant: the messages are those of the entry where the session stood when it was opened, whatever is appended meanwhile.

import { isPiError } from "../../contracts/error.ts";
import { inSlices } from "../../platform/in-slices.ts";
import type { Session, SessionContext, SessionOutline } from "../../session/tree/session.ts";

/** Entries of a session that is read whole as it is opened: so nothing can befall its file before. */
const shortCount = 8192;

export class StoredContext {
  readonly outline: SessionOutline;
  readonly #session: Session;
  readonly #leafId: string | null;
  #context: SessionContext | undefined;
  #reading: Promise<void> | undefined;
  /** It has been read, or is of no use any more. */
  #isDone = false;

  constructor(session: Session) {
    this.#session = session;
    this.outline = session.outline();
    // Behind the outline: a damage that it finds can move it.
    this.#leafId = session.leafId;
    if (session.isIndexed && session.entryCount <= shortCount) this.#context = this.read();
  }

  /** It is at hand. */
  get isRead(): boolean {
    return this.#context !== undefined;
  }

  /** All of it, at once. */
  read(): SessionContext {
    if (this.#context !== undefined) return this.#context;
    this.#isDone = true;
    try {
      return this.#session.context(this.#leafId, true);
    } catch (error) {
      // What was done to the file since has taken it away: what there is now is the conversation.
      if (isPiError(error) && error.code === "session.entry_not_found") return this.#session.context();
      throw error;
    }
  }

  /** Somebody has taken over what there is. */
  drop(): void {
    this.#isDone = true;
  }

  /** Nothing where there is nothing left to read. */
  ahead(): Promise<void> | undefined {
    if (this.#isDone) return undefined;
    this.#reading ??= this.#readAhead();
    return this.#reading;
  }

  async #readAhead(): Promise<void> {
    try {
      await inSlices(this.#session.readAhead(this.#leafId), { isWanted: () => !this.#isDone && !this.#session.isClosed });
    } catch {
      // It goes wrong again when all is read, where there is somebody to be told.
    }
  }
}
