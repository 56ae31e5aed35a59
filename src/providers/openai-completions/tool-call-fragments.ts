// Puts tool calls together from chat completion deltas: fragments by index as OpenAI sends them, and what imitators make of it (no index, no id,
// the same index for all, whole calls). Used by decode. Invariant: a fragment never lands in a call that it does not continue.

import type { StreamEvent } from "../../contracts/stream-event.ts";
import type { BlockWriter, OpenBlock } from "../shared/block-writer.ts";
import { isObject, type Json, objectOf, stringOf } from "../shared/json.ts";
import { isWholeObject } from "../shared/partial-json.ts";

interface Call {
  index: unknown;
  id: string;
  name: string;
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
      call.name = name;
      call.block = this.#blocks.startToolCall(call.id, name, out);
      this.#blocks.delta(call.block, call.early, out);
      call.early = "";
    }
    const given = made.arguments;
    if (isObject(given)) {
      if (call.block !== undefined) call.block.argumentsObject = given;
      return;
    }
    // An object that came before text was a beginning: the text is what counts.
    if (call.block !== undefined && stringOf(given)) delete call.block.argumentsObject;
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
      return known !== undefined && isAnother(known, id, name, true) ? undefined : known;
    }
    if (id !== "") return this.#calls.find((call) => call.id === id);
    const last = this.#calls.at(-1);
    return last !== undefined && isAnother(last, "", name, false) ? undefined : last;
  }

  #begin(fragment: Json): Call {
    const id = stringOf(fragment.id) ?? "";
    const call: Call = { index: fragment.index, id: id === "" ? newId() : id, name: "", early: "" };
    this.#calls.push(call);
    return call;
  }
}

/**
 * Whether a fragment begins another call although its index, or the lack of one, says that it goes on with this one. A name together with another
 * id does; an id alone may be made up anew for each fragment. A name without an id does where it is another one, or where this call wants nothing
 * more: its arguments are there. Under the same index, empty ones may be a beginning (`{}`, and then the real ones).
 */
function isAnother(call: Call, id: string, name: string, sameIndex: boolean): boolean {
  if (call.block === undefined || name === "") return false;
  if (id !== "") return id !== call.id;
  if (name !== call.name || call.block.argumentsObject !== undefined) return true;
  const text = call.block.argumentsText.trim();
  return text === "" || text === "{}" ? !sameIndex : isWholeObject(text);
}

function newId(): string {
  return `call_${globalThis.crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`;
}
