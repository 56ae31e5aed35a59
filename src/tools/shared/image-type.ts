// Recognises images by their bytes, never by name: kind, size in pixels, whether they are whole. Used by read and by `@image` in prompts.

/** BMP is none that models take: it is shown as another. */
export type ImageType = "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/bmp";

export interface ImageHeader {
  width: number;
  height: number;
  /** EXIF orientation, 1 to 8; 1 is upright. */
  orientation: number;
}

/** `start` is the beginning of the file, the more of it the better. A text may begin like an image. */
export function imageTypeOf(start: Uint8Array): ImageType | undefined {
  const type = signatureOf(start);
  return type === undefined || isReadable(start.subarray(0, 512)) ? undefined : type;
}

function signatureOf(start: Uint8Array): ImageType | undefined {
  if (hasText(start, 0, "\x89PNG\r\n\x1a\n")) return "image/png";
  if (hasText(start, 0, "\xff\xd8\xff")) return "image/jpeg";
  if (hasText(start, 0, "GIF87a") || hasText(start, 0, "GIF89a")) return "image/gif";
  if (hasText(start, 0, "RIFF") && hasText(start, 8, "WEBP")) return "image/webp";
  // Two letters are little: the length of the second header must be one there is.
  const isBitmap = hasText(start, 0, "BM") && [12, 40, 52, 56, 64, 108, 124].includes(start[14] ?? 0) && hasText(start, 15, "\0\0\0");
  return isBitmap ? "image/bmp" : undefined;
}

/** The name of a kind of picture that nobody here can convert, for a message. */
export function foreignPictureName(start: Uint8Array): string | undefined {
  if (hasText(start, 0, "II*\0") || hasText(start, 0, "MM\0*")) return "TIFF";
  if (hasText(start, 0, "8BPS")) return "Photoshop";
  if (hasText(start, 0, "\0\0\x01\0")) return "ICO";
  if (hasText(start, 0, "\0\0\0\x0cJXL ") || hasText(start, 0, "\xff\x0a")) return "JPEG XL";
  if (hasText(start, 0, "\0\0\0\x0cjP  ")) return "JPEG 2000";
  if (!hasText(start, 4, "ftyp")) return undefined;
  return ["avif", "avis"].some((brand) => hasText(start, 8, brand))
    ? "AVIF"
    : ["heic", "heix", "heif", "mif1", "msf1", "hevc"].some((brand) => hasText(start, 8, brand))
      ? "HEIC"
      : undefined;
}

/** Every image has a control character near its start. */
function isReadable(start: Uint8Array): boolean {
  return start.every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13) || byte === 0x1b);
}

/** `undefined` when the header is damaged. */
export function readImageHeader(bytes: Uint8Array, type: ImageType): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const header = headerReaders[type](view, bytes);
    return header !== undefined && header.width > 0 && header.height > 0 ? header : undefined;
  } catch {
    // Read behind the end: cut off.
    return undefined;
  }
}

/** Whether it can be sent as it is, with the end of its format: a service refuses a cut image, and with it the whole conversation. */
export function isWholeImage(bytes: Uint8Array, type: ImageType): boolean {
  const tail = bytes.subarray(-64);
  if (type === "image/png") return indexOfText(tail, "IEND") >= 0;
  if (type === "image/gif") return tail.includes(0x3b);
  if (type === "image/bmp") return false;
  if (type === "image/jpeg")
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf("\xff\xd9", undefined, "latin1") > 0;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true) + 8 <= bytes.length;
}

const headerReaders: Record<ImageType, (view: DataView, bytes: Uint8Array) => ImageHeader | undefined> = {
  "image/png": (view) => ({ width: view.getUint32(16), height: view.getUint32(20), orientation: 1 }),
  "image/gif": (view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true), orientation: 1 }),
  "image/webp": readWebpHeader,
  "image/bmp": readBitmapHeader,
  "image/jpeg": readJpegHeader,
};

/** A negative height says that the first row is on top. */
function readBitmapHeader(view: DataView): ImageHeader {
  const isOld = view.getUint32(14, true) === 12;
  const [width, height] = isOld
    ? [view.getUint16(18, true), view.getUint16(20, true)]
    : [view.getInt32(18, true), Math.abs(view.getInt32(22, true))];
  return { width, height, orientation: 1 };
}

function readWebpHeader(view: DataView, bytes: Uint8Array): ImageHeader | undefined {
  const upright = { orientation: 1 };
  if (hasText(bytes, 12, "VP8X")) {
    const size = (offset: number): number => (view.getUint8(offset) | (view.getUint16(offset + 1, true) << 8)) + 1;
    return { width: size(24), height: size(27), ...upright };
  }
  if (hasText(bytes, 12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, ...upright };
  }
  if (!hasText(bytes, 12, "VP8 ")) return undefined;
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff, ...upright };
}

function readJpegHeader(view: DataView, bytes: Uint8Array): ImageHeader | undefined {
  let orientation = 1;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), orientation };
    const length = view.getUint16(at + 2);
    if (marker === 0xe1 && hasText(bytes, at + 4, "Exif\0\0")) orientation = readExifOrientation(view, at + 10, at + 2 + length);
    at += 2 + length;
  }
  return undefined;
}

function readExifOrientation(view: DataView, start: number, end: number): number {
  const little = view.getUint16(start) === 0x4949;
  const directory = start + view.getUint32(start + 4, little);
  const entries = view.getUint16(directory, little);
  for (let index = 0; index < entries; index++) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > end) return 1;
    if (view.getUint16(entry, little) !== 0x0112) continue;
    const orientation = view.getUint16(entry + 8, little);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

function hasText(bytes: Uint8Array, offset: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[offset + index] !== text.charCodeAt(index)) return false;
  return true;
}

function indexOfText(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(text, 0, "latin1");
}
