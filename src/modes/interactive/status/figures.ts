// What the session has used, for the footer: sums over all of it, kept up by its events. Owned by the status.
// Invariant: a frame adds nothing up.

import { statSync } from "node:fs";
import type { AgentEvent } from "../../../contracts/agent-event.ts";
import { isA } from "../../../contracts/session-entry.ts";
import type { Usage } from "../../../contracts/usage.ts";
import type { Conversation } from "../../../harness/conversation/conversation.ts";
import { countEntries, usageOfWindow } from "../../../harness/conversation/session-stats.ts";
import { inSlices } from "../../../platform/in-slices.ts";
import { usedCalls } from "../../../session/library/session-totals.ts";
import type { Session } from "../../../session/tree/session.ts";
import type { FooterFacts } from "./footer.ts";

type Used = Pick<FooterFacts, "input" | "output" | "cacheRead" | "cacheWrite" | "cost">;
type Sums = Used & Pick<FooterFacts, "cacheHit">;

const none: Sums = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cost: 0, cacheHit: undefined };

/** Within which a long session is on the screen. */
const shownMs = 100;

export class SessionFigures {
  readonly #counted: () => void;
  #sums: Sums = none;
  #window: { model: unknown; of: Pick<FooterFacts, "used" | "contextWindow"> } | undefined;
  #stored: Generator<Sums> | undefined;
  /** By an event: what is stored is older. */
  #isHitTold = false;
  #counting: NodeJS.Timeout | undefined;

  /** `counted`: what is stored has been added up. */
  constructor(counted: () => void) {
    this.#counted = counted;
  }

  /** Of what is stored; of a long session when it has been shown, a little at a time, so that nobody waits for it. */
  begin(conversation: Conversation): void {
    this.#sums = none;
    this.#isHitTold = false;
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

  *#adding(sums: Generator<Sums>): Generator<undefined> {
    for (const one of sums) {
      this.#add(one);
      if (!this.#isHitTold) this.#sums = { ...this.#sums, cacheHit: one.cacheHit ?? this.#sums.cacheHit };
      yield;
    }
  }

  #add(one: Used): void {
    const { input, output, cacheRead, cacheWrite, cost } = this.#sums;
    this.#sums = {
      ...this.#sums,
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
    const usage = usageToldBy(event);
    if (usage !== undefined) this.#add(usedOf(usage));
    const cacheHit = event.type === "message_end" && event.message.role === "assistant" ? hitOf(event.message.usage) : undefined;
    if (cacheHit !== undefined) {
      this.#isHitTold = true;
      this.#sums = { ...this.#sums, cacheHit };
    }
    if (["message_end", "compaction_end", "agent_settled", "entry_appended"].includes(event.type)) this.#window = undefined;
  }

  facts(conversation: Conversation): Sums & Pick<FooterFacts, "used" | "contextWindow"> {
    if (!conversation.isRead) return { ...this.#sums, used: undefined, contextWindow: 0 };
    if (this.#window?.model !== conversation.model) {
      const usage = usageOfWindow(conversation);
      this.#window = { model: conversation.model, of: { used: usage?.percent, contextWindow: usage?.contextWindow ?? 0 } };
    }
    return { ...this.#sums, ...this.#window.of };
  }
}

/** Answers, calls of a tool's own, and summaries: all that is stored with what it has used. */
function usageToldBy(event: AgentEvent): Usage | undefined {
  if (event.type === "compaction_end") return event.result?.usage;
  return event.type === "message_end" && "usage" in event.message ? event.message.usage : undefined;
}

/** Tools and summaries of extensions may tell a part of it. */
function usedOf({ input = 0, output = 0, cacheRead = 0, cacheWrite = 0, cost }: Partial<Usage>): Used {
  return { input, output, cacheRead, cacheWrite, cost: cost?.total ?? 0 };
}

/** In percent. Of an answer of which nothing was told, nothing. */
function hitOf(usage: Partial<Usage> | undefined): number | undefined {
  const { input = 0, cacheRead = 0, cacheWrite = 0 } = usage ?? {};
  const read = input + cacheRead + cacheWrite;
  return read === 0 ? undefined : (cacheRead / read) * 100;
}

/** What is stored by now, part by part; what is said from now on is told by events. */
function storedSums(session: Session): Generator<Sums> {
  const { filePath } = session;
  return session.isIndexed || filePath === undefined
    ? sumsOfEntries(session, session.entryCount)
    : sumsOfFile(filePath, statSync(filePath, { throwIfNoEntry: false })?.size ?? 0);
}

function* sumsOfEntries(session: Session, count: number): Generator<Sums> {
  for (const entries of session.batches(count)) {
    const { tokens, cost } = countEntries(entries);
    const hits = entries.map((entry) =>
      isA(entry, "message") && entry.message.role === "assistant" ? hitOf(entry.message.usage) : undefined,
    );
    yield { ...tokens, cost, cacheHit: hits.findLast((hit) => hit !== undefined) };
  }
}

/** Without the index of it, which takes longer than a key may. */
function* sumsOfFile(path: string, size: number): Generator<Sums> {
  for (const { usage, isAnswer } of usedCalls(path, size)) yield { ...usedOf(usage), cacheHit: isAnswer ? hitOf(usage) : undefined };
}
