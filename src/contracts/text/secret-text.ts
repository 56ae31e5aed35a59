// The three ways of writing a secret in a configuration file: literal, with `$ENV` in it, or `!command`. Used for keys and headers.
// `$NAME` and `${NAME}` are replaced; `$$` and `$!` stand for `$` and `!`. Invariant: an unset variable gives no text, never a shorter one.

const reference = /\$(?:([$!])|\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;

export type SecretText = { kind: "command"; command: string } | { kind: "text"; text: string } | { kind: "unset"; variable: string };

export function isCommand(written: string): boolean {
  return written.startsWith("!");
}

/** Whether the text means itself: no command, no variable. */
export function isLiteral(written: string): boolean {
  return !isCommand(written) && variablesIn(written).length === 0;
}

/** Names of the variables the text refers to. */
export function variablesIn(written: string): string[] {
  return [...written.matchAll(reference)].flatMap((match) => match[2] ?? match[3] ?? []);
}

export function readSecretText(written: string, env: Readonly<Record<string, string | undefined>>): SecretText {
  if (isCommand(written)) return { kind: "command", command: written.slice(1).trim() };
  const unset = variablesIn(written).find((name) => !env[name]);
  if (unset !== undefined) return { kind: "unset", variable: unset };
  return { kind: "text", text: written.replace(reference, (_, escaped, braced, bare) => escaped ?? env[braced ?? bare] ?? "") };
}

const secretHeader = /auth|cookie|key|token|secret|password|credential/i;
const plainHeader =
  /^(?:accept(?:-.*)?|content-.*|user-agent|referer|origin|host|connection|(?:http-|x-)?(?:referer|title)|.*-(?:version|beta))$/i;
/** Words, numbers, and short ones of both, as `eu-west-1`, `application/json` and `v2` are made of. A long word that changes its case at every turn is none. */
const plainPart = /^(?:(?:[A-Z]?[a-z]{0,20}|[A-Z]{0,20}){1,3}|\d{1,8}|[A-Za-z]{1,4}\d{1,3}|\d{1,3}[A-Za-z]{1,3})$/;

/** Whether a header of a configuration is to be kept like a key: each is of which nothing says that it is something else. */
export function isSecretHeader(name: string, written: string, value: string): boolean {
  if (!isLiteral(written) || secretHeader.test(name)) return true;
  if (plainHeader.test(name)) return false;
  return /^(?:Bearer|Basic|Token)\s|:\/\/[^/?#\s@]+@/i.test(value) || !value.split(/[^A-Za-z0-9]+/).every((part) => plainPart.test(part));
}
