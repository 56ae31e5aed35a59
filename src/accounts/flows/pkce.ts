// Proof key for code exchange (RFC 7636) and the secrets of one sign-in. Called by the flows that go through a browser.

export interface Pkce {
  verifier: string;
  /** S256. */
  challenge: string;
}

export async function newPkce(): Promise<Pkce> {
  const verifier = randomSecret();
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier, challenge: base64Url(new Uint8Array(hash)) };
}

/** 32 random bytes. */
export function randomSecret(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** An address with these parameters added. */
export function withQuery(url: string, parameters: Record<string, string | undefined>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) target.searchParams.set(name, value);
  return target.href;
}
