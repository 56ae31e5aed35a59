// What a provider of the library's callers keeps for a session, let go with it, under the npm agent's names. Imported by extensions.

type Cleanup = (sessionId?: string) => void;

const cleanups = new Set<Cleanup>();

/** Gives back how to take it away again. */
export function registerSessionResourceCleanup(cleanup: Cleanup): () => void {
  cleanups.add(cleanup);
  return () => void cleanups.delete(cleanup);
}

/** Of one session, or of all. */
export function cleanupSessionResources(sessionId?: string): void {
  for (const cleanup of [...cleanups]) cleanup(sessionId);
}
