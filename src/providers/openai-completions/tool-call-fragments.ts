// Puts tool calls together from chat completion deltas: fragments by index as OpenAI sends them, and what imitators make of it (no index, no id,
// the same index for all, whole calls). Used by decode. Invariant: a fragment never lands in a call that it does not continue.

import type { StreamEvent } from "../../contracts/stream-event.ts";
import type { BlockWriter, OpenBlock } from "../shared/block-writer.ts";
import { isObject, type Json, objectOf, stringOf } from "../shared/json.ts";

interface Call {
  index: unknown;
  id: string;
  /** Absent until the name has come. */
  block?: OpenBlock;
  /** Arguments that came before the name. */
  early: string;
}

export class ToolCallFragments {
  readonly #blocks: BlockWriter;
  readonly #calls: Call[] = [];

  constructor(blocks: BlockWriter) {
    this.#blocks = blocks;
  }

  add(fragment: Json, out: StreamEvent[]): void {
    const made = objectOf(fragment.function);
    const name = stringOf(made.name) ?? "";
    const call = this.#continued(fragment, name) ?? this.#begin(fragment);
    if (call.block === undefined && name !== "") {
      call.block = this.#blocks.startToolCall(call.id, name, out);
      this.#blocks.delta(call.block, call.early, out);
      call.early = "";
    }
    const given = made.arguments;
    if (isObject(given)) {
      if (call.block !== undefined) call.block.argumentsObject = given;
      return;
    }
    const text = stringOf(given) ?? "";
    if (call.block === undefined) call.early += text;
    else this.#blocks.delta(call.block, text, out);
  }

  end(out: StreamEvent[]): void {
    for (const call of this.#calls) {
      if (call.block !== undefined) this.#blocks.end(call.block, out);
    }
  }

  #continued(fragment: Json, name: string): Call | undefined {
    const id = stringOf(fragment.id) ?? "";
    const index = fragment.index;
    if (typeof index === "number") {
      const known = this.#calls.findLast((call) => call.index === index);
      // Another id together with a name is another call, whatever the index says; an id alone may be made up anew for each fragment.
      const another = known?.block !== undefined && id !== "" && id !== known.id && name !== "";
      return another ? undefined : known;
    }
    if (id !== "") return this.#calls.find((call) => call.id === id);
    return name === "" ? this.#calls.at(-1) : undefined;
  }

  #begin(fragment: Json): Call {
    const id = stringOf(fragment.id) ?? "";
    const call: Call = { index: fragment.index, id: id === "" ? newId() : id, early: "" };
    this.#calls.push(call);
    return call;
  }
}

function newId(): string {
  return `call_${globalThis.crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`;
}
