// Bun's calls into the C library. Called on Bun only, by what needs a system call that the runtime does not offer.
// Invariant: the module's name stands nowhere as a literal: a bundler for Node would look for it, and a minifier puts a constant back in place.

interface ForeignCalls {
  /** Throws where there is no such library. */
  dlopen<T>(library: string, declarations: object): { symbols: T };
  read: { i32(pointer: number, offset: number): number };
  ptr(bytes: Uint8Array): number;
}

export interface CLibrary<T> {
  calls: T;
  int32At(pointer: number): number;
  /** Holds as long as the bytes are referred to. */
  addressOf(bytes: Uint8Array): number;
}

const muslArchitecture = process.arch === "arm64" ? "aarch64" : "x86_64";
const names: Record<string, readonly string[]> = {
  linux: ["libc.so.6", `libc.musl-${muslArchitecture}.so.1`, "libc.so"],
  darwin: ["libSystem.dylib"],
};

/** `undefined` where the build or a hardened system has no foreign calls, or no library there has all that is declared. */
export async function openCLibrary<T>(declarations: object): Promise<CLibrary<T> | undefined> {
  let foreign: ForeignCalls;
  try {
    foreign = (await import(["bun", "ffi"].join(":"))) as ForeignCalls;
  } catch {
    return undefined;
  }
  for (const name of names[process.platform] ?? []) {
    try {
      const calls = foreign.dlopen<T>(name, declarations).symbols;
      return { calls, int32At: (pointer) => foreign.read.i32(pointer, 0), addressOf: (bytes) => foreign.ptr(bytes) };
    } catch {
      // Not this C library: the next name.
    }
  }
  return undefined;
}
