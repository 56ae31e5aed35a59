// What a running conversation does, line by line: a fold of its events. Called by the mode that prints answers, which says where the lines go.
// Invariant: a line is one line, with nothing in it that could move the cursor, and no wider than the form allows.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { plainText } from "../../contracts/text/plain.ts";
import { shortFailure } from "../../contracts/text/service-words.ts";
import { costText, countText, cutToWidth, plainLine, type TextForm, textWidth, timeOfDay } from "../../contracts/text/terminal-text.ts";
import { headlineOf, outcomeOf, type ToolViews } from "../../contracts/tool-view.ts";
import { ConversationFold, type Told } from "../fold.ts";
import { duration, plural } from "../format.ts";
import { textOfBlocks } from "../items.ts";

export interface ProgressForm extends TextForm {
  toolViews: ToolViews;
  /** Output of tools and thinking, too. */
  isVerbose: boolean;
}

/** What a run comes to, or has come to so far. */
export interface ProgressFacts {
  turns: number;
  toolCalls: number;
  tokens: number;
  /** USD. */
  cost: number;
  durationMs: number;
}

const verboseLines = 200;

export class ProgressText {
  readonly #form: ProgressForm;
  readonly #fold = new ConversationFold();
  readonly #changedFiles = new Set<string>();
  #turn = 0;
  #waiting = "";
  /** Of an answer whose turn has not ended. */
  #open = { tokens: 0, cost: 0 };

  constructor(form: ProgressForm) {
    this.#form = form;
  }

  /** Lines to be shown for good. */
  take(event: AgentEvent): string[] {
    const told = this.#fold.takeEvent(event);
    return [...(told === undefined ? [] : this.#ended(told)), ...this.#noted(event)];
  }

  #noted(event: AgentEvent): string[] {
    switch (event.type) {
      case "agent_start":
        this.#waiting = "";
        return [];
      case "turn_start":
        this.#turn++;
        return [];
      case "message_update": {
        const piece = event.assistantMessageEvent;
        return this.#form.isVerbose && piece.type === "thinking_end" ? this.#aside(piece.content, "| ") : [];
      }
      case "message_end":
        if (event.message.role !== "assistant") return [];
        this.#open = { tokens: event.message.usage.totalTokens, cost: event.message.usage.cost.total };
        return [];
      case "turn_end":
        this.#open = { tokens: 0, cost: 0 };
        return [];
      case "auto_retry_start": {
        this.#waiting = `waiting to retry (${event.attempt}/${event.maxAttempts})`;
        const at = event.retryAt === undefined ? "" : `, at ${timeOfDay(event.retryAt)}`;
        const what = `${event.attempt}/${event.maxAttempts} in ${duration(event.delayMs)}${at}`;
        return [this.#news("retry", what, shortFailure(event.errorMessage))];
      }
      case "compaction_start":
        this.#waiting = "compacting";
        return [];
      case "compaction_end": {
        this.#waiting = "";
        if (event.result === undefined) {
          return [this.#news("compaction", event.aborted ? "aborted" : "failed", event.errorMessage ?? "")];
        }
        const { tokensBefore, estimatedTokensAfter } = event.result;
        return [this.#line("compaction", `${countText(tokensBefore)} → ${countText(estimatedTokensAfter)} tokens`, "")];
      }
      default:
        return [];
    }
  }

  /** What is going on at this moment; `facts` are of the turns that have ended. */
  live(facts: ProgressFacts): string {
    const tokens = facts.tokens + this.#open.tokens;
    const cost = facts.cost + this.#open.cost;
    const tools = [...this.#fold.running.values()].map(({ name }) => plainLine(name));
    const doing = this.#waiting || (tools.length === 0 ? "thinking" : tools.join(", "));
    const parts = [`turn ${Math.max(this.#turn, 1)}`, doing, secondsOf(facts.durationMs)];
    if (tokens > 0) parts.push(`${countText(tokens)} tokens`);
    if (cost > 0) parts.push(costText(cost));
    return this.#form.paint(cutToWidth(parts.join(" · "), this.#form.width), "dim");
  }

  /** The last line; without a session where nothing is kept. */
  summary({ turns, toolCalls, tokens, cost, durationMs }: ProgressFacts, sessionId: string | undefined): string {
    const files = this.#changedFiles.size;
    // `rank`: where room is short, the lowest goes first.
    const parts = [
      { rank: 4, text: plural(turns, "turn") },
      { rank: 2, text: toolCalls === 0 ? "" : plural(toolCalls, "tool call") },
      { rank: 1, text: `${countText(tokens)} tokens` },
      { rank: 5, text: cost > 0 ? costText(cost) : "" },
      { rank: 3, text: duration(durationMs) },
      { rank: 6, text: files === 0 ? "" : `${plural(files, "file")} changed` },
      { rank: 7, text: sessionId === undefined ? "" : `session ${this.#shortId(plainLine(sessionId))}` },
    ].filter(({ text }) => text !== "");
    const { width } = this.#form;
    const lineFrom = (least: number): string =>
      parts
        .filter(({ rank }) => rank >= least)
        .map(({ text }) => text)
        .join(", ");
    let least = 1;
    while (width !== undefined && least < 7 && textWidth(lineFrom(least)) > width) least++;
    return this.#form.paint(cutToWidth(lineFrom(least), width), "dim");
  }

  /** Where room is short, what tells it from any session that did not begin in the same millisecond. */
  #shortId(id: string): string {
    return this.#form.width === undefined ? id : id.slice(0, 13);
  }

  #ended({ item, call }: Told): string[] {
    if (item.kind !== "result" || call === undefined) return [];
    const { name, args } = call;
    const view = this.#form.toolViews.get(name);
    const { isError, durationMs, details } = item;
    const text = textOfBlocks(item.blocks);
    const outcome = outcomeOf(view, args, { text, isError, details });
    const changed = isError ? undefined : view?.changedFile?.(args);
    if (changed !== undefined && changed !== "") this.#changedFiles.add(changed);
    const facts = [outcome, durationMs >= 100 ? duration(durationMs) : ""].filter((part) => part !== "").join(", ");
    const line = this.#line(name, headlineOf(view, args), facts, isError ? "red" : undefined);
    return this.#form.isVerbose ? [line, ...this.#aside(text, "  ")] : [line];
  }

  /** `who  what  facts`; where it is too wide the middle is cut, which says least by its end. */
  #line(who: string, what: string, facts: string, style?: "red"): string {
    const { paint, width } = this.#form;
    const name = cutToWidth(plainLine(who), width);
    const end = cutToWidth(plainLine(facts), width === undefined ? undefined : Math.max(0, width - textWidth(name) - 2));
    const left = width === undefined ? undefined : width - textWidth(name) - textWidth(end) - (end === "" ? 2 : 4);
    const middle = left !== undefined && left < 4 ? "" : cutToWidth(plainLine(what), left);
    return [paint(name, "bold"), middle, end === "" ? "" : paint(end, style ?? "dim")].filter((part) => part !== "").join("  ");
  }

  /** `who  what  why`: what is to come stays, why gives way. */
  #news(who: string, what: string, why: string): string {
    const { paint, width } = this.#form;
    const name = cutToWidth(plainLine(who), width);
    const left = width === undefined ? undefined : Math.max(0, width - textWidth(name) - 2);
    const news = cutToWidth(plainLine(what), left);
    const room = left === undefined ? undefined : left - textWidth(news) - 2;
    const reason = room !== undefined && room < 4 ? "" : cutToWidth(plainLine(why), room);
    return [paint(name, "bold"), news, reason === "" ? "" : paint(reason, "yellow")].filter((part) => part !== "").join("  ");
  }

  #aside(text: string, before: string): string[] {
    const { paint, width } = this.#form;
    const lines = plainText(text)
      .replace(/(?<!\n)\n+$/, "")
      .split("\n");
    if (lines.join("") === "") return [];
    const shown = lines.slice(0, verboseLines).map((line) => paint(cutToWidth(`${before}${line.replaceAll("\t", "    ")}`, width), "dim"));
    return lines.length > verboseLines ? [...shown, paint(`${before}… ${lines.length - verboseLines} more lines`, "dim")] : shown;
  }
}

/** Whole seconds: it is drawn anew all the time. */
function secondsOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
