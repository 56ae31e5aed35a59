// What keys look like whoever owns them: how known kinds begin, and the whole of one in a text. Asked where the value itself is not known: by
// what judges variables, and by what a host writes down about runs. Pure.

import { withoutUrlSecrets } from "./url-secrets.ts";

/** Beginnings of keys, for an expression. */
export const keyBeginnings = [
  "sk-|[srp]k_(?:live|test)_|whsec_|gh[oprsu]_|github_pat_|gl[a-z]{1,4}-|xox[abeprs]-|xapp-|A[KS]IA[0-9A-Z]{12}|AIza[0-9A-Za-z_-]{20}|ya29\\.",
  "|eyJ[\\w-]+\\.eyJ|hf_|gsk_|npm_[0-9A-Za-z]{20}|pypi-|dop_v1_|shp(?:at|ss)_|SG\\.[\\w-]{10}|tskey-|AGE-SECRET-KEY-",
].join("");

/** The first two characters of each. */
export const keyStarts = [
  "sk",
  "rk",
  "pk",
  "wh",
  "gh",
  "gi",
  "gl",
  "xo",
  "xa",
  "AK",
  "AS",
  "AI",
  "ya",
  "ey",
  "hf",
  "gs",
  "np",
  "py",
  "do",
  "sh",
  "SG",
  "ts",
  "AG",
];

/** Not `glob-pattern`: words in lower case may begin so. */
const word = "(?!gl[a-z]{1,4}-[a-z_-]+(?![\\w.~+/=-]))";
const keys = new RegExp(`(?<![A-Za-z0-9_])${word}(?:A[KS]IA[0-9A-Z]{16}|(?:${keyBeginnings})[\\w.~+/=-]{6,})`, "g");
/** Behind `token` and `basic` a word of letters is one of a sentence. */
const schemes = /\b(Bearer|Basic|Token)(\s+|%20)(?=\S{8})(?!(?<!Bearer\s+)[A-Za-z]+(?![\w.~+/=%:-]))[\w.~+/=%:-]+/gi;
/** Also one whose end was cut off, and one whose line breaks are escaped. */
const pem = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g;

/** The text with `mark` in place of all that looks like one. */
export function withoutSecretShapes(text: string, mark = "[redacted]"): string {
  return withoutUrlSecrets(text, mark).replace(pem, mark).replace(schemes, `$1$2${mark}`).replace(keys, mark);
}
