// The SHA-256 of bytes, without loading node:crypto before it is asked for. Called by artifacts and ripgrep.
// Invariant: 64 lower-case hex digits.

export function sha256Hex(bytes: Uint8Array): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex");
}
