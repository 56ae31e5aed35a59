// The control requests between us and Claude Code, in both directions: what we ask of it, and the hooks and tool calls that it asks of us. Made for
// one run by claude-runtime. Invariant: every request of the child is answered once; none holds up the records behind it.

import { messageOf } from "../../contracts/error.ts";
import type { ClaudeRecord } from "./child.ts";
import { toldHooks } from "./launch.ts";
import { fieldsOf, textIn } from "./records.ts";

export interface ControlDeps {
  send(record: object): void;
  /** Of a message to our server: the one that answers it. */
  mcp(message: ClaudeRecord): Promise<object>;
  /** What the hook answers; `{}` goes on. */
  hook(event: (typeof toldHooks)[number], input: ClaudeRecord, toolUseId: string | undefined): Promise<object>;
  warn(line: string): void;
}

export class Control {
  readonly #deps: ControlDeps;
  #count = 0;

  constructor(deps: ControlDeps) {
    this.#deps = deps;
  }

  /** Its answer is not waited for: what matters shows in the records. */
  request(request: object): void {
    this.#deps.send({ type: "control_request", request_id: `pi-${++this.#count}`, request });
  }

  /** Whether the record was one of control; it is answered by itself. */
  take(record: ClaudeRecord): boolean {
    if (record.type === "control_response" || record.type === "control_cancel_request") return true;
    if (record.type !== "control_request") return false;
    const id = record.request_id;
    void this.#answered(fieldsOf(record.request)).then(
      (response) => this.#deps.send({ type: "control_response", response: { subtype: "success", request_id: id, response } }),
      (error: unknown) =>
        this.#deps.send({ type: "control_response", response: { subtype: "error", request_id: id, error: messageOf(error) } }),
    );
    return true;
  }

  async #answered(request: ClaudeRecord): Promise<object> {
    if (request.subtype === "mcp_message") return { mcp_response: await this.#deps.mcp(fieldsOf(request.message)) };
    if (request.subtype === "hook_callback") {
      const event = toldHooks.find((one) => one === request.callback_id);
      if (event === undefined) return {};
      try {
        return await this.#deps.hook(event, fieldsOf(request.input), textIn(request, "tool_use_id"));
      } catch (error) {
        this.#deps.warn(`The hook ${event} failed: ${messageOf(error)}`);
        return {};
      }
    }
    throw new Error(`There is no request ${String(request.subtype).slice(0, 80)}`);
  }
}
