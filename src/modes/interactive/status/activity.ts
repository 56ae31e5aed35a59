// What is going on, in a few words: seconds, tokens, the running tool. A fold of events; stands in the editor's border. Invariant: nothing goes on,
// nothing is said.

import type { AgentEvent } from "../../../contracts/agent-event.ts";
import { countText } from "../../../contracts/text/terminal-text.ts";
import { shownLine } from "../../../tui/shown-text.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
export const frameMs = 150;
/** Of ordinary text, about: services tell how many tokens an answer has when it is over. */
const charactersPerToken = 4;

export class Activity {
  readonly #now: () => number;
  #sinceMs: number | undefined;
  /** Beside a run, told of by no event. */
  readonly #works = new Set<{ what: string; sinceMs: number }>();
  /** Of the answers that are over, and of the one that comes in: as its service has told, and as much as is there. */
  #tokens = 0;
  #told = 0;
  #characters = 0;
  /** As they were told in this turn of the indicator: a frame between two of them does not write its row again. */
  #shown = { turn: -1, tokens: 0 };
  readonly #tools = new Map<string, string>();
  #what = "";
  #retryAtMs: number | undefined;
  /** Outside of a run, which nothing else will end. */
  #isCompactionAlone = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  get isBusy(): boolean {
    return this.#sinceMs !== undefined || this.#works.size > 0;
  }

  /** For how long it has been going on. */
  get seconds(): number {
    return this.#sinceMs === undefined ? 0 : this.#secondsSince(this.#sinceMs);
  }

  #secondsSince(ms: number): number {
    return Math.floor((this.#now() - ms) / 1000);
  }

  /** A command of the user's own, say: beside a run it goes on behind it. Gives the way to end it. */
  begin(what: string): () => void {
    const work = { what, sinceMs: this.#now() };
    this.#works.add(work);
    return () => void this.#works.delete(work);
  }

  /** The run, or the compaction. */
  end(): void {
    this.#sinceMs = undefined;
    this.#isCompactionAlone = false;
    this.#tokens = 0;
    this.#told = 0;
    this.#characters = 0;
    this.#shown = { turn: -1, tokens: 0 };
    this.#what = "";
    this.#retryAtMs = undefined;
    this.#tools.clear();
  }

  /** Of all that was said since it began, about. */
  get #tokensSoFar(): number {
    return this.#tokens + Math.max(this.#told, Math.round(this.#characters / charactersPerToken));
  }

  take(event: AgentEvent): void {
    switch (event.type) {
      case "agent_start":
        this.#sinceMs ??= this.#now();
        this.#isCompactionAlone = false;
        this.#what = "";
        this.#retryAtMs = undefined;
        return;
      case "message_update":
        this.#told = event.usage.output;
        if ("delta" in event.assistantMessageEvent) this.#characters += event.assistantMessageEvent.delta.length;
        this.#what = isThinking(event.assistantMessageEvent.type) ? "thinking" : "";
        return;
      case "message_end":
        if (event.message.role !== "assistant") return;
        this.#tokens += event.message.usage.output || this.#tokensSoFar - this.#tokens;
        this.#told = 0;
        this.#characters = 0;
        return;
      case "tool_execution_start":
        this.#tools.set(event.toolCallId, event.toolName);
        return;
      case "tool_execution_end":
        this.#tools.delete(event.toolCallId);
        return;
      case "compaction_start":
        this.#isCompactionAlone = this.#sinceMs === undefined;
        this.#sinceMs ??= this.#now();
        this.#what = "compacting";
        return;
      case "compaction_end":
        this.#what = "";
        if (this.#isCompactionAlone) this.end();
        return;
      case "auto_retry_start":
        this.#what = "retry";
        this.#retryAtMs = this.#now() + event.delayMs;
        return;
      case "agent_settled":
        this.end();
        return;
      default:
        return;
    }
  }

  /** `stop`: the key that ends it. */
  text(stop: string, message?: string, own: readonly string[] = frames): string {
    const work = this.#sinceMs === undefined ? [...this.#works].at(-1) : undefined;
    const sinceMs = work?.sinceMs ?? this.#sinceMs;
    if (sinceMs === undefined) return "";
    const seconds = this.#secondsSince(sinceMs);
    const tools = [...new Set(this.#tools.values())].map((name) => shownLine(name));
    const waits =
      this.#retryAtMs === undefined ? "" : `trying again in ${Math.max(0, Math.ceil((this.#retryAtMs - this.#now()) / 1000))} s`;
    const what = work?.what ?? (waits || (tools.length > 0 ? tools.join(", ") : (message ?? (this.#what || "working"))));
    const turn = Math.floor(this.#now() / frameMs);
    const frame = own[turn % own.length] ?? "";
    const parts = [`${frame}${frame === "" ? "" : " "}${what}`, `${seconds} s`];
    if (turn !== this.#shown.turn) this.#shown = { turn, tokens: this.#tokensSoFar };
    const { tokens } = this.#shown;
    if (tokens > 0) parts.push(`${countText(tokens)} ${tokens === 1 ? "token" : "tokens"}`);
    if (stop !== "") parts.push(`${stop} stops`);
    return parts.join(" · ");
  }
}

function isThinking(piece: Extract<AgentEvent, { type: "message_update" }>["assistantMessageEvent"]["type"]): boolean {
  return piece === "thinking_start" || piece === "thinking_delta";
}
