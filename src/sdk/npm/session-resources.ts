// What a provider of the library's callers keeps for a session, let go with it, under the npm agent's names. Imported by extensions.

type Cleanup = (sessionId?: string) => void;

const cleanups = new Set<Cleanup>();

/** Gives back how to take it away again. */
export function registerSessionResourceCleanup(cleanup: Cleanup): () => void {
  cleanups.add(cleanup);
  return () => void cleanups.delete(cleanup);
}

/** Of one session, or of all: also behind one that fails. @throws AggregateError of what failed. */
export function cleanupSessionResources(sessionId?: string): void {
  const errors: unknown[] = [];
  for (const cleanup of [...cleanups]) {
    try {
      cleanup(sessionId);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "Some of what was kept for sessions could not be let go of");
}
