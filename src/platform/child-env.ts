// What a command's environment lets through. Called by spawn.ts.
// Invariant: `BUN_*` never passes (`BUN_BE_BUN` would turn our own binary into bun), whatever the policy.

import type { Env } from "./paths.ts";

/** Everything, everything but what looks like a credential, or only the names listed (`*` at the end matches any rest). */
export type EnvPolicy = "inherit" | "scrub" | readonly string[];

export function childEnv(env: Env, policy: EnvPolicy): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || name.startsWith("BUN_")) continue;
    if (policy === "scrub" ? looksLikeCredential(name, value) : policy !== "inherit" && !isListed(name, policy)) continue;
    passed[name] = value;
  }
  return passed;
}

function isListed(name: string, list: readonly string[]): boolean {
  return list.some((entry) => (entry.endsWith("*") ? name.startsWith(entry.slice(0, -1)) : name === entry));
}

/** Judges by the words of the name, and by a value that carries a password in a URL or has the form of a known kind of key. */
export function looksLikeCredential(name: string, value: string): boolean {
  if (name === "PWD" || name === "OLDPWD") return false;
  const secretWord =
    /^(AUTH|AUTHORIZATION|BEARER|COOKIES?|CREDS?|CREDENTIALS?|DSN|KUBECONFIG|NETRC|PASS|PASSFILE|PAT|PRIVATE|PWD|PGPASSFILE)$|(KEYS?|TOKENS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|AUTHTOKEN)$/;
  if (
    name
      .toUpperCase()
      .split(/[^A-Z0-9]+/)
      .some((word) => secretWord.test(word))
  ) {
    return true;
  }
  return (
    /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i.test(value) ||
    /^(sk-|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abps]-|AKIA[0-9A-Z]{12}|AIza[0-9A-Za-z_-]{20}|eyJ[\w-]+\.eyJ|-----BEGIN [A-Z ]*PRIVATE KEY)/.test(
      value,
    )
  );
}
