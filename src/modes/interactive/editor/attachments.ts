// Pictures that go with what is being written: pasted ones have a marker in the text, those of the command line belong to a whole text. Owned by the
// interaction. Invariant: what was taken goes once, and what has lost its marker does not go.

import type { ImageContent } from "../../../contracts/message.ts";

export class Attachments {
  /** By the marker that stands for it in the text. */
  readonly #pasted = new Map<string, ImageContent>();
  #pastedCount = 0;
  /** By their text. */
  readonly #carried = new Map<string, readonly ImageContent[]>();

  /** The marker. */
  add(image: ImageContent): string {
    const marker = `[image #${++this.#pastedCount}]`;
    this.#pasted.set(marker, image);
    return marker;
  }

  carry(text: string, images: readonly ImageContent[]): void {
    if (images.length > 0) this.#carried.set(text, images);
  }

  take(text: string): ImageContent[] {
    const taken = [...this.#pasted].filter(([marker]) => text.includes(marker));
    for (const [marker] of taken) this.#pasted.delete(marker);
    const carried = this.#carried.get(text) ?? [];
    this.#carried.delete(text);
    return [...carried, ...taken.map(([, image]) => image)];
  }
}
