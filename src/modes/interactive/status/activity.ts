// What is going on, in a few words: seconds, tokens, the running tool. A fold of events; stands in the editor's border. Invariant: nothing goes on,
// nothing is said.

import type { AgentEvent } from "../../../contracts/agent-event.ts";
import { countText } from "../../../contracts/text/terminal-text.ts";
import { shownLine } from "../../../tui/shown-text.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
export const frameMs = 120;

export class Activity {
  readonly #now: () => number;
  #sinceMs: number | undefined;
  #tokens = 0;
  readonly #tools = new Map<string, string>();
  #what = "";
  #retryAtMs: number | undefined;
  /** Outside of a run, which nothing else will end. */
  #isCompactionAlone = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  get isBusy(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** For how long it has been going on. */
  get seconds(): number {
    return this.#sinceMs === undefined ? 0 : Math.floor((this.#now() - this.#sinceMs) / 1000);
  }

  /** A command of the user's own. */
  begin(what: string): void {
    this.#sinceMs ??= this.#now();
    this.#what = what;
  }

  end(): void {
    this.#sinceMs = undefined;
    this.#isCompactionAlone = false;
    this.#tokens = 0;
    this.#what = "";
    this.#retryAtMs = undefined;
    this.#tools.clear();
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
        this.#tokens = event.usage.output;
        this.#what = event.assistantMessageEvent.type.startsWith("thinking") ? "thinking" : "";
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
    if (this.#sinceMs === undefined) return "";
    const { seconds } = this;
    const tools = [...new Set(this.#tools.values())].map((name) => shownLine(name));
    const waits =
      this.#retryAtMs === undefined ? "" : `trying again in ${Math.max(0, Math.ceil((this.#retryAtMs - this.#now()) / 1000))} s`;
    const what = waits || (tools.length > 0 ? tools.join(", ") : (message ?? (this.#what || "working")));
    const frame = own[Math.floor(this.#now() / frameMs) % own.length] ?? "";
    const parts = [`${frame}${frame === "" ? "" : " "}${what}`, `${seconds} s`];
    if (this.#tokens > 0) parts.push(`${countText(this.#tokens)} tokens`);
    if (stop !== "") parts.push(`${stop} stops`);
    return parts.join(" · ");
  }
}
