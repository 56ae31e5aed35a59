// Pictures that a session's lines only refer to: put in the place of the references in all that session gives to others, and the other way round
// in what it stores where that is wanted. Called by session. Invariants: what leaves here has no reference: each block is a whole picture or a text
// that says which one is missing; decoding what was encoded gives the very same data; what has nothing to change is the very object.

import { blobHashOf, blobReference, isBlobReference, type PictureStore, unavailablePicture } from "../../contracts/blob-store.ts";
import type { Message } from "../../contracts/message.ts";
import type { AnyEntry } from "../../contracts/session-entry.ts";

/** Where pictures are looked up. */
export interface Pictures {
  /** `undefined`: there is no store, or it has no such picture. */
  get(hash: string): Uint8Array | undefined;
  /** A picture that is not to be had. */
  missing(text: string): void;
}

/** Characters of base64 from which on a picture is worth a file. */
const leastLength = 1024;

type Fields = Record<string, unknown>;

/** The block itself where there is nothing to change about it. */
type Change = (image: Fields & { data: string }) => unknown;

export function wholeEntry<T extends AnyEntry | undefined>(entry: T, pictures: Pictures): T {
  return entry === undefined ? entry : withEntry(entry, (image) => wholePicture(image, pictures));
}

/** In place: of a list that nobody else has. */
export function makeWhole(messages: Message[], pictures: Pictures): void {
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at];
    if (message !== undefined) messages[at] = withContent(message, (image) => wholePicture(image, pictures));
  }
}

/** The entry as its line has it, its pictures in the store. Throws what `put` throws. */
export function referringEntry(entry: AnyEntry, store: PictureStore): AnyEntry {
  return withEntry(entry, (image) => {
    if (image.data.length < leastLength || isBlobReference(image.data) || store.isWanted?.() === false) return image;
    const bytes = Buffer.from(image.data, "base64");
    // What is written in another way than we write it would come back as other text.
    return bytes.toString("base64") === image.data ? { ...image, data: blobReference(store.put(bytes)) } : image;
  });
}

function withEntry<T extends AnyEntry>(entry: T, change: Change): T {
  switch (entry.type) {
    case "message":
      return withField(entry, "message", change);
    case "context_edit":
      return withField(entry, "replacement", change);
    case "custom_message":
      return withContent(entry, change);
    default:
      return entry;
  }
}

function withField<T extends AnyEntry>(entry: T, name: string, change: Change): T {
  const holder = (entry as Fields)[name];
  if (typeof holder !== "object" || holder === null) return entry;
  const changed = withContent(holder, change);
  return changed === holder ? entry : { ...entry, [name]: changed };
}

/** A plain loop: it runs for every message of a long session, and hardly any has a picture. */
function withContent<T extends object>(holder: T, change: Change): T {
  const { content } = holder as { content?: unknown };
  if (!Array.isArray(content)) return holder;
  let changed: unknown[] | undefined;
  for (let at = 0; at < content.length; at++) {
    const block: unknown = content[at];
    if (!isPicture(block)) continue;
    const next = change(block);
    if (next === block) continue;
    changed ??= [...content];
    changed[at] = next;
  }
  return changed === undefined ? holder : { ...holder, content: changed };
}

function isPicture(block: unknown): block is Fields & { data: string } {
  return typeof block === "object" && block !== null && (block as Fields).type === "image" && typeof (block as Fields).data === "string";
}

function wholePicture(image: Fields & { data: string }, pictures: Pictures): unknown {
  if (!isBlobReference(image.data)) return image;
  const hash = blobHashOf(image.data);
  const bytes = hash === undefined ? undefined : pictures.get(hash);
  if (bytes !== undefined) return { ...image, data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") };
  const text = unavailablePicture(image.mimeType, image.data);
  pictures.missing(text);
  return { type: "text", text };
}
