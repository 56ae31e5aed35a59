// Pictures kept once for many sessions, named by their content: the store, and how a session's line refers to it. Implemented by artifacts/, handed
// to sessions by the harness. Invariant: a reference is never a picture; what `get` gives has the hash that was asked for.

export interface BlobStore {
  /** The hash (SHA-256, 64 lower-case hex digits) by which it is found again; durable when it returns. Throws where it cannot be stored. */
  put(bytes: Uint8Array): string;
  /** `undefined`: missing, damaged, or no hash. Never throws. */
  get(hash: string): Uint8Array | undefined;
  has(hash: string): boolean;
  /** All there are, with their size in bytes and the Unix ms of their last use by `put`. */
  list(): { hash: string; size: number; usedAt: number }[];
  /**
   * One that is not there is removed already. `unusedSince` (Unix ms): only what no `put` was asked for after that, be it at this very moment.
   * Whether something was removed.
   */
  remove(hash: string, unusedSince?: number): boolean;
}

/** Where a session has what its lines only refer to, and who hears of it. */
export interface SessionStores {
  /** Of the pictures that lines refer to; without it none of them is to be had. */
  blobs?: Pick<BlobStore, "get"> | undefined;
  /** Where pictures are stored, so that lines only refer to them; without it, and where none is wanted, they are in the lines. */
  pictureStore?: PictureStore | undefined;
  /** Hears of a file before it gets a line that needs what lies elsewhere: a picture of the store, an output of the session it was forked from. */
  onDependent?: ((filePath: string) => void) | undefined;
}

export interface PictureStore {
  put(bytes: Uint8Array): string;
  /** Asked before a picture is put; without it all are. */
  isWanted?(): boolean;
}

const scheme = "blob:";
const prefix = "blob:sha256:";

/** No base64 text has a colon: whatever begins like this was meant as a reference, also a malformed one. */
export function isBlobReference(data: unknown): data is string {
  return typeof data === "string" && data.startsWith(scheme);
}

export function isBlobHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** `undefined` where it is malformed. */
export function blobHashOf(reference: string): string | undefined {
  const hash = reference.slice(prefix.length);
  return reference.startsWith(prefix) && isBlobHash(hash) ? hash : undefined;
}

export function blobReference(hash: string): string {
  return `${prefix}${hash}`;
}

/** What people and models read in the place of a picture that cannot be had. */
export function unavailablePicture(mimeType: unknown, reference: string): string {
  const mime = typeof mimeType === "string" && /^[\w.+/-]{1,64}$/.test(mimeType) ? mimeType : "unknown type";
  const digits = reference.replace(/^blob:(sha256:)?/, "").replace(/[^0-9A-Za-z]/g, "");
  return `[image not available: ${mime}, blob ${digits.slice(0, 12) || "unknown"}]`;
}
