// Makes an image fit what models take: 2000 pixels a side and a size in bytes. Used by read and by `@image` in prompts.
// Images that fit already go out byte for byte; the codec is loaded only for the others.

import { type ImageHeader, type ImageType, isWholeImage, readImageHeader } from "./image-type.ts";

const maxSide = 2000;
/** Of the base64 text; the strictest service takes 5 MB. */
const maxEncodedBytes = 4.5 * 1024 * 1024;
/** Decoded, a pixel takes four bytes several times over. */
const maxPixels = 100e6;

export interface FittedImage {
  bytes: Uint8Array;
  mimeType: ImageType;
  width: number;
  height: number;
  /** Set when it was made smaller. */
  original?: { width: number; height: number };
}

/** A `side` for pictures that go out at whatever size they have. */
export const anySide = Number.POSITIVE_INFINITY;

/** `side`: the longest in pixels. `undefined` when the image is damaged, too large to decode, or cannot be made small enough. */
export async function fitImage(
  bytes: Uint8Array,
  mimeType: ImageType,
  loadCodec: () => Promise<Uint8Array>,
  side: number = maxSide,
): Promise<FittedImage | undefined> {
  const header = readImageHeader(bytes, mimeType);
  if (header === undefined) return undefined;
  const fits = side === anySide || (Math.max(header.width, header.height) <= side && encodedBytes(bytes) <= maxEncodedBytes);
  if (fits && isWholeImage(bytes, mimeType)) return { bytes, mimeType, width: header.width, height: header.height };
  if (header.width * header.height > maxPixels) return undefined;
  try {
    return shrink(await loadPhoton(loadCodec), bytes, mimeType, header, side);
  } catch {
    // No codec, or one that gave up on the data.
    return undefined;
  }
}

/** The same picture as a PNG, no side longer than `side`. `undefined` as above. */
export async function pngOf(
  bytes: Uint8Array,
  mimeType: ImageType,
  loadCodec: () => Promise<Uint8Array>,
  side: number = anySide,
): Promise<Uint8Array | undefined> {
  const header = readImageHeader(bytes, mimeType);
  if (header === undefined || header.width * header.height > maxPixels) return undefined;
  try {
    const photon = await loadPhoton(loadCodec);
    return withImage(photon, bytes, (image, replace) => {
      scale(photon, image(), side, replace);
      if (header.orientation !== 1) replace(upright(photon, image(), header.orientation));
      return image().get_bytes();
    });
  } catch {
    return undefined;
  }
}

type Photon = typeof import("@cf-wasm/photon/others");
type PhotonImage = InstanceType<Photon["PhotonImage"]>;

/** The package keeps its one instance; compiling first leaves no gap between asking for it and making it. */
async function loadPhoton(loadCodec: () => Promise<Uint8Array>): Promise<Photon> {
  const photon = await import("@cf-wasm/photon/others");
  if (!photon.initPhoton.initialized) {
    const { WebAssembly } = globalThis as unknown as { WebAssembly: { compile(bytes: Uint8Array): Promise<never> } };
    const compiled = await WebAssembly.compile(await loadCodec());
    if (!photon.initPhoton.initialized) photon.initPhoton({ module_or_path: compiled });
  }
  await photon.initPhoton.ensure();
  return photon;
}

/** Decoded while `work` goes on, which may put another one in its place. */
function withImage<T>(photon: Photon, bytes: Uint8Array, work: (image: () => PhotonImage, replace: (next: PhotonImage) => void) => T): T {
  let image: PhotonImage = photon.PhotonImage.new_from_byteslice(bytes);
  try {
    return work(
      () => image,
      (next) => {
        image.free();
        image = next;
      },
    );
  } finally {
    image.free();
  }
}

function scale(photon: Photon, image: PhotonImage, side: number, replace: (next: PhotonImage) => void): void {
  const factor = Math.min(1, side / Math.max(image.get_width(), image.get_height()));
  if (factor >= 1) return;
  const [width, height] = [image.get_width(), image.get_height()].map((length) => Math.max(1, Math.round(length * factor)));
  replace(photon.resize(image, width ?? 1, height ?? 1, photon.SamplingFilter.CatmullRom));
}

function shrink(photon: Photon, bytes: Uint8Array, mimeType: ImageType, header: ImageHeader, most: number): FittedImage | undefined {
  return withImage(photon, bytes, (image, replace) => {
    const [width, height] = [image().get_width(), image().get_height()];
    const original = header.orientation >= 5 ? { width: height, height: width } : { width, height };
    for (let side = most, attempt = 0; attempt < 6; attempt++, side = Math.floor(side * 0.75)) {
      scale(photon, image(), side, replace);
      // Re-encoding loses the EXIF data that would turn it.
      if (attempt === 0 && header.orientation !== 1) replace(upright(photon, image(), header.orientation));
      const encoded = encode(image(), mimeType);
      if (encoded === undefined) continue;
      return { ...encoded, width: image().get_width(), height: image().get_height(), original };
    }
    return undefined;
  });
}

/** PNG stays PNG where that is small enough; photographs and what is too large become JPEG. */
function encode(image: PhotonImage, mimeType: ImageType): { bytes: Uint8Array; mimeType: ImageType } | undefined {
  if (mimeType !== "image/jpeg") {
    const bytes = image.get_bytes();
    if (encodedBytes(bytes) <= maxEncodedBytes) return { bytes, mimeType: "image/png" };
  }
  for (const quality of [85, 60]) {
    const bytes = image.get_bytes_jpeg(quality);
    if (encodedBytes(bytes) <= maxEncodedBytes) return { bytes, mimeType: "image/jpeg" };
  }
  return undefined;
}

/** EXIF orientations: even ones up to 4 and odd ones from 5 are mirrored. */
function upright(photon: Photon, image: PhotonImage, orientation: number): PhotonImage {
  const [width, height] = [image.get_width(), image.get_height()];
  const pixels = new Uint32Array(image.get_raw_pixels().slice().buffer);
  const turned = orientation >= 5;
  const result = new Uint32Array(pixels.length);
  const resultWidth = turned ? height : width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [toX, toY] = uprightPosition(orientation, x, y, width, height);
      result[toY * resultWidth + toX] = pixels[y * width + x] as number;
    }
  }
  return new photon.PhotonImage(new Uint8Array(result.buffer), resultWidth, turned ? width : height);
}

function uprightPosition(orientation: number, x: number, y: number, width: number, height: number): [number, number] {
  switch (orientation) {
    case 2:
      return [width - 1 - x, y];
    case 3:
      return [width - 1 - x, height - 1 - y];
    case 4:
      return [x, height - 1 - y];
    case 5:
      return [y, x];
    case 6:
      return [height - 1 - y, x];
    case 7:
      return [height - 1 - y, width - 1 - x];
    case 8:
      return [y, width - 1 - x];
    default:
      return [x, y];
  }
}

function encodedBytes(bytes: Uint8Array): number {
  return Math.ceil(bytes.length / 3) * 4;
}
