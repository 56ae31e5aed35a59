// Pictures that a session's lines only refer to, put in the place of the references. Called by session for all that it gives to others.
// Invariant: what leaves here has no reference: each block is a whole picture or a text that says which one is missing; what has none is the very object.

import { blobHashOf, isBlobReference, unavailablePicture } from "../../contracts/blob-store.ts";
import type { Message } from "../../contracts/message.ts";
import type { AnyEntry } from "../../contracts/session-entry.ts";

/** Where pictures are looked up. */
export interface Pictures {
  /** `undefined`: there is no store, or it has no such picture. */
  get(hash: string): Uint8Array | undefined;
  /** A picture that is not to be had. */
  missing(text: string): void;
}

type Fields = Record<string, unknown>;

export function wholeEntry<T extends AnyEntry | undefined>(entry: T, pictures: Pictures): T {
  if (entry === undefined) return entry;
  switch (entry.type) {
    case "message":
      return withField(entry, "message", pictures);
    case "context_edit":
      return withField(entry, "replacement", pictures);
    case "custom_message":
      return withContent(entry, pictures);
    default:
      return entry;
  }
}

/** In place: of a list that nobody else has. */
export function makeWhole(messages: Message[], pictures: Pictures): void {
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at];
    if (message !== undefined) messages[at] = withContent(message, pictures);
  }
}

function withField<T extends AnyEntry>(entry: T, name: string, pictures: Pictures): T {
  const holder = (entry as Fields)[name];
  if (typeof holder !== "object" || holder === null) return entry;
  const whole = withContent(holder, pictures);
  return whole === holder ? entry : { ...entry, [name]: whole };
}

function withContent<T extends object>(holder: T, pictures: Pictures): T {
  const { content } = holder as { content?: unknown };
  if (!Array.isArray(content)) return holder;
  // A plain loop: it runs for every message of a long session, and hardly any has a reference.
  for (let at = 0; at < content.length; at++) {
    if (isReferring(content[at])) return { ...holder, content: content.map((block: unknown) => wholeBlock(block, pictures)) };
  }
  return holder;
}

function isReferring(block: unknown): block is Fields & { data: string } {
  return typeof block === "object" && block !== null && (block as Fields).type === "image" && isBlobReference((block as Fields).data);
}

function wholeBlock(block: unknown, pictures: Pictures): unknown {
  if (!isReferring(block)) return block;
  const hash = blobHashOf(block.data);
  const bytes = hash === undefined ? undefined : pictures.get(hash);
  if (bytes !== undefined) return { ...block, data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") };
  const text = unavailablePicture(block.mimeType, block.data);
  pictures.missing(text);
  return { type: "text", text };
}
