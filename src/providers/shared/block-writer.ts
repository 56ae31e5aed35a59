// Turns what decoders read into balanced content events: starts, deltas, ends, contentIndex in order of appearance. One for each model call.
// Used by the formats whose wire has no blocks of its own, and for tool arguments by all. Invariant: every block started is ended once.

import { defined } from "../../contracts/defined.ts";
import { isDeeperThan, maxArgumentLevels } from "../../contracts/depth.ts";
import type { StreamEvent } from "../../contracts/stream-event.ts";
import { parseArguments } from "./partial-json.ts";

export interface OpenBlock {
  readonly contentIndex: number;
  readonly kind: "text" | "thinking" | "toolcall";
  /** Arguments so far, of a tool call. */
  argumentsText: string;
  /** Arguments that came as an object. */
  argumentsObject?: Record<string, unknown>;
  signature?: string;
  redacted?: boolean;
}

export class BlockWriter {
  #next = 0;
  readonly #open = new Set<OpenBlock>();
  #toolCalls = 0;

  /** Blocks started so far. */
  get count(): number {
    return this.#next;
  }

  get toolCallCount(): number {
    return this.#toolCalls;
  }

  start(kind: "text" | "thinking", out: StreamEvent[]): OpenBlock {
    const block = this.#add(kind);
    out.push({ type: `${kind}_start`, contentIndex: block.contentIndex });
    return block;
  }

  startToolCall(id: string, toolName: string, out: StreamEvent[]): OpenBlock {
    const block = this.#add("toolcall");
    this.#toolCalls++;
    out.push({ type: "toolcall_start", contentIndex: block.contentIndex, id, toolName });
    return block;
  }

  delta(block: OpenBlock, delta: string, out: StreamEvent[]): void {
    if (delta === "") return;
    if (block.kind === "toolcall") block.argumentsText += delta;
    out.push({ type: `${block.kind}_delta`, contentIndex: block.contentIndex, delta });
  }

  end(block: OpenBlock, out: StreamEvent[]): void {
    if (!this.#open.delete(block)) return;
    const { contentIndex, signature } = block;
    const signed = signature === undefined ? {} : { signature };
    if (block.kind === "text") out.push({ type: "text_end", contentIndex, ...signed });
    else if (block.kind === "thinking") {
      out.push({ type: "thinking_end", contentIndex, ...signed, ...(block.redacted === true ? { redacted: true } : {}) });
    } else {
      // Without `arguments` the text is no JSON object: whoever folds the events reports it to the model.
      const parsed = block.argumentsObject ?? parseArguments(block.argumentsText);
      const isReadable = !isDeeperThan(parsed, maxArgumentLevels);
      if (!isReadable && block.argumentsText === "") this.delta(block, `nested more than ${maxArgumentLevels} levels deep`, out);
      out.push({ type: "toolcall_end", contentIndex, ...(isReadable ? defined({ arguments: parsed }) : {}), ...signed });
    }
  }

  endAll(out: StreamEvent[]): void {
    for (const block of [...this.#open]) this.end(block, out);
  }

  #add(kind: OpenBlock["kind"]): OpenBlock {
    const block: OpenBlock = { contentIndex: this.#next++, kind, argumentsText: "" };
    this.#open.add(block);
    return block;
  }
}
