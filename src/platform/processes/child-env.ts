// What a command's environment lets through. Called by spawn.ts.
// Invariant: `BUN_*` never passes (`BUN_BE_BUN` would turn our own binary into bun), whatever the policy.

import { keyBeginnings, keyStarts } from "../../contracts/text/secret-shapes.ts";
import type { Env } from "../paths.ts";

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

const makeSecretWord = (): RegExp =>
  new RegExp(
    [
      "^(AUTH|OAUTH|AUTHORIZATION|BEARER|COOKIES?|CREDS?|CREDENTIALS?|DSN|JWT|KEYFILE|KUBECONFIG|MNEMONIC|NETRC|OTP|TOTP|P12|PAT|PEM|PFX|PIN|PRIVATE|PSW|PW|PWD",
      "|SALT|SAS|SEED|SIGNATURE|SK|WEBHOOKS?|CONNECTIONSTRING|CONNSTR|PASSFILE|PGPASSFILE)$",
      "|(KEYS?|TOKENS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|AUTHTOKEN|PASSCODE|WEBHOOK)$",
      "|(?<!^COM|^BY|^TRES|^SUR|^UNDER|^OVER)PASS$",
      "|[A-Z]{2}PWD?$(?<!^OLDPWD)|PSK$|(?:API|ACCESS|SECRET|PRIVATE)KEY",
    ].join(""),
  );
let secretWord: RegExp | undefined;
/** Names of several words. */
const secretName = /CONN(?:ECTION)?_STR(?:ING)?$|SESSION_?ID$(?<!^PI_SESSION_ID|^XDG_SESSION_ID)|_PASS_|ACCOUNT_SID$|^(?:BW|OP)_SESSION/;
/** A password in an address, or an address that is one by itself. */
const secretAddress = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s@]+@|^https:\/\/(?:hooks\.slack\.com|discord(?:app)?\.com\/api\/webhooks)\//i;
/** One among other settings in a text: of a connection to a database or a store, of the query of an address. */
const secretSetting =
  /(?:^|[;?&\s])(?:password|passwd|pwd|account_?key|shared_?access_?(?:key|signature)|api_?key|access_?token|auth_?token|client_?secret|token|sig)=[^;&\s]/i;
/** Every variable is looked at at every start: what cannot be one is told without an expression. */
const formStarts: ReadonlySet<string> = new Set([...keyStarts, "--", "Be", "Ba", "To"]);
let secretForm: RegExp | undefined;

/** Whether it begins as known kinds of keys do. */
function hasSecretForm(value: string): boolean {
  if (!formStarts.has(value.slice(0, 2))) return false;
  secretForm ??= new RegExp(`^(?:${keyBeginnings}|-----BEGIN [A-Z ]*PRIVATE KEY|(?:Bearer|Basic|Token) \\S{8})`);
  return secretForm.test(value);
}

/** Last words of names. */
const keyWords: ReadonlySet<string> = new Set(["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "PAT"]);
const minKeyLength = 16;

/** Letters and digits in one word of some length that is neither a path nor an address. */
function isKeyLike(value: string): boolean {
  return value.length >= minKeyLength && /^(?![~./]|[a-z][a-z0-9+.-]*:\/\/)(?=\S*\d)(?=\S*[A-Za-z])\S+$/.test(value);
}

/** Whether a variable's value is surely a key, whoever's: what stands in its place hides no word or number that means something else. */
export function isKeyOfSomebody(name: string, value: string): boolean {
  return hasSecretForm(value) || (keyWords.has(name.slice(name.lastIndexOf("_") + 1).toUpperCase()) && isKeyLike(value));
}

/** Judges by the words of the name, and by a value that carries a password, in a URL or by name, or has the form of a known kind of key. */
export function looksLikeCredential(name: string, value: string): boolean {
  if (name === "PWD" || name === "OLDPWD") return false;
  const upper = name.toUpperCase();
  secretWord ??= makeSecretWord();
  const ofWords = secretWord;
  if (secretName.test(upper) || upper.split(/[^A-Z0-9]+/).some((word) => ofWords.test(word))) return true;
  return secretAddress.test(value) || hasSecretForm(value) || secretSetting.test(value);
}
