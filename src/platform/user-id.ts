// Who this process runs as, where the system has such a thing. Called by those who must not trust or write what is another user's.

/** `undefined` on Windows, where owners and modes of files mean nothing. */
export function ownUserId(): number | undefined {
  return process.getuid?.();
}
