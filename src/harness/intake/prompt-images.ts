// Images of prompts made fit for a model, as `read` does with those it finds. Called by cli/read-input (by way of run-mode) and intake.
// Invariant: what cannot be sent becomes a text that says so; it never fails a prompt.

import type { ImageContent } from "../../contracts/message.ts";

/** What stands in a prompt in the place of an image. */
export const omittedText = "[Image omitted: could not be resized below the inline image size limit.]";

export interface ImageWishes {
  /** Whether those that are too large for services are made smaller. */
  resizes: boolean;
}

/** The WebAssembly that makes images smaller. */
export async function imageCodec(): Promise<Uint8Array> {
  return (await import("../../platform/assets.ts")).readBinaryAsset("photon.wasm");
}

/** `omitted` for one that cannot be made to fit, nothing when the bytes are no image. */
export async function decodeImage(bytes: Uint8Array, { resizes }: ImageWishes): Promise<ImageContent | "omitted" | undefined> {
  const { imageTypeOf } = await import("../../tools/shared/image-type.ts");
  const mimeType = imageTypeOf(bytes);
  if (mimeType === undefined) return undefined;
  const { anySide, fitImage } = await import("../../tools/shared/fit-image.ts");
  const fitted = await fitImage(bytes, mimeType, imageCodec, resizes ? undefined : anySide);
  if (fitted === undefined) return "omitted";
  const data = Buffer.from(fitted.bytes.buffer, fitted.bytes.byteOffset, fitted.bytes.byteLength).toString("base64");
  return { type: "image", data, mimeType: fitted.mimeType };
}

/** One after another: decoded, a large image takes a hundred times its size. */
export async function fitPromptImages(
  message: string,
  images: readonly ImageContent[],
  wishes: ImageWishes = { resizes: true },
): Promise<{ message: string; images: ImageContent[] }> {
  const fitting: ImageContent[] = [];
  let text = message;
  for (const image of images) {
    const fitted = await decodeImage(imageBytes(image.data), wishes);
    if (fitted === undefined || fitted === "omitted") text += `${text === "" ? "" : "\n\n"}${omittedText}`;
    else fitting.push(fitted);
  }
  return { message: text, images: fitting };
}

/** Of base64, or of a whole `data:` URL, as browsers and clipboards give it. */
function imageBytes(data: string): Uint8Array {
  const comma = /^\s*data:/i.test(data) ? data.indexOf(",") : -1;
  if (comma < 0) return Buffer.from(data, "base64");
  const body = data.slice(comma + 1);
  if (!/;\s*base64\s*$/i.test(data.slice(0, comma))) return Buffer.from(unescaped(body), "latin1");
  return Buffer.from(body.includes("%") ? unescaped(body) : body, "base64");
}

/** Each escaped byte as one character; what is no escape stays. */
function unescaped(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
