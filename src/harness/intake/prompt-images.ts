// Images of prompts made fit for a model, as `read` does with those it finds. Called by cli/read-input (by way of run-mode) and intake.
// Invariant: what cannot be sent becomes a text that says so; it never fails a prompt.

import type { ImageContent } from "../../contracts/message.ts";

/** What stands in a prompt in the place of an image. */
const omittedText = "[Image omitted: could not be resized below the inline image size limit.]";

/** The WebAssembly that makes images smaller. */
export async function imageCodec(): Promise<Uint8Array> {
  return (await import("../../platform/assets.ts")).readBinaryAsset("photon.wasm");
}

/** `omitted` for one that cannot be made to fit, nothing when the bytes are no image. */
export async function decodeImage(bytes: Uint8Array): Promise<ImageContent | "omitted" | undefined> {
  const { imageTypeOf } = await import("../../tools/shared/image-type.ts");
  const mimeType = imageTypeOf(bytes);
  if (mimeType === undefined) return undefined;
  const { fitImage } = await import("../../tools/shared/fit-image.ts");
  const fitted = await fitImage(bytes, mimeType, imageCodec);
  if (fitted === undefined) return "omitted";
  const data = Buffer.from(fitted.bytes.buffer, fitted.bytes.byteOffset, fitted.bytes.byteLength).toString("base64");
  return { type: "image", data, mimeType: fitted.mimeType };
}

/** One after another: decoded, a large image takes a hundred times its size. */
export async function fitPromptImages(
  message: string,
  images: readonly ImageContent[],
): Promise<{ message: string; images: ImageContent[] }> {
  const fitting: ImageContent[] = [];
  let text = message;
  for (const image of images) {
    const fitted = await decodeImage(Buffer.from(image.data, "base64"));
    if (fitted === undefined || fitted === "omitted") text += `${text === "" ? "" : "\n\n"}${omittedText}`;
    else fitting.push(fitted);
  }
  return { message: text, images: fitting };
}
