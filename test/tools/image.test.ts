import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageWasmLoader } from "../../src/platform/files/image-wasm.ts";
import { readTool } from "../../src/tools/read.ts";
import { fitImage } from "../../src/tools/shared/fit-image.ts";
import { imageTypeOf, isWholeImage, readImageHeader } from "../../src/tools/shared/image-type.ts";
import { type ToolBench, textOfResult, toolBench } from "../support/tool-context.ts";

const codec = imageWasmLoader(() => undefined);

/** A PNG whose pixels are `color(x, y)`. */
function png(width: number, height: number, color: (x: number, y: number) => [number, number, number]): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows.set(color(x, y), y * (width * 3 + 1) + 1 + x * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const chunk = (type: string, data: Buffer): Buffer => {
    const typed = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    let crc = ~0;
    for (const byte of typed) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(~crc >>> 0);
    return Buffer.concat([length, typed, sum]);
  };
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

const halves =
  (width: number) =>
  (x: number): [number, number, number] =>
    x < width / 2 ? [255, 0, 0] : [0, 0, 255];

async function jpegOf(image: Buffer): Promise<Buffer> {
  // A first use loads the codec, whatever comes of it.
  await fitImage(
    png(2001, 1, () => [0, 0, 0]),
    "image/png",
    codec,
  );
  const { PhotonImage } = await import("@cf-wasm/photon/others");
  return Buffer.from(PhotonImage.new_from_byteslice(image).get_bytes_jpeg(90));
}

/** The same JPEG with an EXIF block that says how it lies. */
function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const exif = Buffer.from("Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0", "latin1");
  exif.writeUInt16LE(orientation, 24);
  const marker = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), marker, exif, jpeg.subarray(2)]);
}

describe("headers", () => {
  const gif = Buffer.from("GIF89a\x03\0\x02\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x03\0\x02\0\0\x02\x02\x84\x51\0;", "latin1");
  const webp = Buffer.from("524946461a000000574542505650384c0d0000002f09c0040010071011118888fe0700", "hex");

  test("kind, size and wholeness by content", async () => {
    const image = png(30, 20, () => [1, 2, 3]);
    expect(imageTypeOf(image)).toBe("image/png");
    expect(readImageHeader(image, "image/png")).toEqual({ width: 30, height: 20, orientation: 1 });
    expect([isWholeImage(image, "image/png"), isWholeImage(image.subarray(0, -20), "image/png")]).toEqual([true, false]);
    expect(imageTypeOf(gif)).toBe("image/gif");
    expect(readImageHeader(gif, "image/gif")).toMatchObject({ width: 3, height: 2 });
    expect(imageTypeOf(webp)).toBe("image/webp");
    expect(readImageHeader(webp, "image/webp")).toMatchObject({ width: 10, height: 20 });
    const jpeg = await jpegOf(image);
    expect(imageTypeOf(jpeg)).toBe("image/jpeg");
    expect(readImageHeader(withOrientation(jpeg, 6), "image/jpeg")).toEqual({ width: 30, height: 20, orientation: 6 });
    expect([isWholeImage(jpeg, "image/jpeg"), isWholeImage(jpeg.subarray(0, -20), "image/jpeg")]).toEqual([true, false]);
    expect(imageTypeOf(Buffer.from("plain text"))).toBeUndefined();
  });

  test("cut anywhere, a header is given up, never an exception", async () => {
    for (const [bytes, type] of [
      [gif, "image/gif"],
      [webp, "image/webp"],
      [await jpegOf(png(9, 9, () => [0, 0, 0])), "image/jpeg"],
    ] as const) {
      for (let length = 0; length < Math.min(bytes.length, 400); length++) readImageHeader(bytes.subarray(0, length), type);
    }
    expect(readImageHeader(gif.subarray(0, 7), "image/gif")).toBeUndefined();
  });
});

describe("fitting", () => {
  test("what fits goes out byte for byte, without the codec", async () => {
    const image = png(2000, 3, () => [9, 9, 9]);
    const fitted = await fitImage(image, "image/png", () => Promise.reject(new Error("not needed")));
    expect(fitted).toEqual({ bytes: image, mimeType: "image/png", width: 2000, height: 3 });
  });

  test("what is too large keeps its shape and its picture", async () => {
    const fitted = await fitImage(png(4000, 500, halves(4000)), "image/png", codec);
    expect(fitted).toMatchObject({ mimeType: "image/png", width: 2000, height: 250, original: { width: 4000, height: 500 } });
    expect(readImageHeader(fitted?.bytes ?? new Uint8Array(0), "image/png")).toMatchObject({ width: 2000, height: 250 });
    const { PhotonImage } = await import("@cf-wasm/photon/others");
    const pixels = PhotonImage.new_from_byteslice(fitted?.bytes ?? new Uint8Array(0)).get_raw_pixels();
    expect([...pixels.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
    expect([...pixels.subarray(-4)]).toEqual([0, 0, 255, 255]);
  });

  test("a photograph that lies on its side is put upright", async () => {
    const jpeg = withOrientation(await jpegOf(png(2400, 100, halves(2400))), 6);
    const fitted = await fitImage(jpeg, "image/jpeg", codec);
    expect(fitted).toMatchObject({ mimeType: "image/jpeg", width: 83, height: 2000, original: { width: 100, height: 2400 } });
    const { PhotonImage } = await import("@cf-wasm/photon/others");
    const pixels = PhotonImage.new_from_byteslice(fitted?.bytes ?? new Uint8Array(0)).get_raw_pixels();
    expect(pixels[0]).toBeGreaterThan(200);
    expect(pixels.at(-2)).toBeGreaterThan(200);
  });

  test("what cannot be decoded is given up, and the codec goes on working", async () => {
    expect(await fitImage(png(3000, 2400, () => [1, 2, 3]).subarray(0, 3000), "image/png", codec)).toBeUndefined();
    const bomb = png(4, 4, () => [0, 0, 0]);
    bomb.writeUInt32BE(2_000_000_000, 16);
    expect(await fitImage(bomb, "image/png", codec)).toBeUndefined();
    expect(
      await fitImage(
        png(2100, 1, () => [0, 0, 0]),
        "image/png",
        codec,
      ),
    ).toMatchObject({ width: 2000 });
  });
});

describe("read", () => {
  let bench: ToolBench;
  beforeEach(() => {
    bench = toolBench();
  });
  afterEach(() => bench.close());
  const put = (name: string, bytes: Uint8Array): void => writeFileSync(join(bench.directory, name), bytes);

  test("gives an image block, whatever the name", async () => {
    const image = png(3, 2, () => [1, 2, 3]);
    put("picture.txt", image);
    expect(await bench.call(readTool(codec), { path: "picture.txt" })).toEqual({
      content: [
        { type: "text", text: "Read image file [image/png]" },
        { type: "image", data: image.toString("base64"), mimeType: "image/png" },
      ],
      structuredContent: "Read image file [image/png]",
    });
  });

  test("says how a smaller one relates to the file", async () => {
    put(
      "big.png",
      png(3000, 30, () => [1, 2, 3]),
    );
    const result = await bench.call(readTool(codec), { path: "big.png" });
    expect(textOfResult(result)).toBe(
      "Read image file [image/png]\n[Shown at 2000x20, the file has 3000x30: multiply coordinates by 1.50.]\n<image/png>",
    );
  });

  test("leaves it out where it cannot be sent", async () => {
    put("cut.png", png(300, 300, (x, y) => [x & 255, y & 255, 7]).subarray(0, 200));
    put(
      "good.png",
      png(3, 3, () => [0, 0, 0]),
    );
    const omitted = "Read image file [image/png]\n[Image omitted: could not be resized below the inline image size limit.]";
    expect(textOfResult(await bench.call(readTool(codec), { path: "cut.png" }))).toBe(omitted);
  });

  test("keeps it for a model that takes none: the next one may", async () => {
    put(
      "good.png",
      png(3, 3, () => [0, 0, 0]),
    );
    const result = await bench.call(readTool(codec), { path: "good.png" }, { acceptsImages: false });
    expect(textOfResult(result)).toBe("Read image file [image/png]\n<image/png>");
  });

  test("a bitmap is shown as PNG; other kinds of pictures are named", async () => {
    const header = Buffer.alloc(54);
    header.write("BM");
    header.writeUInt32LE(62, 2);
    header.writeUInt32LE(54, 10);
    header.writeUInt32LE(40, 14);
    header.writeInt32LE(1, 18);
    header.writeInt32LE(2, 22);
    header.writeUInt16LE(1, 26);
    header.writeUInt16LE(24, 28);
    put("dot.bmp", Buffer.concat([header, Buffer.from([0, 0, 255, 0, 255, 0, 0, 0])]));
    expect(textOfResult(await bench.call(readTool(codec), { path: "dot.bmp" }))).toBe("Read image file [image/bmp]\n<image/png>");
    put("scan", Buffer.from("II*\0\x08\0\0\0\0\0", "latin1"));
    put("photo", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0", "latin1"));
    expect(textOfResult(await bench.call(readTool(codec), { path: "scan" }))).toMatch(/TIFF image/);
    expect(textOfResult(await bench.call(readTool(codec), { path: "photo" }))).toMatch(/HEIC image/);
  });

  test.each(["GIF89a: notes\nmore\n", "GIF87a", "\xff\xd8\xff in Latin-1\n", "RIFF1234WEBP words\n", "BM\n", "\x89PNG is how it begins\n"])(
    "text that begins like a picture is text: %j",
    async (text) => {
      put("t", Buffer.from(text, "latin1"));
      const shown = textOfResult(await bench.call(readTool(codec), { path: "t" }));
      expect(shown.split(" ")[0]?.slice(-3)).toBe(text.replace("\x89", "‰").split(" ")[0]?.slice(-3));
      expect(shown).not.toContain("image");
    },
  );
});
