// What the session has used, for the footer: sums over all of it, kept up by its events. Owned by the interaction.
// Invariant: a frame adds nothing up.

import type { AgentEvent } from "../../../contracts/agent-event.ts";
import type { Conversation } from "../../../harness/conversation/conversation.ts";
import { countEntries, usageOfWindow } from "../../../harness/conversation/session-stats.ts";
import type { FooterFacts } from "./footer.ts";

type Sums = Pick<FooterFacts, "input" | "output" | "cacheRead" | "cacheWrite" | "cost" | "cacheHit">;

const none: Sums = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cost: 0, cacheHit: undefined };

export class SessionFigures {
  #sums: Sums = none;
  #window: { model: unknown; of: Pick<FooterFacts, "used" | "contextWindow"> } | undefined;
  #counting: NodeJS.Timeout | undefined;

  /** Of what is stored; in a long session a moment later, so that nobody waits for it. */
  begin(conversation: Conversation): void {
    this.#sums = none;
    this.#window = undefined;
    clearTimeout(this.#counting);
    if (conversation.session.entryCount === 0) return;
    this.#counting = setTimeout(() => {
      if (conversation.session.isClosed) return;
      const { tokens, cost } = countEntries(conversation.session.entries());
      this.#sums = {
        ...this.#sums,
        input: tokens.input,
        output: tokens.output,
        cacheRead: tokens.cacheRead,
        cacheWrite: tokens.cacheWrite,
        cost,
      };
    }, 0);
  }

  stop(): void {
    clearTimeout(this.#counting);
  }

  take(event: AgentEvent): void {
    if (event.type === "message_end" && event.message.role === "assistant") {
      const { usage } = event.message;
      const read = usage.input + usage.cacheRead + usage.cacheWrite;
      this.#sums = {
        input: this.#sums.input + usage.input,
        output: this.#sums.output + usage.output,
        cacheRead: this.#sums.cacheRead + usage.cacheRead,
        cacheWrite: this.#sums.cacheWrite + usage.cacheWrite,
        cost: this.#sums.cost + usage.cost.total,
        cacheHit: read === 0 ? undefined : (usage.cacheRead / read) * 100,
      };
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
