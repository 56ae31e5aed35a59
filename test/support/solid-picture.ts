// A PNG of one colour, as large as wanted. Used where a picture has to be one that a model can see.

import { deflateSync } from "node:zlib";

/** Base64. */
export function solidPicture(side: number, [red, green, blue]: readonly [number, number, number]): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // Eight bits a channel, three channels, nothing interlaced.
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.of(0), Buffer.alloc(side * 3, Buffer.of(red, green, blue))]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: side }, () => row)));
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]).toString("base64");
}

/** The same picture as cameras give it, made by the codec itself. */
export async function asJpeg(png: string): Promise<string> {
  const { pngOf } = await import("../../src/tools/shared/fit-image.ts");
  const { imageCodec } = await import("../../src/harness/intake/prompt-images.ts");
  const { PhotonImage, initPhoton } = await import("@cf-wasm/photon/others");
  // A first use loads the codec.
  await pngOf(Buffer.from(png, "base64"), "image/png", imageCodec);
  await initPhoton.ensure();
  const source = PhotonImage.new_from_byteslice(Buffer.from(png, "base64"));
  const jpeg = Buffer.from(source.get_bytes_jpeg(80)).toString("base64");
  source.free();
  return jpeg;
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data]);
  let crc = ~0;
  for (const byte of typed) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(~crc >>> 0);
  return Buffer.concat([length, typed, sum]);
}
