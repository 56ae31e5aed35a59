// Opens the connection to a service before there is anything to ask it, so that the first request does not wait for names, TCP and TLS. Called
// by the harness, where a model has been chosen and nobody is waiting. Invariant: nothing that says who asks is sent, and a failure is nobody's.

/** A service that does not answer is told of by the request that needs it. */
const longestMs = 10_000;

/**
 * Keeps it where `fetch` of this runtime finds it. Bun opens a bare connection only to an address with a port of its own; to the standard port of
 * HTTPS goes a `HEAD` without a key. On Node nothing is done: its fetch has no such door, and to load it early would cost the start more.
 */
export async function connectAhead(address: string, fetch: typeof globalThis.fetch): Promise<void> {
  if (process.versions.bun === undefined) return;
  const { origin, port, protocol } = new URL(address);
  if (port !== "") {
    (globalThis.fetch as typeof fetch & { preconnect(url: string): void }).preconnect(origin);
    return;
  }
  if (protocol !== "https:") return;
  const response = await fetch(origin, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(longestMs) }).catch(
    () => undefined,
  );
  await response?.body?.cancel().catch(() => undefined);
}
