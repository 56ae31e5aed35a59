// Pictures as the terminal takes them: kitty knows PNG alone, iTerm2 what browsers know. Made by the interaction, read by the faces through the look.
// Invariant: nothing is decoded before a picture is to be seen, and no frame waits for it.

import { getCapabilities } from "@earendil-works/pi-tui";
import type { Picture, PictureLook } from "./blocks/look.ts";

/** More would not be seen: what is shown is a thumbnail. */
const side = 1200;
const mostRows = 24;

export class TerminalPictures {
  readonly #known = new WeakMap<Picture, Picture | null>();
  readonly #pending = new WeakSet<Picture>();
  readonly #ready: () => void;

  /** `ready`: another one can be shown. */
  constructor(ready: () => void) {
    this.#ready = ready;
  }

  look({ isWanted, maxColumns, rows }: { isWanted: boolean; maxColumns: number; rows(): number }): PictureLook {
    return {
      areShown: isWanted && getCapabilities().images !== null,
      maxColumns: Math.max(4, maxColumns),
      // The text that they belong to stays in sight.
      maxRows: () => Math.max(2, Math.min(mostRows, Math.floor(rows() / 2))),
      forTerminal: (picture) => {
        const known = this.#known.get(picture);
        if (known === undefined && !this.#pending.has(picture)) this.#make(picture);
        return this.#known.get(picture);
      },
    };
  }

  #make(picture: Picture): void {
    const bytes = Buffer.from(picture.data, "base64");
    if (getCapabilities().images === "iterm2" || picture.mimeType === "image/png") {
      // Written out again: whatever is no base64 has gone.
      this.#known.set(picture, { ...picture, data: bytes.toString("base64") });
      return;
    }
    this.#pending.add(picture);
    void this.#asPng(bytes).then((png) => {
      this.#known.set(picture, png === undefined ? null : { data: Buffer.from(png).toString("base64"), mimeType: "image/png" });
      this.#pending.delete(picture);
      if (png !== undefined) this.#ready();
    });
  }

  async #asPng(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const { imageTypeOf } = await import("../../tools/shared/image-type.ts");
    const type = imageTypeOf(bytes);
    if (type === undefined) return undefined;
    const { pngOf } = await import("../../tools/shared/fit-image.ts");
    const { imageCodec } = await import("../../harness/intake/prompt-images.ts");
    return pngOf(bytes, type, imageCodec, side);
  }
}
