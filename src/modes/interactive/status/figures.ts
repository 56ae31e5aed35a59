// What the session has used, for the footer: sums over all of it, kept up by its events. Owned by the status.
// Invariant: a frame adds nothing up.

import { statSync } from "node:fs";
import type { AgentEvent } from "../../../contracts/agent-event.ts";
import type { Conversation } from "../../../harness/conversation/conversation.ts";
import { countEntries, usageOfWindow } from "../../../harness/conversation/session-stats.ts";
import { inSlices } from "../../../platform/in-slices.ts";
import { usedCalls } from "../../../session/library/session-totals.ts";
import type { Session } from "../../../session/tree/session.ts";
import type { FooterFacts } from "./footer.ts";

type Used = Pick<FooterFacts, "input" | "output" | "cacheRead" | "cacheWrite" | "cost">;
type OfWindow = Pick<FooterFacts, "used" | "contextWindow" | "cacheHit">;

const none: Used = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cost: 0 };

/** Within which a long session is on the screen. */
const shownMs = 100;

export class SessionFigures {
  readonly #counted: () => void;
  #sums: Used = none;
  #window: { model: unknown; of: OfWindow } | undefined;
  #stored: Generator<Used> | undefined;
  #counting: NodeJS.Timeout | undefined;

  /** `counted`: what is stored has been added up. */
  constructor(counted: () => void) {
    this.#counted = counted;
  }

  /** Of what is stored; of a long session when it has been shown, a little at a time, so that nobody waits for it. */
  begin(conversation: Conversation): void {
    this.#sums = none;
    this.#window = undefined;
    this.stop();
    const { session } = conversation;
    const sums = storedSums(session);
    this.#stored = sums;
    const isWanted = (): boolean => this.#stored === sums && !session.isClosed;
    // One after the other, since a key waits for either. What cannot be read is told by who needs it.
    const read = async (): Promise<void> => {
      const reading = conversation.read();
      if (reading !== undefined) await reading.then(this.#counted);
      if (isWanted()) await inSlices(this.#adding(sums), { isWanted });
    };
    this.#counting = setTimeout(
      () =>
        void read()
          .catch(() => undefined)
          .then(this.#counted),
      session.isIndexed ? 0 : shownMs,
    );
  }

  *#adding(sums: Generator<Used>): Generator<undefined> {
    for (const one of sums) {
      this.#add(one);
      yield;
    }
  }

  #add(one: Used): void {
    const { input, output, cacheRead, cacheWrite, cost } = this.#sums;
    this.#sums = {
      input: input + one.input,
      output: output + one.output,
      cacheRead: cacheRead + one.cacheRead,
      cacheWrite: cacheWrite + one.cacheWrite,
      cost: cost + one.cost,
    };
  }

  stop(): void {
    clearTimeout(this.#counting);
    this.#stored?.return(undefined);
    this.#stored = undefined;
  }

  take(event: AgentEvent): void {
    if (event.type === "message_end" && event.message.role === "assistant") {
      const { usage } = event.message;
      this.#add({ ...usage, cost: usage.cost.total });
    }
    if (["message_end", "compaction_end", "agent_settled", "entry_appended"].includes(event.type)) this.#window = undefined;
  }

  facts(conversation: Conversation): Used & OfWindow {
    if (!conversation.isRead) return { ...this.#sums, used: undefined, contextWindow: 0, cacheHit: undefined };
    if (this.#window?.model !== conversation.model) {
      const usage = usageOfWindow(conversation);
      this.#window = {
        model: conversation.model,
        of: { used: usage?.percent, contextWindow: usage?.contextWindow ?? 0, cacheHit: cacheHitOf(conversation) },
      };
    }
    return { ...this.#sums, ...this.#window.of };
  }
}

/** Of the last answer, in percent. */
function cacheHitOf({ messages }: Conversation): number | undefined {
  const last = messages.findLast((message) => message.role === "assistant");
  if (last === undefined) return undefined;
  const { input, cacheRead, cacheWrite } = last.usage;
  const read = input + cacheRead + cacheWrite;
  return read === 0 ? undefined : (cacheRead / read) * 100;
}

/** What is stored by now, part by part; what is said from now on is told by events. */
function storedSums(session: Session): Generator<Used> {
  const { filePath } = session;
  return session.isIndexed || filePath === undefined
    ? sumsOfEntries(session, session.entryCount)
    : sumsOfFile(filePath, statSync(filePath, { throwIfNoEntry: false })?.size ?? 0);
}

function* sumsOfEntries(session: Session, count: number): Generator<Used> {
  for (const entries of session.batches(count)) {
    const { tokens, cost } = countEntries(entries);
    yield { ...tokens, cost };
  }
}

/** Without the index of it, which takes longer than a key may. */
function* sumsOfFile(path: string, size: number): Generator<Used> {
  for (const { usage } of usedCalls(path, size)) {
    const { input, output = 0, cacheRead = 0, cacheWrite = 0, cost } = usage;
    yield { input, output, cacheRead, cacheWrite, cost: cost?.total ?? 0 };
  }
}
