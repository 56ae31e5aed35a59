// What the head of an export says: counts, tokens, money, models and dates, folded over all entries. Called by the export's first pass.

import type { EntrySource } from "../contracts/entry-source.ts";
import type { AnyEntry } from "../contracts/session-entry.ts";
import { oneLine } from "./html/escape.ts";
import { callsIn, type ItemOf, itemOf, textOfBlocks } from "./items.ts";
import { type Fields, fieldsOf, numberIn, stringIn } from "./read-entry.ts";

export interface SessionFacts {
  id: string;
  /** The session's name, else its first prompt, in one line. */
  title: string;
  cwd: string;
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601. */
  endedAt: string;
  /** `provider/id`, in order of use. */
  models: string[];
  prompts: number;
  answers: number;
  toolCalls: number;
  tokens: { input: number; output: number; cacheRead: number; cacheWrite: number };
  /** USD. */
  cost: number;
  parentSession: string | undefined;
}

const maxModels = 50;

export class SessionFactsFold {
  #name = "";
  #firstPrompt = "";
  #endedAt = "";
  readonly #models = new Set<string>();
  #prompts = 0;
  #answers = 0;
  #toolCalls = 0;
  readonly #tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  #cost = 0;

  take(entry: AnyEntry): void {
    const item = itemOf(entry);
    if (item.timestamp > this.#endedAt) this.#endedAt = item.timestamp;
    // Whatever kind of entry or message tells of it has been paid for.
    const fields = fieldsOf(entry);
    this.#takeUsage(fieldsOf(fieldsOf(fields.message).usage ?? fields.usage));
    if (item.kind === "name") this.#name = item.name;
    else if (item.kind === "answer") this.#takeAnswer(item);
    else if (item.kind === "prompt") {
      this.#prompts++;
      this.#firstPrompt ||= oneLine(textOfBlocks(item.blocks), 120);
    }
  }

  facts(session: EntrySource): SessionFacts {
    const { header } = session;
    return {
      id: stringIn(header.id),
      title: oneLine(this.#name, 200) || this.#firstPrompt || `Session ${stringIn(header.id)}`,
      cwd: stringIn(header.cwd),
      startedAt: stringIn(header.timestamp),
      endedAt: this.#endedAt || stringIn(header.timestamp),
      models: [...this.#models],
      prompts: this.#prompts,
      answers: this.#answers,
      toolCalls: this.#toolCalls,
      tokens: this.#tokens,
      cost: this.#cost,
      parentSession: stringIn(header.parentSession) || undefined,
    };
  }

  #takeAnswer(item: ItemOf<"answer">): void {
    this.#answers++;
    this.#toolCalls += callsIn(item.blocks).length;
    const model = `${item.provider}/${item.model}`;
    if (model !== "/" && this.#models.size < maxModels) this.#models.add(oneLine(model, 120));
  }

  #takeUsage(usage: Fields): void {
    this.#tokens.input += numberIn(usage.input);
    this.#tokens.output += numberIn(usage.output);
    this.#tokens.cacheRead += numberIn(usage.cacheRead);
    this.#tokens.cacheWrite += numberIn(usage.cacheWrite);
    this.#cost += numberIn(fieldsOf(usage.cost).total);
  }
}
