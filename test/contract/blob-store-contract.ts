// What every store of blobs does, whoever keeps them. Called by the tests of each.

import { expect, test } from "vitest";
import { type BlobStore, isBlobHash } from "../../src/contracts/blob-store.ts";

export function blobStoreContract(newStore: () => BlobStore): void {
  const bytes = Buffer.from("not really a picture");
  const hash = "9f2b8c9a0f6c3be9a16d5a9c6e0b0f4f1d1d9b0a7b1c2d3e4f5a6b7c8d9e0f1a";

  test("what was put comes back, under the same name each time", () => {
    const store = newStore();
    const name = store.put(bytes);
    expect(isBlobHash(name)).toBe(true);
    expect(store.put(bytes)).toBe(name);
    expect(store.list()).toEqual([{ hash: name, size: bytes.length, usedAt: expect.any(Number) }]);
    expect(store.has(name)).toBe(true);
    expect(Buffer.from(store.get(name) ?? [])).toEqual(bytes);
  });

  test("other bytes have another name, and no bytes have one too", () => {
    const store = newStore();
    const names = [store.put(bytes), store.put(Buffer.from("other")), store.put(new Uint8Array())];
    expect(new Set(names).size).toBe(3);
    expect(store.get(names[2] ?? "")?.length).toBe(0);
  });

  test("what is not there is no error", () => {
    const store = newStore();
    expect(store.list()).toEqual([]);
    expect(store.get(hash)).toBeUndefined();
    expect(store.has(hash)).toBe(false);
    store.remove(hash);
  });

  test.each(["", "..", "../x", hash.toUpperCase(), hash.slice(1), `${hash}0`, `${hash.slice(0, 62)}/x`])("%j is no name", (name) => {
    const store = newStore();
    store.put(bytes);
    expect(store.get(name)).toBeUndefined();
    expect(store.has(name)).toBe(false);
    store.remove(name);
    expect(store.list()).toHaveLength(1);
  });

  test("what was removed is gone, and can be put again", () => {
    const store = newStore();
    const name = store.put(bytes);
    store.remove(name);
    expect(store.get(name)).toBeUndefined();
    expect(store.put(bytes)).toBe(name);
    expect(Buffer.from(store.get(name) ?? [])).toEqual(bytes);
  });
}
