// Pictures that go with what is being written: pasted ones have a marker in the text, those of the command line belong to a whole text. Owned by the
// composer. Invariant: a text that has a marker has its picture, also when it comes back (refused, queued, from the history); what has lost its
// marker does not go.

import type { ImageContent } from "../../../contracts/message.ts";

/** Older ones are let go of. */
const mostKept = 100;
const markers = /\[image #\d+\] ?/g;

export class Attachments {
  /** By the marker that stands for it in the text, the oldest first. */
  readonly #pasted = new Map<string, ImageContent>();
  #pastedCount = 0;
  /** By their text. */
  readonly #carried = new Map<string, readonly ImageContent[]>();

  /** The marker; in this text it stands for nothing else. */
  add(image: ImageContent, text: string): string {
    let marker: string;
    do marker = `[image #${++this.#pastedCount}]`;
    while (text.includes(marker));
    this.#pasted.set(marker, image);
    const [oldest = ""] = this.#pasted.keys();
    if (this.#pasted.size > mostKept) this.#pasted.delete(oldest);
    return marker;
  }

  /** Until the text is taken. */
  carry(text: string, images: readonly ImageContent[]): void {
    if (images.length > 0) this.#carried.set(text, images);
  }

  take(text: string): ImageContent[] {
    const carried = this.#carried.get(text) ?? [];
    this.#carried.delete(text);
    const pasted = [...this.#pasted].flatMap(([marker, image]) => (text.includes(marker) ? image : []));
    return [...new Set([...carried, ...pasted])];
  }
}

/** Of a process that is gone, and its pictures with it. */
export function withoutMarkers(text: string): string {
  return text.replace(markers, "");
}
