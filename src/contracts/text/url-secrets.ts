// Secrets that stand in addresses: user and password before the `@`, keys in the query. Used wherever an address is shown. Pure.

const userInfo = /\b([a-z][a-z0-9+.-]*:\/\/)[^/?#@\s"'<>]+(?:@[^/?#@\s"'<>]+)*@/gi;
const secretQuery = /([?&][\w.-]*(?:key|token|secret|password|passwd|signature|sig|auth)=)[^&#\s"'<>]+/gi;

/** The text with `mark` in their place, in every address in it. */
export function withoutUrlSecrets(text: string, mark = "[redacted]"): string {
  if (!text.includes("://") || !(text.includes("@") || text.includes("="))) return text;
  return text.replace(userInfo, `$1${mark}@`).replace(secretQuery, `$1${mark}`);
}

/** What they are, as written. */
export function urlSecrets(url: string): { user: string; password: string | undefined; query: string[] } {
  // Most addresses have neither, and are looked at in every start.
  const [, user = "", password] = url.includes("@") ? (/^[a-z][a-z0-9+.-]*:\/\/([^:/?#@\s]*)(?::([^/?#\s]*))?@/i.exec(url) ?? []) : [];
  const query = url.includes("=") ? [...url.matchAll(secretQuery)].map(([found, name = ""]) => found.slice(name.length)) : [];
  return { user, password, query };
}

/** The address alone, and the header in which user and password go. Node refuses an address that holds them, in words that repeat it. */
export function splitUserInfo(address: string): { url: string; authorization: string | undefined } {
  const { user, password } = urlSecrets(address);
  if (user === "" && password === undefined) return { url: address, authorization: undefined };
  const url = new URL(address);
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  return { url: url.href, authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}
