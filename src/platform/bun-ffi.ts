// Bun's calls into C libraries. Called on Bun only, by what needs a system call that the runtime does not offer.
// Invariant: the module's name stands nowhere as a literal: a bundler for Node would look for it, and a minifier puts a constant back in place.

export interface ForeignCalls {
  /** Throws where there is no such library. */
  dlopen<T>(library: string, declarations: object): { symbols: T };
  read: { i32(pointer: number, offset: number): number };
}

/** Rejects where the build or a hardened system has no foreign calls. */
export async function loadForeignCalls(): Promise<ForeignCalls> {
  return (await import(["bun", "ffi"].join(":"))) as ForeignCalls;
}
