// What the session has used, for the footer: sums over all of it, kept up by its events. Owned by the interaction.
// Invariant: a frame adds nothing up.

import type { AgentEvent } from "../../../contracts/agent-event.ts";
import type { Conversation } from "../../../harness/conversation/conversation.ts";
import { countEntries, usageOfWindow } from "../../../harness/conversation/session-stats.ts";
import type { FooterFacts } from "./footer.ts";

type Sums = Pick<FooterFacts, "input" | "output" | "cacheRead" | "cacheWrite" | "cost" | "cacheHit">;

const none: Sums = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cost: 0, cacheHit: undefined };

/** So long it counts before keys and frames have their turn. */
const sliceMs = 6;

export class SessionFigures {
  readonly #counted: () => void;
  #sums: Sums = none;
  #window: { model: unknown; of: Pick<FooterFacts, "used" | "contextWindow"> } | undefined;
  #counting: NodeJS.Timeout | undefined;

  /** `counted`: what is stored has been added up. */
  constructor(counted: () => void) {
    this.#counted = counted;
  }

  /** Of what is stored; in a long session a moment later, so that nobody waits for it. */
  begin(conversation: Conversation): void {
    this.#sums = none;
    this.#window = undefined;
    clearTimeout(this.#counting);
    const { session } = conversation;
    // How many there are is not known either before the first paint: the file has been read from its end.
    let batches: ReturnType<typeof session.batches> | undefined;
    const count = (): void => {
      if (session.isClosed) return;
      if (batches === undefined) {
        batches = session.batches(session.entryCount);
        // What has come meanwhile is among them.
        this.#sums = { ...none, cacheHit: this.#sums.cacheHit };
      }
      const untilMs = performance.now() + sliceMs;
      do {
        const { value, done } = batches.next();
        if (done === true) {
          this.#counted();
          return;
        }
        const { tokens, cost } = countEntries(value);
        this.#add({ ...tokens, cost });
      } while (performance.now() < untilMs);
      this.#counting = setTimeout(count, 0);
    };
    this.#counting = setTimeout(count, 0);
  }

  #add(one: Pick<Sums, "input" | "output" | "cacheRead" | "cacheWrite" | "cost">): void {
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
  }

  take(event: AgentEvent): void {
    if (event.type === "message_end" && event.message.role === "assistant") {
      const { usage } = event.message;
      const read = usage.input + usage.cacheRead + usage.cacheWrite;
      this.#add({ ...usage, cost: usage.cost.total });
      this.#sums = { ...this.#sums, cacheHit: read === 0 ? undefined : (usage.cacheRead / read) * 100 };
    }
    if (["message_end", "compaction_end", "agent_settled", "entry_appended"].includes(event.type)) this.#window = undefined;
  }

  facts(conversation: Conversation): Sums & Pick<FooterFacts, "used" | "contextWindow"> {
    if (this.#window?.model !== conversation.model) {
      const usage = usageOfWindow(conversation);
      this.#window = { model: conversation.model, of: { used: usage?.percent, contextWindow: usage?.contextWindow ?? 0 } };
    }
    return { ...this.#sums, ...this.#window.of };
  }
}
