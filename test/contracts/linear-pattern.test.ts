import { expect, test } from "vitest";
import { linearPattern } from "../../src/contracts/text/linear-pattern.ts";

const texts = [
  "",
  "a",
  "aaab",
  "abc abd",
  "Fix the login page",
  "x1-22_y",
  "2026-11-27 done",
  "ä§ ]}\\^$.|?*+()[{",
  "foo\nbar",
  "İıſK",
  "aXbXc",
  "\t\u00a0",
];

const sources = [
  ...["a", "a*", "a+b", "^a", "b$", "^$", ".", "a.b", "(a|b)+c", "(?:ab)?c", "(?<n>a)b", "a{2}", "a{2,}", "a{1,2}b", "a{,2}", "[a-c]+"],
  ...["[^a-z]", "[\\]}]", "[]", "[^]", "\\d+-\\d", "\\w+\\s\\w", "\\bthe\\b", "\\Bh"],
  ...[
    "a|",
    "|b",
    "(|a)b",
    "(a+)+$",
    "(a*)*b",
    "(a|a)*b",
    "(a?){3}b",
    "((a))((b)|(c))",
    "fix.*page",
    "FIX",
    "ſ",
    "K",
    "x*?1",
    "a+?b",
    "(?:)",
    "()+",
  ],
  ...[
    "\\x61",
    "\\u0061",
    "\\cI",
    "\\0",
    "\\.",
    "\\\\",
    "\\]",
    "]",
    "}",
    "{",
    "a{b",
    "a{1",
    "\\t",
    "\\$$",
    "foo$",
    "^bar",
    "[\\b]",
    "[\\d_]-",
    "\\/",
  ],
];

test("it finds what the language's own expressions find", () => {
  for (const source of sources)
    for (const text of texts)
      expect(linearPattern(source)?.(text), `${source} in ${JSON.stringify(text)}`).toBe(new RegExp(source, "i").test(text));
});

test.each([
  "(",
  "[",
  "a**",
  "\\",
  "(?=a)",
  "(?!a)",
  "(?<=a)b",
  "(?<!a)b",
  "(a)\\1",
  "(?<n>a)\\k<n>",
  "a{999}",
  "((((a{9}){9}){9}){9}){9}",
  "a".repeat(501),
])("%s is none", (source) => {
  expect(linearPattern(source)).toBeUndefined();
});

test("one that a backtracking engine does not come to the end of is answered", () => {
  const text = `${"a".repeat(2000)}b`;
  for (const source of ["^(a+)+$", "(a*)*c", "(a|a)*c", "(.*)*(.*)*(.*)*c", ".*.*.*.*.*.*c", "(a?){60}c"]) {
    expect(linearPattern(source)?.(text), source).toBe(false);
  }
});
