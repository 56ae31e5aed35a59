// What one session's lines only refer to: where its pictures are looked up and kept, who hears that the file needs them. Owned by session.
// Invariants: a store that takes no more costs space, never the picture; what is missing, and what cannot be kept, is told once each.

import type { SessionStores } from "../../contracts/blob-store.ts";
import { messageOf } from "../../contracts/error.ts";
import type { AnyEntry } from "../../contracts/session-entry.ts";
import { encodeLine } from "../lines/line-codec.ts";
import { type Pictures, referringEntry } from "./pictures.ts";

export class StoresInForce implements Pictures {
  readonly #id: string;
  readonly #warn: (text: string) => void;
  #stores: SessionStores;
  #hasToldMissing = false;
  #hasToldUnstored = false;

  constructor(id: string, { blobs, pictureStore, onDependent }: SessionStores, warn: (text: string) => void) {
    this.#id = id;
    this.#stores = { blobs, pictureStore, onDependent };
    this.#warn = warn;
  }

  get current(): SessionStores {
    return this.#stores;
  }

  /** From now on, in place of those before; pictures that are only there stay to be had. */
  use({ blobs, pictureStore, onDependent }: SessionStores): void {
    const { blobs: before } = this.#stores;
    this.#stores = { blobs: { get: (hash) => blobs?.get(hash) ?? before?.get(hash) }, pictureStore, onDependent };
  }

  get(hash: string): Uint8Array | undefined {
    return this.#stores.blobs?.get(hash);
  }

  missing(text: string): void {
    if (!this.#hasToldMissing) this.#warn(`A picture of session ${this.#id} cannot be had: ${text}`);
    this.#hasToldMissing = true;
  }

  /** The lines of entries of this file; nothing where no line differs from the entry it holds. */
  referringLines(entries: readonly AnyEntry[], filePath: string | undefined): string[] | undefined {
    const { pictureStore, onDependent } = this.#stores;
    if (pictureStore === undefined || filePath === undefined) return undefined;
    try {
      const stored = entries.map((entry) => referringEntry(entry, pictureStore));
      if (stored.every((entry, at) => entry === entries[at])) return undefined;
      onDependent?.(filePath);
      return stored.map((entry) => encodeLine(entry).slice(0, -1));
    } catch (error) {
      if (!this.#hasToldUnstored) this.#warn(`Pictures are kept in the session's file: ${messageOf(error)}`);
      this.#hasToldUnstored = true;
      return undefined;
    }
  }
}
