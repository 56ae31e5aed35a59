// Pictures of a block: in the terminal's own protocol, or a line that says what stands there. Used by the faces; kept by each, so that a picture is made
// ready once. Invariant: what goes to the terminal is a picture whose bytes we have written out ourselves, never text of a model's.

import { getImageDimensions, Image, truncateToWidth } from "@earendil-works/pi-tui";
import { defined } from "../../../contracts/defined.ts";
import type { Look, Picture } from "./look.ts";

/** Larger ones would take the terminal a while. */
const maxEncodedLength = 12 * 1024 * 1024;

export class BlockPictures {
  readonly #ready = new Map<Picture, { rows: number; columns: number; image: Image }>();

  lines(pictures: readonly Picture[], width: number, look: Look): string[] {
    return pictures.flatMap((picture) => this.#drawn(picture, width, look) ?? [pictureLine(picture, width, look)]);
  }

  #drawn(picture: Picture, width: number, look: Look): string[] | undefined {
    const { areShown, maxColumns, maxRows, forTerminal } = look.pictures;
    if (!areShown || picture.data.length > maxEncodedLength) return undefined;
    const rows = maxRows();
    const known = this.#ready.get(picture);
    if (known?.rows === rows && known.columns === maxColumns) return known.image.render(width);
    const sendable = forTerminal(picture);
    if (sendable === undefined || sendable === null) return undefined;
    const size = getImageDimensions(sendable.data, sendable.mimeType);
    if (size === null) return undefined;
    const options = { maxWidthCells: maxColumns, maxHeightCells: rows, ...defined({ imageId: known?.image.getImageId() }) };
    const image = new Image(sendable.data, sendable.mimeType, { fallbackColor: (text) => look.theme.fg("muted", text) }, options, size);
    this.#ready.set(picture, { rows, columns: maxColumns, image });
    return image.render(width);
  }
}

export function pictureLine(picture: Picture, width: number, { theme }: Pick<Look, "theme">): string {
  const size = getImageDimensions(picture.data, picture.mimeType);
  const kind = /^image\/([\w.+-]{1,20})$/.exec(picture.mimeType)?.[1] ?? "unknown";
  const text = `[${kind} image${size === null ? "" : ` ${size.widthPx}×${size.heightPx}`}]`;
  return truncateToWidth(theme.fg("muted", text), width);
}
