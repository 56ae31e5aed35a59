import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BlobFiles } from "../../src/artifacts/blob-files.ts";
import { blobStoreContract } from "../contract/blob-store-contract.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

blobStoreContract(() => new BlobFiles(join(temporaryDirectory(), "blobs")));

const bytes = Buffer.from("a picture");

function storeWithBlob(): { directory: string; store: BlobFiles; hash: string; path: string } {
  const directory = join(temporaryDirectory(), "blobs");
  const store = new BlobFiles(directory);
  const hash = store.put(bytes);
  return { directory, store, hash, path: join(directory, hash) };
}

test("a blob is its owner's alone, and nothing else stays in the directory", () => {
  const { directory, hash, path } = storeWithBlob();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual([hash]);
});

const spoilt: Record<string, (path: string) => void> = {
  damaged: (path) => writeFileSync(path, "another picture"),
  empty: (path) => writeFileSync(path, ""),
  "a link to the very bytes": (path) => {
    renameSync(path, `${path}.elsewhere`);
    symlinkSync(`${path}.elsewhere`, path);
  },
  "a pipe": (path) => {
    renameSync(path, `${path}.elsewhere`);
    execFileSync("mkfifo", [path]);
  },
};

test.each(Object.entries(spoilt))("%s: counts as missing, and is mended by the next put", (_, spoil) => {
  const { store, hash, path } = storeWithBlob();
  spoil(path);
  expect(store.get(hash)).toBeUndefined();
  expect(store.put(bytes)).toBe(hash);
  expect(Buffer.from(store.get(hash) ?? [])).toEqual(bytes);
});

test("a directory of that name counts as missing, and stays", () => {
  const { store, hash, path } = storeWithBlob();
  renameSync(path, `${path}.elsewhere`);
  mkdirSync(path);
  expect(store.get(hash)).toBeUndefined();
  expect(() => store.put(bytes)).toThrow();
  expect(statSync(path).isDirectory()).toBe(true);
});
