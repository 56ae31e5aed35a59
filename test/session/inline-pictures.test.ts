import { readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { BlobFiles } from "../../src/artifacts/blob-files.ts";
import { inlinePictures } from "../../src/session/repair/inline-pictures.ts";
import { Session } from "../../src/session/tree/session.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const picture = Buffer.alloc(3000, 5);

/** The same session with its picture in the file, or only referred to. */
function sessionFile(pictureStore?: BlobFiles): string {
  let count = 0;
  const session = Session.create(
    { cwd: "/", directory: temporaryDirectory(), id: "same" },
    { clock: () => 0, newId: () => `0000000${count++}`, pictureStore },
  );
  const content = [
    { type: "text" as const, text: "a blob: in words" },
    { type: "image" as const, data: picture.toString("base64"), mimeType: "image/png" },
  ];
  session.append({ type: "message", message: { role: "user", content, timestamp: 0 } });
  session.append({ type: "message", message: { role: "user", content: "blob:sha256: is a word too", timestamp: 0 } });
  session.append({ type: "custom_message", customType: "x", content, display: true });
  session.close();
  return session.filePath ?? "";
}

test("the file is what it would be without a store, and keeps its date; the old one stays", () => {
  const store = new BlobFiles(join(temporaryDirectory(), "blobs"));
  const path = sessionFile(store);
  const before = readFileSync(path, "utf8");
  utimesSync(path, 1000, 2000);
  const { entryCount, backup } = inlinePictures(path, "/", store);
  expect(entryCount).toBe(2);
  expect(readFileSync(path, "utf8")).toBe(readFileSync(sessionFile(), "utf8"));
  expect(readFileSync(backup ?? "", "utf8")).toBe(before);
  expect(statSync(path).mtimeMs).toBe(2_000_000);
  expect(inlinePictures(path, "/", store)).toEqual({ entryCount: 0 });
});

test("a session from which a picture would be lost stays as it is", () => {
  const store = new BlobFiles(join(temporaryDirectory(), "blobs"));
  const path = sessionFile(store);
  const before = readFileSync(path, "utf8");
  const [blob] = store.list();
  store.remove(blob?.hash ?? "");
  expect(() => inlinePictures(path, "/", store)).toThrow(expect.objectContaining({ code: "session.picture_missing" }));
  expect(readFileSync(path, "utf8")).toBe(before);
  expect(readdirSync(dirname(path))).toHaveLength(1);
});
